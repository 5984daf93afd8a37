"""Findings: faults that upstream has not been told of, each with the deviations that show it."""

import enum
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import msgspec
from msgspec import Struct

from conformance.catalogue.release_results import CaseResult, ReleaseResults
from conformance.deviations import Deviation
from conformance.model.release import Release

CRIO = "CRI-O"
OWN_PROJECT = "cri-o/cri-o"


class Severity(enum.StrEnum):
    """How grave a fault is, the gravest first."""

    SECURITY = "security"
    WRONG_RESULT = "wrong result"
    LEFT_BEHIND = "left behind"
    MISLEADING = "misleading"


class CrioFinding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault.

    ``id`` is for good, whatever else is found; ``title`` says what is wrong, ``matters`` to whom and why; ``source``
    where it seems to come from, ``project`` whose fault it is; ``scenario`` names the file in ``docs/scenarios`` that
    shows it, without its ending; ``filed`` is the issue upstream, once there is one.
    """

    id: int
    severity: Severity
    title: str
    matters: str
    source: str = ""
    project: str = OWN_PROJECT
    scenario: str = ""
    filed: str = ""


class SightingKind(enum.Enum):
    """Whether a fault is there on a release: it was seen, it was not although it was looked for, or nobody looked."""

    SEEN = "seen"
    NOT_SEEN = "not seen"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Sighting:
    """A fault on a release: the cases that show it there."""

    results: ReleaseResults
    kind: SightingKind
    cases: tuple[CaseResult, ...] = ()


@dataclass(frozen=True)
class KnownFinding:
    """A finding, and the deviations of CRI-O that show it."""

    finding: CrioFinding
    deviations: tuple[Deviation, ...]

    def sightings(self, results: Iterable[ReleaseResults]) -> list[Sighting]:
        """Look for it on releases."""
        return [self._sighting(each) for each in results]

    def _sighting(self, results: ReleaseResults) -> Sighting:
        of = Release(results.release), CRIO, results.oci_runtime.partition(" ")[0]
        names = dict.fromkeys(case.partition("[")[0] for known in self.deviations for case in known.cases)
        cases = (each for name in names for each in results.by_behaviour.get(name, ()))
        named = [each for each in cases if any(known.names(_short(each)) for known in self.deviations)]
        asked = [each for each in named if each.verdict != "skipped"]
        seen = [
            each
            for each in asked
            if each.verdict == "deviates" and any(known.covers(_short(each), *of) for known in self.deviations)
        ]
        if seen:
            return Sighting(results, SightingKind.SEEN, tuple(seen))
        return Sighting(results, SightingKind.NOT_SEEN if asked else SightingKind.NOT_ASKED)

    def is_mended(self, results: Sequence[ReleaseResults]) -> bool:
        """Tell whether it was seen once, and is not there any more on the newest release that was asked."""
        kinds = [each.kind for each in self.sightings(results) if each.kind is not SightingKind.NOT_ASKED]
        return SightingKind.SEEN in kinds and kinds[-1] is SightingKind.NOT_SEEN


def _short(result: CaseResult) -> str:
    """Name a case as ``deviations.toml`` does."""
    return result.case.partition("/")[2]


def parse_findings(text: str) -> list[CrioFinding]:
    """Read the ``[[finding]]`` tables of a ``findings.toml``, in their order.

    Raises ``ValueError`` for text that is none, and where two have one ``id``.
    """
    found = msgspec.convert(tomllib.loads(text).get("finding", []), list[CrioFinding])
    ids = [each.id for each in found]
    if twice := {each for each in ids if ids.count(each) > 1}:
        msg = f"two findings have the id {min(twice)}: give the later one the next that no entry has"
        raise ValueError(msg)
    return found


def load_findings(deviations: Iterable[Deviation]) -> list[KnownFinding]:
    """Read the suite's ``findings.toml``, and give each finding the deviations that name it; the gravest first.

    Raises ``ValueError`` where it is wrong, or a deviation names a finding that is not in it.
    """
    found = parse_findings((files("conformance.suite") / "findings.toml").read_text(encoding="utf-8"))
    showing: dict[int, list[Deviation]] = {each.id: [] for each in found}
    for each in deviations:
        if each.finding:
            if each.finding not in showing:
                msg = f"findings.toml has no finding {each.finding}, which {each.cases[0]} is said to show"
                raise ValueError(msg)
            showing[each.finding].append(each)
    ordered = sorted(found, key=lambda each: list(Severity).index(each.severity))
    return [KnownFinding(each, tuple(showing[each.id])) for each in ordered]


def by_weight(known: Iterable[KnownFinding], results: Sequence[ReleaseResults]) -> list[KnownFinding]:
    """Give those that have not been filed: the gravest first, and last those that the newest releases do not have."""
    return sorted((each for each in known if not each.finding.filed), key=lambda each: each.is_mended(results))


def numbers_by_reason(known: Iterable[KnownFinding]) -> Mapping[str, int]:
    """Give the numbers of findings by the reason that a case of theirs deviates for."""
    return {of.reason: each.finding.id for each in known for of in each.deviations}
