"""Scenarios that are kept: what is written is read again as it was, and those that are there can be tried."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from conformance.oracle.corpus import add_to_corpus, load_corpus
from conformance.oracle.generated_files import RegistriesFile
from conformance.oracle.generator import scenarios
from conformance.scenario.calls import PullCall
from conformance.scenario.scenario import Scenario
from conformance.scenario.scenario_reader import parse_scenario
from conformance.scenario.writer import as_toml


@given(scenarios())
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
def test_a_scenario_that_is_made_up_is_read_as_it_was_written(scenario: Scenario) -> None:
    assert parse_scenario(as_toml(scenario, "a comment")) == scenario


def test_those_that_are_kept_are_read() -> None:
    found = dict(load_corpus())
    assert len(found) >= 10
    assert all(scenario.requested_name for scenario in found.values())


def test_a_difference_is_kept_with_what_it_was(tmp_path: Path) -> None:
    file = RegistriesFile("/etc/containers/registries.conf", search=("quay.io",)).as_file
    scenario = Scenario(files=(file,), calls=(PullCall(name="team/app"),))
    path = add_to_corpus(scenario, "CRI-O 1.36.3", ("error:", "    the model:  errors:\na\n"), tmp_path)
    text = path.read_text()
    assert path.name.startswith("cri-o-1.36.3-")
    assert text.startswith("# Found with CRI-O 1.36.3:\n# error:\n#     the model:  errors:\n# a\n")
    assert parse_scenario(text) == scenario
