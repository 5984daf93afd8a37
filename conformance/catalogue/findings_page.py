"""``docs/findings.md``: every fault that upstream has not been told of, the gravest first."""

from collections.abc import Iterator, Sequence

from conformance.catalogue.finding_text import case_command, expected_lines, seen_lines, seen_on
from conformance.catalogue.known_findings import OWN_PROJECT, KnownFinding, Severity, SightingKind, by_weight
from conformance.catalogue.markdown import anchor, code, escaped, issue_link, table
from conformance.catalogue.obtained import obtained_lines
from conformance.catalogue.release_ranges import lines_text
from conformance.catalogue.release_results import ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour

_INTRODUCTION = """\
# Findings

What CRI-O does otherwise than it should, seen live, and of which upstream has not been told: {count} faults, the
gravest first. `crio-conformance findings N` prints the body of a report about one, in the fields of CRI-O's form for a
bug; a number is for good, and last come those that newer releases do not have any more. Made from
`conformance/suite/findings.toml`, the `deviations.toml` beside the cases and the files in `results/` by
`crio-conformance catalogue write`: do not edit it.

What is seen is told as a case states it: the value of an expression over what the case has, such as `pull.reasons`, for
which reason each registry did not serve, as the error has it. The cases are in `conformance/suite/`, and in
[behaviours.md](behaviours.md).
"""
_WHAT = {
    Severity.SECURITY: "somebody gets what was not meant for them, or can stop what others need",
    Severity.WRONG_RESULT: "a call does something else than it says, or does not do what it should",
    Severity.LEFT_BEHIND: "what nobody needs any more stays on the node",
    Severity.MISLEADING: "what is told does not lead to what is wrong",
}


def findings_page(
    known: Sequence[KnownFinding], behaviours: Sequence[StatedBehaviour], results: Sequence[ReleaseResults]
) -> str:
    """Write the page."""
    filed = [each for each in known if each.finding.filed]
    ordered = by_weight(known, results)
    lines = [_INTRODUCTION.format(count=len(ordered)), *obtained_lines(results, behaviours)]
    lines += table(["finding", "severity", "seen on", ""], (_row(each, results) for each in ordered))
    for heading, of_heading in _sections(ordered, results):
        lines += [f"## {heading}", ""]
        for each in of_heading:
            lines += _finding(each, behaviours, results)
    if filed:
        lines += ["## Reported", "", *(f"- {each.finding.id}: {issue_link(each.finding.filed)}" for each in filed)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(known: KnownFinding, results: Sequence[ReleaseResults]) -> list[str]:
    finding = known.finding
    title = f"[{escaped(finding.title)}](#finding-{finding.id})"
    return [str(finding.id), finding.severity, seen_on(known, results), title]


def _sections(
    ordered: Sequence[KnownFinding], results: Sequence[ReleaseResults]
) -> Iterator[tuple[str, list[KnownFinding]]]:
    """Give the findings by severity, and last those that newer releases do not have any more."""
    for severity in Severity:
        of_severity = [each for each in ordered if each.finding.severity is severity and not each.is_mended(results)]
        if of_severity:
            yield f"{severity.capitalize()}: {_WHAT[severity]}", of_severity
    if mended := [each for each in ordered if each.is_mended(results)]:
        yield "Not on the newest releases any more", mended


def _finding(
    known: KnownFinding, behaviours: Sequence[StatedBehaviour], results: Sequence[ReleaseResults]
) -> Iterator[str]:
    finding, sightings = known.finding, known.sightings(results)
    yield f"### {anchor(f'finding-{finding.id}')}{finding.id}. {escaped(finding.title)}"
    yield ""
    yield escaped(" ".join(finding.matters.split()))
    yield ""
    lines = [each.line for each in results]
    without = {each.results.line for each in sightings if each.kind is SightingKind.NOT_SEEN}
    seen = f"Seen on {seen_on(known, results)}"
    yield f"{seen}, not on {lines_text(without, lines)}." if without else f"{seen}."
    yield ""
    yield from seen_lines(known, sightings)
    yield "It should be:"
    yield ""
    yield from expected_lines(known, behaviours)
    yield ""
    yield f"Shown by {_shown_by(known, behaviours, results)}"
    yield ""
    if finding.source:
        yield f"Where it seems to come from: {escaped(finding.source)}."
        yield ""
    if finding.project != OWN_PROJECT:
        yield f"Whose it seems to be: {finding.project}."
        yield ""


def _shown_by(known: KnownFinding, behaviours: Sequence[StatedBehaviour], results: Sequence[ReleaseResults]) -> str:
    if name := known.finding.scenario:
        file = f"{name}.scenario.toml"
        return f"[{file}](scenarios/{file}): {code(f'crio-conformance scenario run docs/scenarios/{file}')}."
    return f"{code(case_command(known, behaviours, known.sightings(results)))}."
