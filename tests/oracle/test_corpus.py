"""Scenarios as files: what is written is read again as it was, and those that are kept can be tried."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from conformance.oracle.case import as_case
from conformance.oracle.comparison import Told, Visit
from conformance.oracle.corpus import as_toml, from_toml, keep, kept
from conformance.oracle.generator import scenarios
from conformance.scenario.scenario import File, Host, Kind, Repository, Scenario, Spoken, content, digest_of


@given(scenarios())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_scenario_is_read_as_it_was_written(scenario: Scenario) -> None:
    assert from_toml(as_toml(scenario, "a comment")) == scenario


def test_those_that_are_kept_are_read() -> None:
    found = dict(kept())
    assert len(found) >= 5
    assert all(scenario.name for scenario in found.values())


def test_a_difference_is_kept_with_what_it_was(tmp_path: Path) -> None:
    scenario = Scenario(name="team/app", files=(File("/etc/containers/registries.conf", search=("quay.io",)),))
    path = keep(scenario, "CRI-O 1.36.3", ("error:", "    the model:  errors:\na\n"), tmp_path)
    text = path.read_text()
    assert path.name.startswith("cri-o-1.36.3-")
    assert text.startswith("# Found with CRI-O 1.36.3:\n# error:\n#     the model:  errors:\n# a\n")
    assert from_toml(text) == scenario


def test_a_digest_is_that_of_what_is_meant() -> None:
    index = content(Kind.INDEX, 1)
    assert digest_of("index 1") == index.digest
    assert digest_of("image of index 1") in {manifest.digest for manifest in index.manifests()} - {index.digest}
    assert digest_of("unknown") == "sha256:" + "0" * 64


def test_a_case_about_a_scenario_says_what_the_model_predicts() -> None:
    hosts = (
        Host(
            "one.example.com", (Repository("team/app", Kind.INDEX, 1, ("latest",), "reader"),), Spoken.PLAIN_HTTP, 503
        ),
        Host("two.example.com", spoken=Spoken.REFUSED),
        Host("three.example.com", spoken=Spoken.NOBODY),
    )
    files = (File("/etc/containers/registries.conf", search=("one.example.com",)),)
    scenario = Scenario(name="team/app", files=files, hosts=hosts, login="reader", mode="")
    text = as_case(scenario, Told((Visit("one.example.com", ("team/app:latest",)),), error='a "quoted" error'))
    compile(text, "case", "exec")
    for part in (
        'host = internet.plain_http("one.example.com")',
        "host.fail(503)",
        "host.store(\"team/app\", content(Kind.INDEX, 1), ['latest'])",
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
