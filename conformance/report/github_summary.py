"""A run as Markdown for GitHub's page of a job (``$GITHUB_STEP_SUMMARY``): totals, failures, changes, deviations."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from conformance.report.alike import EXAMPLES
from conformance.report.change_text import change_rows
from conformance.report.changes import ChangeGroup
from conformance.report.issue_links import issue_url
from conformance.report.results_tables import (
    MOST_CHARACTERS,
    ResultTable,
    as_markdown_table,
    escaped_markdown,
    family_rows,
)
from conformance.report.summary import VERDICTS, Verdict

MOST_FAILURES = 50
MOST_CHANGES = 50
MOST_OF_A_STORY = 4000
"""GitHub shows none of a summary of more than 1 MiB (docs.github.com, "Workflow commands for GitHub Actions")."""


@dataclass(frozen=True)
class EqualFailures:
    """Failures that are one: the behaviour, what was said, their cases, how the first is run, and its story."""

    behaviour: str
    why: str
    cases: Sequence[str]
    rerun: str = ""
    story: str = ""


@dataclass(frozen=True)
class RunChanges:
    """What ended otherwise than in the run about the same target before, which began then."""

    began: str
    groups: Sequence[ChangeGroup]


def github_summary(
    title: str,
    properties: Mapping[str, str],
    verdicts: Sequence[Verdict],
    failures: Sequence[EqualFailures],
    changes: RunChanges | None = None,
) -> str:
    """Write the summary of a run about ``title``; text from a run stays text."""
    counts = Counter(each.verdict for each in verdicts)
    lines = [f"## Conformance of {escaped_markdown(title)}", "", escaped_markdown(_target(properties)), ""]
    totals = [["", *VERDICTS], ["cases", *(str(counts[verdict]) for verdict in VERDICTS)]]
    lines += as_markdown_table(ResultTable("Totals", totals))
    lines += _section("Failed", [line for each in failures[:MOST_FAILURES] for line in _failure(each)])
    if len(failures) > MOST_FAILURES:
        lines += [f"And {len(failures) - MOST_FAILURES} more failures, which the log has.", ""]
    if changes is not None:
        since = f"Changed since the run of {escaped_markdown(changes.began)}"
        rows = change_rows(changes.groups[:MOST_CHANGES]) if changes.groups else ["No verdict."]
        lines += _section(since, rows)
    lines += _section("Known deviations met", list(_deviations(verdicts)))
    lines += ["<details><summary>Families, and what was not run</summary>", ""]
    lines += as_markdown_table(ResultTable("Families", family_rows(verdicts)))
    skipped = Counter(each.reason for each in verdicts if each.verdict == "skipped")
    lines += _section("Not run", [f"- {count}: {escaped_markdown(why)}" for why, count in skipped.most_common()])
    return "\n".join([*lines, "</details>", "", ""])


def _target(properties: Mapping[str, str]) -> str:
    return ", ".join(value for name, value in properties.items() if name not in {"target", "release"})


def _section(heading: str, lines: Sequence[str]) -> list[str]:
    return [f"### {heading}", "", *lines, ""] if lines else []


def _failure(failure: EqualFailures) -> Iterator[str]:
    """Write a failure as an item of a list: the sentence, why, which cases, and how it is run alone."""
    named = [escaped_markdown(each) for each in failure.cases[:EXAMPLES]]
    more = f" and {len(failure.cases) - EXAMPLES} more" if len(failure.cases) > EXAMPLES else ""
    yield f"- **{escaped_markdown(failure.behaviour or failure.cases[0])}**"
    yield f"  {escaped_markdown(failure.why[:MOST_CHARACTERS])}<br>"
    yield f"  {', '.join(named)}{more}" + ("<br>" if failure.rerun else "")
    if failure.rerun:
        yield f"  to run it alone: <code>{escaped_markdown(failure.rerun)}</code>"
    if failure.story:
        told = escape(failure.story[:MOST_OF_A_STORY], quote=False).replace("\n", "&#10;")
        yield f"  <details><summary>who was asked, and what the user saw</summary><pre>{told}</pre></details>"


def _deviations(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Write each issue by which cases deviate, the most frequent first: its link, how many, and the sentences."""
    reasons = Counter(each.reason for each in verdicts if each.verdict == "deviates")
    issues = Counter[str]()
    for reason, count in reasons.items():
        issues[reason.partition(": ")[0]] += count
    for issue, count in issues.most_common():
        link = f"[{escaped_markdown(issue)}]({url})" if (url := issue_url(issue)) else escaped_markdown(issue)
        yield f"- {link}, {count} {'case' if count == 1 else 'cases'}"
        for reason, of_reason in reasons.most_common():
            if reason.partition(": ")[0] == issue:
                yield f"  - {of_reason}: {escaped_markdown(reason.partition(': ')[2])}"
