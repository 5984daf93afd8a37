"""What there is to say of a finding, wherever it is said: what was seen where, what should be, what shows it."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from conformance.catalogue.findings import KnownFinding, Sighting, SightingKind
from conformance.catalogue.markdown import code, seen_text
from conformance.catalogue.release_ranges import lines_text
from conformance.catalogue.release_results import ReleaseResults
from conformance.catalogue.suite_source import Behaviour
from conformance.model.release import Release

MOST_CASES = 3


def seen_on(known: KnownFinding, results: Sequence[ReleaseResults]) -> str:
    """Name the release lines on which it was seen; where there is none, say why."""
    lines = [each.line for each in results]
    seen = [each.results.line for each in known.sightings(results) if each.kind is SightingKind.SEEN]
    if seen:
        return lines_text(seen, lines)
    other = next((each.oci_runtime for each in known.deviations if each.oci_runtime), "")
    return f"with {other} only" if other else "none"


def seen_lines(sightings: Iterable[Sighting]) -> Iterator[str]:
    """Give a list of what was seen: releases on which it is the same together, and a line for each kind of case."""
    told: dict[tuple[str, ...], list[str]] = {}
    for each in sightings:
        if each.kind is SightingKind.SEEN:
            told.setdefault(tuple(_seen_in(each)), []).append(each.results.target)
    for lines, targets in told.items():
        yield f"{_and(targets)}:"
        yield ""
        yield from lines
        yield ""


def _seen_in(sighting: Sighting) -> Iterator[str]:
    """Give a line for each thing that was seen, with the cases that saw it."""
    found: dict[str, list[str]] = {}
    for each in sighting.cases:
        found.setdefault(seen_text(each.seen), []).append(each.case.partition("::")[2])
    for seen, cases in found.items():
        more = f" and {len(cases) - MOST_CASES} more" if len(cases) > MOST_CASES else ""
        yield f"- {seen}, in {', '.join(map(code, cases[:MOST_CASES]))}{more}"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def expected_lines(known: KnownFinding, behaviours: Iterable[Behaviour]) -> list[str]:
    """Give the sentences of the behaviours that it departs from, each once, as a list."""
    found = [each for each in behaviours if any(_is_of(each, case) for of in known.deviations for case in of.cases)]
    return [f"- {sentence}" for sentence in dict.fromkeys(each.sentence for each in found)]


def _is_of(behaviour: Behaviour, case: str) -> bool:
    return behaviour.short_name == case.partition("[")[0]


def case_command(known: KnownFinding, behaviours: Iterable[Behaviour], sightings: Sequence[Sighting]) -> str:
    """Give the command that runs its first case, on the newest release on which it was seen."""
    seen = [each for each in sightings if each.kind is SightingKind.SEEN]
    if seen:
        case, release = seen[-1].cases[0].case, seen[-1].results.release
    else:
        name, bracket, parameters = known.deviations[0].cases[0].partition("[")
        path = next(each.name for each in behaviours if each.short_name == name)
        case, release = f"{path}{bracket}{parameters}", str(max(Release(each.results.release) for each in sightings))
    file, _, rest = case.partition("::")
    module = f"conformance.suite.{file.removesuffix('.py').replace('/', '.')}"
    more = ["--oci-runtime", known.deviations[0].oci_runtime] if known.deviations[0].oci_runtime else []
    return shlex.join(["pytest", "--runtime", release, *more, "--pyargs", f"{module}::{rest}"])
