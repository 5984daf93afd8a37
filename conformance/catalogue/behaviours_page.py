"""``docs/behaviours.md``: every behaviour of the suite, family by family, with its verdict on each release."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from conformance.catalogue.behaviour_rows import BehaviourRow, CellKind, VerdictCell, behaviour_rows
from conformance.catalogue.markdown import anchor, code, escaped, issue_link, seen_text, slug, table
from conformance.catalogue.obtained import obtained_lines
from conformance.catalogue.release_ranges import lines_text
from conformance.catalogue.release_results import ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour
from conformance.report.issue_links import ISSUE

UNREPORTED = "unreported"
MOST_PARAMETERS = 3
SIGNS = {
    CellKind.PASSED: "✓",
    CellKind.DEVIATES: "≠",
    CellKind.FAILED: "✗",
    CellKind.OF_OTHERS: "·",
    CellKind.NOT_ASKED: "–",
}
_INTRODUCTION = """\
# Behaviours

What the suite states of CRI-O, family by family, and how each release line went, live. Made from the files in
`results/` and the suite's own sentences by `crio-conformance catalogue write`: do not edit it.

✓ it is so; ≠ it is not, in a way that is known: the number leads to what is seen instead; ✗ it is not, in a way that is
not known; · it is stated of other releases only; – nobody asked, since the run had no cluster, or the case came later.
"""


class _Notes:
    """What is said below a family's table: each reason once, numbered as they come."""

    def __init__(self, family: str) -> None:
        self._family = slug(family)
        self._numbers: dict[str, int] = {}

    def sign(self, cell: VerdictCell) -> str:
        """Give a cell of the table, with its note's number."""
        if not cell.is_told:
            return SIGNS[cell.kind]
        number = self._numbers.setdefault(cell.reason, len(self._numbers) + 1)
        return f"[{SIGNS[cell.kind]}{number}](#{self._family}-{number})"

    def lines(
        self, seen: Mapping[str, list[str]], where: Mapping[str, str], findings: Mapping[str, int]
    ) -> Iterator[str]:
        """Give the notes: where it is so, by reason, what is ``seen``, and the number of the finding."""
        for reason, number in self._numbers.items():
            upstream, _, why = reason.partition(": ")
            known = ISSUE.fullmatch(upstream) or upstream == UNREPORTED
            told = escaped(why if known else reason)
            source = issue_link(upstream) if ISSUE.fullmatch(upstream) else ""
            if reason in findings:
                source = f"[finding {findings[reason]}](findings.md#finding-{findings[reason]})"
            place = anchor(f"{self._family}-{number}")
            yield f"{number}. {place}{told} ({'; '.join(filter(None, [where[reason], source]))})"
            yield from (f"   - {each}" for each in seen.get(reason, ()))
        if self._numbers:
            yield ""


def behaviours_page(
    behaviours: Sequence[StatedBehaviour], results: Sequence[ReleaseResults], findings: Mapping[str, int]
) -> str:
    """Write the page; ``findings`` are the numbers of findings by the reason that a case of theirs deviates for."""
    rows = behaviour_rows(behaviours, results)
    families = [(name, list(of)) for name, of in itertools.groupby(rows, key=lambda each: each.behaviour.family)]
    lines = [_INTRODUCTION, *obtained_lines(results, behaviours), *_contents(families)]
    for family, of_family in families:
        lines += _family(family, of_family, results, findings)
    lines += _by_issue(rows, results)
    return "\n".join(lines).rstrip("\n") + "\n"


def _contents(families: Sequence[tuple[str, list[BehaviourRow]]]) -> Iterator[str]:
    for family, rows in families:
        departing = sum(any(cell.is_told for cell in row.cells) for row in rows)
        told = f", {departing} with departures" if departing else ""
        count = len({row.behaviour.name for row in rows})
        yield f"- [{family}](#{slug(family)}): {count} {'behaviours' if count > 1 else 'behaviour'}{told}"
    yield "- [By upstream number](#by-upstream-number)"
    yield ""


def _family(
    family: str, rows: Sequence[BehaviourRow], results: Sequence[ReleaseResults], findings: Mapping[str, int]
) -> Iterator[str]:
    notes = _Notes(family)
    yield f"## {family}"
    yield ""
    cells = [[_told(row), *map(notes.sign, row.cells)] for row in rows]
    yield from table(["behaviour", *(each.line for each in results)], list(map(list, dict.fromkeys(map(tuple, cells)))))
    yield from notes.lines(_seen(rows, results), _where(rows, results), findings)


def _told(row: BehaviourRow) -> str:
    """Write a behaviour, which of its cases, and the issues that it is about."""
    issues = ", ".join(map(issue_link, row.behaviour.upstream))
    return f"{escaped(row.behaviour.sentence)}{_which(row)}{f' ({issues})' if issues else ''}"


def _which(row: BehaviourRow) -> str:
    """Say which cases of a behaviour a row is about, where it is not all."""
    if len(row.cases) == row.all_cases:
        return ""
    if len(row.cases) > MOST_PARAMETERS:
        return f" *{len(row.cases)} of {row.all_cases} cases*"
    return f" *Case{'s' if len(row.cases) > 1 else ''}* {', '.join(map(code, row.parameters))}"


def _seen(rows: Sequence[BehaviourRow], results: Sequence[ReleaseResults]) -> dict[str, list[str]]:
    """Give what was seen instead, by reason, each once."""
    found: dict[str, dict[str, None]] = {}
    for case in (case for row in rows for case in row.cases):
        for result in (each.by_case[case] for each in results if case in each.by_case):
            if result.seen:
                found.setdefault(result.reason, {})[seen_text(result.seen)] = None
    return {reason: list(texts) for reason, texts in found.items()}


def _where(rows: Sequence[BehaviourRow], results: Sequence[ReleaseResults]) -> dict[str, str]:
    """Give the release lines by the reasons for which something departs there."""
    lines = [each.line for each in results]
    found: dict[str, set[str]] = {}
    for row in rows:
        for line, cell in zip(lines, row.cells, strict=True):
            if cell.is_told:
                found.setdefault(cell.reason, set()).add(line)
    return {reason: lines_text(wanted, lines) for reason, wanted in found.items()}


def _by_issue(rows: Sequence[BehaviourRow], results: Sequence[ReleaseResults]) -> Iterator[str]:
    """Tell by report which cases are about it, or depart by it, and how they went."""
    of_issue: dict[str, list[BehaviourRow]] = {}
    for row in rows:
        departures = [cell.reason.partition(": ")[0] for cell in row.cells if cell.is_told]
        for issue in dict.fromkeys([*row.behaviour.upstream, *departures]):
            if ISSUE.fullmatch(issue):
                of_issue.setdefault(issue, []).append(row)
    yield "## By upstream number"
    yield ""
    yield "The issues and pull requests that cases are about, or depart by, and how those cases went."
    yield ""
    told = []
    for issue in sorted(of_issue, key=_order):
        for number, row in enumerate(of_issue[issue]):
            case = (
                f"[{row.behaviour.family}](#{slug(row.behaviour.family)}) {code(row.behaviour.name.partition('::')[2])}"
            )
            signs = [SIGNS[cell.kind] for cell in row.cells]
            told.append([issue_link(issue) if number == 0 else "", f"{case}{_which(row)}", *signs])
    yield from table(["report", "cases", *(each.line for each in results)], told)


def _order(issue: str) -> tuple[str, int]:
    repository, _, number = issue.partition("#")
    return repository, int(number)
