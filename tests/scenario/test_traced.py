"""A scenario made of what a node's files say and registries answered: played, it goes as it went there."""

import asyncio
import json
from pathlib import Path

import pytest

from conformance.explain.prober import Prober
from conformance.explain.pull_trace import PullTrace, trace_pull
from conformance.model.answers import Answer, HostAddress, RegistryRequest
from conformance.node_config.node_config import NodeConfig
from conformance.node_config.reader import ExplainOptions, read_node_config
from conformance.registry_hosts import Internet, loopback
from conformance.registry_hosts.internet import authority
from conformance.replay.replay import replay
from conformance.scenario.arrangement import arrange, auth_file
from conformance.scenario.calls import PullCall
from conformance.scenario.scenario import Scenario
from conformance.scenario.scenario_reader import parse_scenario, read_scenario
from conformance.scenario.traced import scenario_of_trace
from conformance.scenario.writer import as_toml
from conformance.targets.choice import choose_target

pytestmark = pytest.mark.usefixtures("own_tmpdir")

STORIES = Path(__file__).parents[2] / "docs" / "scenarios"
NAMES = ("8780", "packaging-301", "9639", "mirror-platform", "short-name-refused", "9728")
MORE = {
    "unknown host": '[[call]]\ndo = "pull"\nname = "nowhere.example.com/team/app"\n',
    "private, with a login": """\
[logins]
"quay.io" = "reader"

[[host]]
name = "quay.io"

[[host.repository]]
name = "team/app"
private_to = "reader"

[[call]]
do = "pull"
name = "quay.io/team/app"
""",
    "a refused token": """\
[[host]]
name = "one.example.com"

[[host.answer]]
to = "manifest"
status = 403
body = '{"errors": [{"code": "DENIED", "message": "not today"}]}'

[[call]]
do = "pull"
name = "one.example.com/team/app"
""",
}
SCENARIOS = {name: (STORIES / f"{name}.scenario.toml").read_text() for name in NAMES} | MORE


def traced(scenario: Scenario, folder: Path) -> tuple[NodeConfig, PullTrace]:
    """Ask hosts that hold what a scenario says, as a node with its files does."""
    (folder / "registries.conf").write_text(next((each.text for each in scenario.files), ""))
    (folder / "d").mkdir()
    (folder / "crio.conf").write_text("")
    (folder / "auth.json").write_text(auth_file(scenario))
    about = read_node_config(
        ExplainOptions(
            registries_conf=str(folder / "registries.conf"),
            registries_conf_dir=str(folder / "d"),
            crio_conf=(str(folder / "crio.conf"),),
            authfile=str(folder / "auth.json"),
            release="1.36",
            short_name_mode=scenario.crio.short_name_mode or None,
        )
    )

    async def trace() -> PullTrace:
        client = Prober(resolve=internet.bound_address, authority=authority().cert_pem.bytes())

        async def put(ask: RegistryRequest) -> Answer:
            return HostAddress(loopback=False) if ask.lookup else await client.send_request(ask)

        try:
            return await trace_pull(about.settings, scenario.requested_name, put)
        finally:
            await client.close()

    with Internet(loopback) as internet:
        arrange(internet, scenario)
        return about, asyncio.run(trace())


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_goes_as_it_went_there(name: str, tmp_path: Path) -> None:
    scenario = parse_scenario(SCENARIOS[name])
    about, trace = traced(scenario, tmp_path)
    text = as_toml(scenario_of_trace(scenario.requested_name, about, trace))
    for secret in json.loads(auth_file(scenario))["auths"].values():
        assert secret["auth"] not in text
    assert "reader" not in text
    made = parse_scenario(text)
    seen = [replay(each, choose_target("simulator:1.36")).results[0].observed for each in (_first_call(scenario), made)]
    for facts in seen:
        facts.pop("shown")  # by another user
    assert seen[0] == seen[1], text


def _first_call(scenario: Scenario) -> Scenario:
    first = scenario.pull
    return Scenario(
        crio=scenario.crio,
        logins=scenario.logins,
        files=scenario.files,
        hosts=scenario.hosts,
        calls=(PullCall(name=first.name, digest=first.digest),),
    )


def test_a_file_that_was_saved_can_be_read_again(tmp_path: Path) -> None:
    scenario = read_scenario(STORIES / "8780.scenario.toml")
    about, trace = traced(scenario, tmp_path)
    made = scenario_of_trace(scenario.requested_name, about, trace)
    assert made.title == "What CRI-O 1.36 makes of rhuss/caikit-flan-t5-small."
    assert [each.name for each in made.hosts] == ["docker.io", "quay.io"]
    assert parse_scenario(as_toml(made, "a comment")) == made
