"""Results of runs as tables: totals, the cases that failed, those that ended otherwise from run to run."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.report.junit_results import RunResult, comparable, unequal_cases, verdict_of
from conformance.report.summary import VERDICTS, Verdict

MOST_CHARACTERS = 600
"""How much of a reason is told: a sentence with its cure at the end."""

Rows = list[list[str]]


@dataclass(frozen=True)
class ResultTable:
    """A table with its heading; the first row names the columns."""

    heading: str
    rows: Rows


def result_tables(runs: Sequence[RunResult]) -> Iterator[ResultTable]:
    """Give the tables of one run, or of several, in which each that differs from the others is a column."""
    yield ResultTable("Runs", _runs(runs))
    if len(runs) == 1:
        yield ResultTable("Families", family_rows(list(runs[0].verdicts.values())))
    if failed := _failed(runs):
        yield ResultTable("Failed", [["case", "where", "why"], *failed])
    if differing := unequal_cases(compared := comparable(runs)):
        groups = _alike(compared, differing)
        head = ["case", *(", ".join(run.name for run in group) for group in groups)]
        rows = [[case, *(verdict_of(group[0], case) for group in groups)] for case in differing]
        yield ResultTable("Ended otherwise from run to run", [head, *rows])
    if deviations := _reasons(runs, "deviates"):
        yield ResultTable("Known deviations met", [["cases", "deviation"], *deviations])
    if skipped := _reasons(runs, "skipped"):
        yield ResultTable("Not run", [["cases", "why"], *skipped])


def _runs(runs: Sequence[RunResult]) -> Rows:
    rows = [["where", "target", "run", *VERDICTS]]
    for run in runs:
        counts = [str(run.count(verdict)) for verdict in VERDICTS]
        rows.append([run.name, run.target, run.properties.get("run", ""), *counts])
    return rows


def family_rows(verdicts: Sequence[Verdict]) -> Rows:
    """Count the verdicts of each family."""
    counts = Counter((each.family, each.verdict) for each in verdicts)
    families = sorted({each.family for each in verdicts})
    return [
        ["family", *VERDICTS],
        *([family, *(str(counts[family, verdict]) for verdict in VERDICTS)] for family in families),
    ]


def _failed(runs: Sequence[RunResult]) -> Rows:
    """Give each case that failed anywhere: on which machines, and what was said on the first."""
    rows = []
    for case in dict.fromkeys(case for run in runs for case, each in run.verdicts.items() if each.verdict == "failed"):
        where = [run for run in runs if verdict_of(run, case) == "failed"]
        places = "everywhere" if len(where) == len(runs) else ", ".join(run.name for run in where)
        rows.append([case, places, " ".join(where[0].verdicts[case].reason.split())[:MOST_CHARACTERS]])
    return rows


def _alike(runs: Sequence[RunResult], cases: Sequence[str]) -> list[list[RunResult]]:
    """Put together the runs in which all these cases ended alike."""
    groups: dict[tuple[str, ...], list[RunResult]] = {}
    for run in runs:
        groups.setdefault(tuple(verdict_of(run, case) for case in cases), []).append(run)
    return list(groups.values())


def _reasons(runs: Sequence[RunResult], verdict: str) -> Rows:
    """Count the cases that ended so somewhere, by reason, the most frequent first."""
    reasons = {(case, each.reason) for run in runs for case, each in run.verdicts.items() if each.verdict == verdict}
    counted = Counter(reason for _, reason in reasons)
    return [[str(count), reason] for reason, count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))]


def as_text_table(table: ResultTable) -> Iterator[str]:
    """Give the lines of a table for a terminal; the last column is as wide as it likes."""
    widths = [max(map(len, column)) for column in zip(*table.rows, strict=True)]
    yield f"{table.heading}:"
    for row in table.rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""


def as_markdown_table(table: ResultTable) -> Iterator[str]:
    """Give the lines of a table for GitHub; text from a run stays text."""
    head, *rows = ([escaped_markdown(cell) for cell in row] for row in table.rows)
    yield f"### {table.heading}"
    yield ""
    yield _markdown_row(head)
    yield _markdown_row(["---"] * len(head))
    yield from map(_markdown_row, rows)
    yield ""


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped_markdown(cell: str) -> str:
    """Let Markdown and HTML see no signs of theirs (GitHub Flavored Markdown, backslash escapes)."""
    escaped = "".join(f"\\{each}" if each in r"\`*_{}[]<>()#+!|~@" else each for each in cell)
    return escaped.replace("\n", " ")
