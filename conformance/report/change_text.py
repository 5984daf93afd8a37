"""What changed between two runs, in words: for a terminal, as Markdown, as JSON."""

import json
from collections.abc import Iterator, Sequence

from conformance.evidence.evidence_folder import RunEvidence
from conformance.report.changes import ChangeGroup
from conformance.report.results_tables import escaped_markdown

EXAMPLES = 3

Groups = Sequence[ChangeGroup]


def title(run: RunEvidence) -> str:
    """Name a run by what it was about."""
    return run.run.properties.get("target", str(run.folder))


def changes_as_text(before: RunEvidence, after: RunEvidence, groups: Groups, flaky: Groups) -> str:
    """Write the changes, a paragraph each, then those that were not seen again."""
    lines = [_summary(before, after, groups), *before.caveats, *after.caveats]
    for group in groups:
        lines += ["", *_paragraph(group)]
    if flaky:
        lines += ["", "Not seen again when asked once more, on both sides:"]
        for group in flaky:
            lines += ["", *_paragraph(group)]
    return "\n".join(lines)


def _summary(before: RunEvidence, after: RunEvidence, groups: Groups) -> str:
    worse = sum(group.is_worse for group in groups)
    changed = "nothing changed" if not groups else f"{_count(len(groups), 'change')}, {worse} for the worse"
    return f"{title(before)} → {title(after)}: {changed} ({len(before.cases)} and {_count(len(after.cases), 'case')})"


def _paragraph(group: ChangeGroup) -> Iterator[str]:
    change = group.change
    yield f"{change.kind.value}, {_count(len(group.cases), 'case')}:"
    if change.before:
        yield f"    before: {change.before}"
    yield f"    after:  {change.after}"
    for case in group.cases[:EXAMPLES]:
        yield f"    {case}"
    if len(group.cases) > EXAMPLES:
        yield f"    and {len(group.cases) - EXAMPLES} more"


def changes_as_markdown(before: RunEvidence, after: RunEvidence, groups: Groups, flaky: Groups) -> str:
    """Write the changes as tables for GitHub; text from a run stays text."""
    lines = [f"### {escaped_markdown(_summary(before, after, groups))}", ""]
    lines += [f"{escaped_markdown(each)}\n" for each in (*before.caveats, *after.caveats)]
    for heading, some in (("", groups), ("Not seen again when asked once more", flaky)):
        if some:
            lines += [*([f"#### {heading}", ""] if heading else []), *change_rows(some), ""]
    return "\n".join(lines)


def change_rows(groups: Groups) -> list[str]:
    """Write changes as the lines of a table."""
    head = ["| what | cases | before | after | such as |", "| --- | --- | --- | --- | --- |"]
    return head + [_row(group) for group in groups]


def _row(group: ChangeGroup) -> str:
    change = group.change
    cells = (change.kind.value, str(len(group.cases)), change.before, change.after, group.cases[0])
    return f"| {' | '.join(map(escaped_markdown, cells))} |"


def changes_as_json(before: RunEvidence, after: RunEvidence, groups: Groups, flaky: Groups) -> str:
    """Write the changes as JSON: of both sides what was run, and a list of changes."""
    table = {
        "before": dict(before.run.properties),
        "after": dict(after.run.properties),
        "caveats": [*before.caveats, *after.caveats],
        "worse": any(group.is_worse for group in groups),
        "changes": [_as_dict(group, confirmed=True) for group in groups]
        + [_as_dict(group, confirmed=False) for group in flaky],
    }
    return json.dumps(table, indent=2, ensure_ascii=False)


def _as_dict(group: ChangeGroup, *, confirmed: bool) -> dict[str, object]:
    change = group.change
    return {
        "kind": change.kind.name.lower(),
        "before": change.before,
        "after": change.after,
        "worse": group.is_worse,
        "flaky": not confirmed,
        "cases": list(group.cases),
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
