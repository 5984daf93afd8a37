"""Faults put into the model are found: by the sound model as the oracle, and by skopeo and Podman where they are."""

import pytest

from conformance.oracle.discovery import find_oracle
from conformance.oracle.known_programs import OracleNotFoundError
from conformance.oracle.program_oracles import PodmanOracle
from conformance.oracle.search import DifferenceSearch
from tests.oracle.faulty_rules import SHORT_NAMES_ONLY, Hunt, Modelled, faulty

MOST, SAMPLE = 500, 400
COVERED = {
    "alias",
    "blocked",
    "connection refused",
    "denied",
    "digest",
    "drop-ins",
    "entry of registries.conf",
    "error",
    "fall-through",
    "image came",
    "image of an index",
    "insecure",
    "invalid registries.conf",
    "library/ of docker.io",
    "location that makes no name",
    "login refused",
    "login shown",
    "mirror asked",
    "mirror left out",
    "name refused",
    "no matching platform",
    "not found",
    "remapped",
    "search list",
    "several prefixes match",
    "the user's own files",
    "wildcard",
}
"""What at least one scenario in a hundred exercises."""

OFTEN = {
    "image came": 0.3,
    "error": 0.3,
    "mirror asked": 0.15,
    "remapped": 0.1,
    "search list": 0.1,
    "fall-through": 0.05,
    "drop-ins": 0.4,
}


RULES = PodmanOracle.lines["4.3"]


@pytest.fixture(scope="module")
def hunt() -> Hunt:
    """A look for all faults with Podman's rules, which are about short names, too."""
    with Modelled(RULES, PodmanOracle.adapted) as oracle:
        hunting = Hunt(oracle)
        assert hunting.run(MOST, 0).lines == ()
    return hunting


def test_every_fault_is_found_within_500_scenarios(hunt: Hunt) -> None:
    assert len(faulty(RULES)) >= 10
    assert list(hunt.left) == []


def test_the_ground_is_covered() -> None:
    with Modelled(RULES, PodmanOracle.adapted) as oracle:
        found = DifferenceSearch(oracle).run(SAMPLE, 0)
    assert (found.examples, found.lines) == (SAMPLE, ())
    assert {label for label in COVERED if found.exercised[label] < SAMPLE / 100} == set()
    assert {label for label, share in OFTEN.items() if found.exercised[label] < SAMPLE * share} == set()


@pytest.mark.usefixtures("namespaces", "own_tmpdir")
@pytest.mark.parametrize(("program", "hidden"), [("skopeo", SHORT_NAMES_ONLY), ("podman", set())])
def test_a_program_finds_faults(program: str, hidden: set[str]) -> None:
    """Ten faults at least are found in the first 60 scenarios; none is that a program cannot show."""
    try:
        found = find_oracle(program)
    except OracleNotFoundError as error:
        pytest.skip(str(error))
    with found.start() as oracle:
        hunting = Hunt(oracle)
        assert hunting.run(60, 0).lines == ()
    assert len(hunting.first) >= 10
    assert not hunting.first.keys() & hidden
