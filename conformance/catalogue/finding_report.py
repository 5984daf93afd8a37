"""A finding in the fields of CRI-O's form for a bug, ready to be filed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.catalogue.finding_text import case_command, expected_lines, seen_lines
from conformance.catalogue.known_findings import KnownFinding, Sighting, SightingKind
from conformance.catalogue.markdown import table
from conformance.catalogue.release_results import ReleaseResults
from conformance.catalogue.suite_source import StatedBehaviour
from conformance.replay.bug_form import BugForm, code_block
from conformance.replay.reproduction import reproduction
from conformance.scenario.scenario_reader import read_scenario

_TELLERS = {"[sync]": "what a kubelet does, done by crio-conformance", "[kubelet]": "a kubelet, with static pods"}
"""Who had the pods of a case, by its parameter."""

NO_KUBERNETES = "no Kubernetes: the calls are made on CRI-O's socket"
NOT_KEPT = "of where this was seen no results are kept"
_IN_WORDS = {
    SightingKind.SEEN: "it is so",
    SightingKind.NOT_SEEN: "it is not so",
    SightingKind.NOT_ASKED: "not looked for",
}


def finding_report(
    known: KnownFinding, behaviours: Sequence[StatedBehaviour], results: Sequence[ReleaseResults], scenarios: Path
) -> str:
    """Write the body of the report; ``scenarios`` is the folder with the scenario files.

    Raises ``ScenarioError`` where that of the finding cannot be read.
    """
    sightings = known.sightings(results)
    seen = [each for each in sightings if each.kind is SightingKind.SEEN]
    form = BugForm(
        happened=_happened(known, sightings),
        expected=expected_lines(known, behaviours),
        reproduced=_reproduced(known, behaviours, sightings, scenarios),
        more=_more(known),
        versions=_versions(seen),
        system=code_block("\n".join(dict.fromkeys(each.results.kernel for each in seen)) or NOT_KEPT),
        environment=_environment(seen),
    )
    title = f"<!-- For {known.finding.project}, under the title: {known.finding.title} -->"
    return "\n".join([title, "", *form.lines()]).rstrip("\n") + "\n"


def _happened(known: KnownFinding, sightings: Sequence[Sighting]) -> Iterator[str]:
    yield f"{known.finding.title}."
    yield ""
    yield from known.finding.matters.strip().splitlines()
    yield ""
    yield from table(["", ""], ([_where(each.results), _IN_WORDS[each.kind]] for each in sightings))
    yield from seen_lines(known, sightings)


def _where(results: ReleaseResults) -> str:
    return f"{results.target}, {results.oci_runtime}"


def _reproduced(
    known: KnownFinding, behaviours: Sequence[StatedBehaviour], sightings: Sequence[Sighting], scenarios: Path
) -> Iterator[str]:
    if known.finding.scenario:
        file = f"{known.finding.scenario}.scenario.toml"
        scenario = read_scenario(scenarios / file)
        command = f"crio-conformance scenario run {file} {' '.join(f'--runtime {each}' for each in scenario.seen_on)}"
        yield from reproduction(scenario, file, command)
        return
    yield "With crio-conformance, as root on any Linux machine, without any registry:"
    yield ""
    yield from code_block(case_command(known, behaviours, sightings), "console")


def _more(known: KnownFinding) -> Iterator[str]:
    if known.finding.source:
        yield f"Where it seems to come from: {known.finding.source}."
        yield ""
    yield f"Found by the suite of crio-conformance, whose finding {known.finding.id} this is."


def _versions(seen: Sequence[Sighting]) -> Iterator[str]:
    lines = [f"{_where(each.results)}, conmon {each.results.conmon}" for each in seen] or [NOT_KEPT]
    cases = [case.case for each in seen for case in each.cases]
    tellers = [who for parameter, who in _TELLERS.items() if any(case.endswith(parameter) for case in cases)]
    yield from code_block("\n".join([*lines, *(tellers or [NO_KUBERNETES])]))


def _environment(seen: Sequence[Sighting]) -> Iterator[str]:
    yield "Each CRI-O ran in a network namespace of its own, with registry hosts made for it under their real names."
    for name, values in (
        ("cgroup", [each.results.cgroup for each in seen]),
        ("storage-driver", [each.results.storage_driver for each in seen]),
        ("crio-conformance", [each.results.version for each in seen]),
    ):
        if values:
            yield f"- {name}: {', '.join(dict.fromkeys(values))}"
