"""What there is to say of a finding, wherever it is said: what was seen where, what should be, what shows it."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from conformance.catalogue.known_findings import KnownFinding, Sighting, SightingKind
from conformance.catalogue.markdown import code, seen_text
from conformance.catalogue.release_ranges import lines_text
from conformance.catalogue.release_results import ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour
from conformance.model.release import Release

MOST_CASES = 3


def seen_on(known: KnownFinding, results: Sequence[ReleaseResults]) -> str:
    """Name the release lines on which it was seen, or the OCI runtime with which, where that is not in results."""
    lines = [each.line for each in results]
    seen = [each.results.line for each in known.sightings(results) if each.kind is SightingKind.SEEN]
    others = dict.fromkeys(each.oci_runtime for each in known.deviations if each.oci_runtime)
    return lines_text(seen, lines) or ", ".join(others) or "none of these"


def seen_lines(known: KnownFinding, sightings: Iterable[Sighting]) -> Iterator[str]:
    """Give a list of what was seen: releases on which it is the same together, and a line for each kind of case.

    Where no release that has results shows it, what its deviations say is seen.
    """
    told: dict[tuple[str, ...], list[str]] = {}
    for sighting in sightings:
        if sighting.kind is SightingKind.SEEN:
            told.setdefault(tuple(_seen_in(sighting)), []).append(sighting.results.target)
    for each in () if told else known.deviations:
        place = f"CRI-O {each.releases}{f' with {each.oci_runtime}' if each.oci_runtime else ''}"
        told.setdefault((f"- {seen_text(each.seen)}",), []).append(place)
    for lines, targets in told.items():
        yield f"{_and(list(dict.fromkeys(targets)))}:"
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


def expected_lines(known: KnownFinding, behaviours: Iterable[StatedBehaviour]) -> list[str]:
    """Give the sentences of the behaviours that it departs from, each once, as a list."""
    names = {case.partition("[")[0] for of in known.deviations for case in of.cases}
    sentences = dict.fromkeys(each.sentence for each in behaviours if each.short_name in names)
    return [f"- {sentence}" for sentence in sentences]


def _release_in(range_: str, releases: Sequence[str]) -> str:
    """Give the newest release in a range, or the newest of all where none is."""
    return next((each for each in reversed(releases) if Release(each).within(range_)), releases[-1])


def case_command(known: KnownFinding, behaviours: Iterable[StatedBehaviour], sightings: Sequence[Sighting]) -> str:
    """Give the command that runs its first case, on the newest release on which it was seen."""
    seen = [each for each in sightings if each.kind is SightingKind.SEEN]
    if seen:
        case, release = seen[-1].cases[0].case, seen[-1].results.release
    else:
        name, bracket, parameters = known.deviations[0].cases[0].partition("[")
        case = f"{next(each.name for each in behaviours if each.short_name == name)}{bracket}{parameters}"
        release = _release_in(known.deviations[0].releases, [each.results.release for each in sightings])
    file, _, rest = case.partition("::")
    module = f"conformance.suite.{file.removesuffix('.py').replace('/', '.')}"
    more = ["--oci-runtime", known.deviations[0].oci_runtime] if known.deviations[0].oci_runtime else []
    return shlex.join(["pytest", "--runtime", release, *more, "--pyargs", f"{module}::{rest}"])
