"""Several runs side by side: the behaviours in which they differ, and what is seen in each."""

from collections.abc import Sequence
from typing import NamedTuple

from conformance.evidence.case_records import CaseRecord
from conformance.evidence.evidence_folder import RunEvidence
from conformance.report.results_tables import ResultTable
from conformance.report.summary import VERDICTS


class MatrixRow(NamedTuple):
    """A behaviour, how it ended in each run, and how many cases it has that ended so."""

    family: str
    behaviour: str
    cells: tuple[str, ...]
    cases: tuple[str, ...]


def differing_rows(runs: Sequence[RunEvidence]) -> list[MatrixRow]:
    """Give the behaviours in which runs differ, those of most cases first; equal ones of a family in one row."""
    records = [{each.case: each for each in run.cases} for run in runs]
    rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for case in dict.fromkeys(case for of_run in records for case in of_run):
        cells = tuple(_cell(of_run.get(case)) for of_run in records)
        if len(set(cells)) > 1:
            told = next(of_run[case] for of_run in records if case in of_run)
            rows.setdefault((told.family, told.behaviour, cells), []).append(case)
    ordered = sorted(rows.items(), key=lambda each: (-len(each[1]), each[0]))
    return [MatrixRow(*of, tuple(cases)) for of, cases in ordered]


def _cell(record: CaseRecord | None) -> str:
    if record is None:
        return "–"
    return f"{record.verdict}: {record.reason}" if record.verdict != "passed" else "passed"


def matrix_tables(runs: Sequence[RunEvidence]) -> list[ResultTable]:
    """Give the table of totals, and that of the behaviours that differ, if any do."""
    names = [run.run.properties.get("target", str(run.folder)) for run in runs]
    counts = [[str(sum(each.verdict == verdict for each in run.cases)) for run in runs] for verdict in VERDICTS]
    totals = [["", *names], *([verdict, *row] for verdict, row in zip(VERDICTS, counts, strict=True))]
    rows = [[f"{row.family}: {row.behaviour}", str(len(row.cases)), *row.cells] for row in differing_rows(runs)]
    differing = ResultTable("Behaviours that differ", [["behaviour", "cases", *names], *rows])
    return [ResultTable("Totals", totals), *([differing] if rows else [])]
