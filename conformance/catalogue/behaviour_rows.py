"""Behaviours with their verdicts, release by release: cases that went alike are one row."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.catalogue.release_results import CaseResult, ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour

OF_OTHER_RELEASES = "speaks of "
"""How the reason begins why a case is skipped that holds for other releases only (the marker ``releases``)."""


class CellKind(enum.Enum):
    """How a behaviour went on a release: as a verdict says, or it does not hold for that, or nobody asked."""

    PASSED = "passed"
    DEVIATES = "deviates"
    FAILED = "failed"
    OF_OTHERS = "of other releases"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class VerdictCell:
    """How a behaviour went on a release, and why."""

    kind: CellKind
    reason: str = ""

    @property
    def is_told(self) -> bool:
        """Whether it departs from the contract, so that its reason is to be told."""
        return self.kind in {CellKind.DEVIATES, CellKind.FAILED}


NOT_ASKED = VerdictCell(CellKind.NOT_ASKED)


@dataclass(frozen=True)
class BehaviourRow:
    """A behaviour in some of its cases, which went alike: a cell for each release.

    ``all_cases`` is how many the behaviour has, in this row and in others.
    """

    behaviour: StatedBehaviour
    cases: tuple[str, ...]
    all_cases: int
    cells: tuple[VerdictCell, ...]

    @property
    def parameters(self) -> list[str]:
        """What tells its cases from the others of the behaviour."""
        return [case.removeprefix(self.behaviour.name)[1:-1] for case in self.cases]


def behaviour_rows(behaviours: Iterable[StatedBehaviour], results: Sequence[ReleaseResults]) -> list[BehaviourRow]:
    """Give the rows of behaviours, in their order, on releases in that of their results."""
    by_name: dict[str, dict[str, None]] = {}
    for of_release in results:
        for each in of_release.cases:
            by_name.setdefault(each.case.partition("[")[0], {})[each.case] = None
    return [row for each in behaviours for row in _rows(each, list(by_name.get(each.name, [])), results)]


def _rows(
    behaviour: StatedBehaviour, cases: Sequence[str], results: Sequence[ReleaseResults]
) -> Iterator[BehaviourRow]:
    """Give one row, or one for each way in which cases went; a case that no release was asked adds none."""
    cells = {case: tuple(_cell(each.by_case.get(case)) for each in results) for case in cases}
    asked = {case: each for case, each in cells.items() if any(cell.kind is not CellKind.NOT_ASKED for cell in each)}
    if not asked:
        yield BehaviourRow(behaviour, tuple(cases), len(cases), tuple(NOT_ASKED for _ in results))
        return
    for together, names in _alike(asked):
        yield BehaviourRow(behaviour, tuple(sorted(names)), len(asked), together)


def _alike(asked: Mapping[str, tuple[VerdictCell, ...]]) -> list[tuple[tuple[VerdictCell, ...], list[str]]]:
    """Put cases together that went alike wherever both were asked, those that were asked most first."""
    groups: list[tuple[tuple[VerdictCell, ...], list[str]]] = []
    for case, cells in sorted(asked.items(), key=lambda each: sum(cell == NOT_ASKED for cell in each[1])):
        for number, (others, names) in enumerate(groups):
            if (merged := _merged(cells, others)) is not None:
                groups[number] = merged, [*names, case]
                break
        else:
            groups.append((cells, [case]))
    return sorted(groups, key=lambda each: (-len(each[1]), min(each[1])))


def _merged(one: tuple[VerdictCell, ...], other: tuple[VerdictCell, ...]) -> tuple[VerdictCell, ...] | None:
    """Give what two cases together show; nothing where they went otherwise on a release."""
    pairs = list(zip(one, other, strict=True))
    if any(first != second and NOT_ASKED not in {first, second} for first, second in pairs):
        return None
    return tuple(second if first == NOT_ASKED else first for first, second in pairs)


def _cell(result: CaseResult | None) -> VerdictCell:
    if result is None:
        return NOT_ASKED
    match result.verdict:
        case "passed":
            return VerdictCell(CellKind.PASSED)
        case "skipped":
            return VerdictCell(CellKind.OF_OTHERS) if result.reason.startswith(OF_OTHER_RELEASES) else NOT_ASKED
    return VerdictCell(CellKind(result.verdict), result.reason)
