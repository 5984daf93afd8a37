"use strict";
// Filters that live in the address, and details that are inflated when a case is opened.
(() => {
  const $ = (id) => document.getElementById(id);
  const runs = $("names").textContent.trim().split("\n");
  const fields = ["text", "family", "issue"];
  const toggles = [...document.querySelectorAll("[data-verdict]")];
  const differs = $("differs");
  const rows = [...document.querySelectorAll("tr[data-c]")].map((row) => ({
    row, case: row.dataset.c, button: row.querySelector("button"),
    family: row.closest("table").dataset.family,
    verdicts: [...row.querySelectorAll("td > .verdict")].map((each) => each.textContent),
  }));
  const byCase = new Map(rows.map((each) => [each.case, each]));
  const byRow = new Map(rows.map((each) => [each.row, each]));
  const groups = [...document.querySelectorAll(".family")].map((section) => ({
    section, details: section.querySelector("details"), tables: [...section.querySelectorAll("table[data-family]")],
    open: section.querySelector("details").open, count: section.querySelector("summary .all"),
  }));
  const mostOpened = 250; // more are a click away, so that a search is as quick as typing
  let state = new URLSearchParams();
  let unfolded = false;

  const wordsOf = (text) => [...text.toLowerCase().matchAll(/["“]([^"”]*)["”]?|\S+/g)].map((each) => each[1] ?? each[0]);
  const textOf = (each) => each.text ??= `${each.row.textContent} ${each.case}`.replace(/\s+/g, " ").toLowerCase();

  function matches(each, wanted) {
    return (!wanted.family || each.family === wanted.family)
      && (!wanted.verdicts.length || each.verdicts.some((verdict) => wanted.verdicts.includes(verdict)))
      && (!wanted.issue || (each.row.dataset.i ?? "").toLowerCase().includes(wanted.issue))
      && (!wanted.differs || "d" in each.row.dataset)
      && wanted.words.every((word) => textOf(each).includes(word));
  }

  function apply() {
    const wanted = {
      family: state.get("family") ?? "", issue: (state.get("issue") ?? "").toLowerCase(), differs: state.has("differs"),
      verdicts: (state.get("verdict") ?? "").split(",").filter(Boolean), words: wordsOf(state.get("text") ?? ""),
    };
    const filtered = ["text", "family", "issue", "verdict", "differs"].some((name) => state.get(name));
    let found = 0;
    for (const each of rows) {
      const shown = matches(each, wanted);
      found += shown;
      each.row.hidden = !shown;
      if (each.detail) each.detail.hidden = !shown;
    }
    for (const group of groups) {
      let count = 0;
      for (const table of group.tables) {
        const shown = table.querySelectorAll("tr[data-c]:not([hidden])").length;
        table.hidden = !shown;
        count += shown;
      }
      group.section.hidden = !count;
      group.count.textContent = count.toLocaleString("en");
      group.details.open = count > 0 && (unfolded || group.open || (filtered && found <= mostOpened));
    }
    $("found").textContent = filtered ? `${found.toLocaleString("en")} of ${rows.length.toLocaleString("en")} cases`
      : `${rows.length.toLocaleString("en")} cases`;
    $("clear").hidden = !filtered;
    $("nothing").hidden = found > 0;
  }

  function show() { // the state in the controls
    for (const name of fields) if ($(name) !== document.activeElement) $(name).value = state.get(name) ?? "";
    const verdicts = (state.get("verdict") ?? "").split(",");
    for (const each of toggles) each.setAttribute("aria-pressed", verdicts.includes(each.dataset.verdict));
    differs?.setAttribute("aria-pressed", state.has("differs"));
  }

  function set(changes) {
    for (const [name, value] of Object.entries(changes)) value ? state.set(name, value) : state.delete(name);
    history.replaceState(null, "", `#${state}`);
  }

  async function detailsOf(each) {
    const script = $(`details-${each.row.dataset.f}`);
    script.inflated ??= (async () => {
      const bytes = Uint8Array.from(atob(script.textContent), (character) => character.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return JSON.parse(await new Response(stream).text());
    })();
    const sections = await script.inflated;
    const first = (each.row.dataset.n - script.dataset.first) * runs.length;
    return runs.map((_, run) => sections.map((section) => section[first + run]).join(""));
  }

  async function open(each, run) {
    if (!each.detail) {
      const details = await detailsOf(each);
      if (each.detail) return;
      each.detail = document.createElement("tr");
      each.detail.className = "detail";
      each.detail.id = `detail-${each.row.dataset.n}`;
      const cell = each.detail.insertCell();
      cell.colSpan = runs.length + 1;
      each.show = (number) => fill(cell, each, details, number);
      each.row.after(each.detail);
    }
    const worst = ["failed", "deviates", "passed", "skipped"].find((verdict) => each.verdicts.includes(verdict));
    each.show(run ?? Math.max(0, each.verdicts.indexOf(worst)));
    each.button.setAttribute("aria-controls", each.detail.id);
    each.button.setAttribute("aria-expanded", "true");
    each.row.classList.add("open");
    each.detail.hidden = false;
  }

  function close(each) {
    each.button.setAttribute("aria-expanded", "false");
    each.row.classList.remove("open");
    each.detail.remove();
    each.detail = undefined;
  }

  function fill(cell, each, details, run) {
    const body = document.createElement("div");
    body.innerHTML = details[run] || "<p>This run does not have the case.</p>"; // written by the page's templates, which escape
    cell.replaceChildren(...(runs.length > 1 ? [choice(each, run)] : []), body);
    for (const pre of body.querySelectorAll("pre.copy")) addCopier(pre);
    for (const pre of body.querySelectorAll("pre.failure")) if (pre.scrollHeight > pre.clientHeight + 1) pre.tabIndex = 0;
  }

  function choice(each, run) {
    const group = document.createElement("div");
    group.className = "choice";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Run");
    runs.forEach((name, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.setAttribute("aria-pressed", number === run);
      button.addEventListener("click", () => {
        each.show(number);
        each.detail.querySelectorAll(".choice button")[number].focus();
        set({ case: each.case, run: String(number + 1) });
      });
      group.append(button);
    });
    return group;
  }

  function addCopier(pre) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copier";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected";
      }
    });
    const box = document.createElement("div");
    box.className = "copied";
    pre.replaceWith(box);
    box.append(pre, button);
  }

  async function follow() { // the address
    const hash = location.hash.slice(1);
    state = new URLSearchParams(hash.includes("=") ? hash : "");
    show();
    apply();
    const each = byCase.get(state.get("case"));
    if (!each) return;
    each.row.closest("details").open = true;
    await open(each, state.has("run") ? Number(state.get("run")) - 1 : undefined);
    each.row.scrollIntoView();
    each.button.focus({ preventScroll: true });
  }

  const typed = (name) => () => { set({ [name]: $(name).value.trim() }); apply(); };
  for (const name of fields) $(name).addEventListener("input", typed(name));
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
  for (const button of toggles) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
      set({ verdict: toggles.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.dataset.verdict).join(",") });
      apply();
    });
  }
  differs?.addEventListener("click", () => { set({ differs: state.has("differs") ? "" : "1" }); show(); apply(); });
  $("clear").addEventListener("click", () => { state = new URLSearchParams(); set({}); show(); apply(); $("text").focus(); });
  $("unfold").addEventListener("click", () => {
    unfolded = !unfolded;
    $("unfold").textContent = unfolded ? "Close all families" : "Open all families";
    $("unfold").setAttribute("aria-pressed", unfolded);
    for (const group of groups) group.open = unfolded;
    apply();
  });
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a.cases");
    if (link) {
      event.preventDefault();
      history.pushState(null, "", link.hash);
      await follow();
      $("cases").scrollIntoView();
      $("cases").focus({ preventScroll: true });
      return;
    }
    const expand = event.target.closest?.(".expand");
    if (expand) {
      expand.parentElement.classList.add("whole");
      expand.remove();
      return;
    }
    const each = byRow.get(event.target.closest?.("th > button")?.closest("tr"));
    if (!each) return;
    if (each.detail) {
      close(each);
      if (state.get("case") === each.case) set({ case: "", run: "" });
    } else {
      await open(each);
      set({ case: each.case, run: "" });
    }
  });
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  document.documentElement.classList.add("js");
  follow();
})();
