"""Writing scenario files: short, and read again as the same."""

from conformance.scenario.calls import Expectation, PodCall, PullCall, ReloadCall, ScenarioFile, ScenarioVolume
from conformance.scenario.scenario import Reachability, Scenario, ScenarioAnswer, ScenarioHost, ScenarioRepository
from conformance.scenario.scenario_reader import parse_scenario
from conformance.scenario.writer import as_toml
from tests.scenario.broken_files import SOUND


def test_a_file_is_written_as_a_person_would() -> None:
    assert as_toml(parse_scenario(SOUND)).replace('"""', "'''") == SOUND.replace(
        'releases = ">=1.31"\nsucceeds = false', 'succeeds = false\nreleases = ">=1.31"'
    )


def test_all_that_can_be_said_is_read_as_it_was_written() -> None:
    repository = ScenarioRepository(
        name="team/files", files={"etc/motd": 'say "hello"\nand """more"""\n'}, tags=("v1", "v2"), altered=("layer",)
    )
    answer = ScenarioAnswer(to="token", status=503, phrase="Busy", headers={"Retry-After": "1"}, body="<html>")
    scenario = Scenario(
        hosts=(
            ScenarioHost(name="quay.io", fails=429, retry_after=1, token={"expires_in": 60}, answers=(answer,)),
            ScenarioHost(name="one.example.com", reached=Reachability.PLAIN_HTTP, repositories=(repository,)),
        ),
        calls=(
            PullCall(name="one.example.com/team/files:v1", expect=Expectation(shown={"quay.io": ("reader",)})),
            ReloadCall(files=(ScenarioFile(path="/etc/containers/registries.conf", text=""),)),
            PodCall(volumes=(ScenarioVolume(image="one.example.com/team/files:v1", at="/v", sub_path="etc"),)),
        ),
    )
    assert parse_scenario(as_toml(scenario, "a comment")) == scenario
    assert 'shown = { "quay.io" = ["reader"] }' in as_toml(scenario)
