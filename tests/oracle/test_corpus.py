"""Scenarios as files: what is written is read again as it was, and those that are kept can be tried."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from conformance.evidence.comparison import PullResult
from conformance.model.prediction import HostRequests
from conformance.oracle.case import as_case
from conformance.oracle.corpus import add_to_corpus, as_toml, from_toml, load_corpus
from conformance.oracle.generator import scenarios
from conformance.scenario.scenario import (
    ContentKind,
    Reachability,
    RegistriesFile,
    Scenario,
    ScenarioHost,
    ScenarioRepository,
    build_content,
    scenario_digest,
)


@given(scenarios())
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
def test_a_scenario_is_read_as_it_was_written(scenario: Scenario) -> None:
    assert from_toml(as_toml(scenario, "a comment")) == scenario


def test_those_that_are_kept_are_read() -> None:
    found = dict(load_corpus())
    assert len(found) >= 5
    assert all(scenario.name for scenario in found.values())


def test_a_difference_is_kept_with_what_it_was(tmp_path: Path) -> None:
    scenario = Scenario(
        name="team/app", files=(RegistriesFile("/etc/containers/registries.conf", search=("quay.io",)),)
    )
    path = add_to_corpus(scenario, "CRI-O 1.36.3", ("error:", "    the model:  errors:\na\n"), tmp_path)
    text = path.read_text()
    assert path.name.startswith("cri-o-1.36.3-")
    assert text.startswith("# Found with CRI-O 1.36.3:\n# error:\n#     the model:  errors:\n# a\n")
    assert from_toml(text) == scenario


def test_a_digest_is_that_of_what_is_meant() -> None:
    index = build_content(ContentKind.INDEX, 1)
    assert scenario_digest("index 1") == index.digest
    assert scenario_digest("image of index 1") in {manifest.digest for manifest in index.manifests()} - {index.digest}
    assert scenario_digest("unknown") == "sha256:" + "0" * 64


def test_a_case_about_a_scenario_says_what_the_model_predicts() -> None:
    hosts = (
        ScenarioHost(
            "one.example.com",
            (ScenarioRepository("team/app", ContentKind.INDEX, 1, ("latest",), "reader"),),
            Reachability.PLAIN_HTTP,
            503,
        ),
        ScenarioHost("two.example.com", spoken=Reachability.REFUSED),
        ScenarioHost("three.example.com", spoken=Reachability.UNKNOWN_HOST),
    )
    files = (RegistriesFile("/etc/containers/registries.conf", search=("one.example.com",)),)
    scenario = Scenario(name="team/app", files=files, hosts=hosts, login="reader", mode="")
    text = as_case(
        scenario, PullResult((HostRequests("one.example.com", ("team/app:latest",)),), error='a "quoted" error')
    )
    compile(text, "case", "exec")
    for part in (
        'host = internet.plain_http("one.example.com")',
        "host.fail(503)",
        "host.store(\"team/app\", build_content(ContentKind.INDEX, 1), ['latest'])",
        'repository.logins["reader"] = "secret"',
        'internet.refuse("two.example.com")',
        'pull = runtime.pull(\'team/app\', Login("reader", "secret"))',
        "assert pull.asked == ['one.example.com']",
        "assert pull.repositories == ['one.example.com/team/app']",
        "assert pull.error.message == 'a \"quoted\" error'",
        "short_name_mode=None",
    ):
        assert part in text
    assert "three.example.com" not in text
