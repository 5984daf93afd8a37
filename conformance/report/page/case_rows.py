"""The rows of the page: cases of one run or of several, by family, those that need a look first."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from conformance.evidence.case_records import CaseRecord
from conformance.evidence.evidence_folder import RunEvidence

ABSENT = "absent"
_SKIPPED = "skipped"
_GRAVITY = ("failed", "deviates", "passed", _SKIPPED, ABSENT)
_SUITE = "conformance/suite/"


class Difference(enum.StrEnum):
    """What sets runs apart in a case: how it ended, or only that some skipped it, since it does not hold for them."""

    ENDED = "ended"
    SKIPPED = "skipped"
    NONE = ""


@dataclass(frozen=True)
class Cell:
    """How a case ended in a run, and why where it did not simply pass; ``absent`` where the run does not have it."""

    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class CaseRow:
    """A case in all runs: its short node ID, the sentence it states, its parameters, a cell for each run.

    ``again`` says that the row above states the same, ``difference`` what sets the runs apart. ``records`` are the
    case's in each run, ``number`` is the row's.
    """

    case: str
    family: str
    behaviour: str
    parameters: str
    upstream: tuple[str, ...]
    cells: tuple[Cell, ...]
    records: tuple[CaseRecord | None, ...]
    difference: Difference
    again: bool = False
    number: int = 0

    @property
    def gravest(self) -> str:
        """The verdict that most needs a look."""
        return min((cell.verdict for cell in self.cells), key=_GRAVITY.index)


@dataclass(frozen=True)
class Family:
    """The rows of a family, the behaviours with the gravest verdict first."""

    name: str
    rows: tuple[CaseRow, ...]

    @property
    def gravest(self) -> str:
        """The verdict that most needs a look."""
        return min((row.gravest for row in self.rows), key=_GRAVITY.index)


def families_of(runs: Sequence[RunEvidence]) -> list[Family]:
    """Give the families of all runs, those in which something failed first, else by name."""
    by_run = [{each.case: each for each in run.cases} for run in runs]
    rows = [_row(case, [found.get(case) for found in by_run]) for case in dict.fromkeys(c for f in by_run for c in f)]
    rows.sort(key=lambda row: row.family)
    families = [_family(name, list(group)) for name, group in groupby(rows, key=lambda row: row.family)]
    families.sort(key=lambda each: (each.gravest != "failed", each.name))
    return list(_numbered(families))


def shortened(case: str) -> str:
    """Give a node ID without what those of the suite have in common."""
    return case.removeprefix(_SUITE)


def _row(case: str, records: list[CaseRecord | None]) -> CaseRow:
    told = next(each for each in records if each)
    cells = tuple(Cell(each.verdict, each.reason) if each else Cell(ABSENT) for each in records)
    name, bracket, parameters = case.partition("[")
    return CaseRow(
        shortened(case),
        told.family,
        told.behaviour or name.rpartition("::")[2].removeprefix("test_").replace("_", " "),
        parameters.removesuffix("]") if bracket else "",
        tuple(dict.fromkeys(issue for each in records if each for issue in each.upstream)),
        cells,
        tuple(records),
        _difference(cells),
    )


def _difference(cells: Sequence[Cell]) -> Difference:
    """Compare verdicts and, of deviations, what is seen; that a run lacks a case sets no runs apart."""
    ended = {(each.verdict, each.reason if each.verdict == "deviates" else "") for each in cells}
    ran = {each for each in ended if each[0] not in (ABSENT, _SKIPPED)}
    if len(ran) > 1:
        return Difference.ENDED
    return Difference.SKIPPED if ran and (_SKIPPED, "") in ended else Difference.NONE


def _family(name: str, rows: list[CaseRow]) -> Family:
    """Keep the cases of a behaviour together, in the order in which they ran."""
    behaviours: dict[str, list[CaseRow]] = {}
    for row in rows:
        behaviours.setdefault(row.behaviour, []).append(row)
    groups = [sorted(group, key=_urgency) for group in behaviours.values()]
    groups.sort(key=lambda group: _urgency(group[0]))
    return Family(name, tuple(row for group in groups for row in group))


def _urgency(row: CaseRow) -> tuple[int, int]:
    """Sort what differs from run to run first, then by gravity; what ran and passed before what did not run."""
    return list(Difference).index(row.difference), _GRAVITY.index(row.gravest)


def _numbered(families: Iterable[Family]) -> Iterator[Family]:
    number = 0
    for family in families:
        rows: list[CaseRow] = []
        for row in family.rows:
            again = bool(rows) and rows[-1].behaviour == row.behaviour and rows[-1].difference is row.difference
            rows.append(replace(row, again=again, number=number))
            number += 1
        yield Family(family.name, tuple(rows))
