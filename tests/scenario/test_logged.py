"""Scenarios made of what CRI-O logged: played, they go as it went there, or say what the log does not."""

import pytest

from conformance.evidence.log import LogLine
from conformance.model.registries import Registries
from conformance.replay.replay import replay
from conformance.scenario.calls import PullCall
from conformance.scenario.linter import lint
from conformance.scenario.logged import scenario_of_log
from conformance.scenario.pull_log import PullLog, read_pull_log
from conformance.scenario.scenario import Scenario
from conformance.scenario.scenario_reader import parse_scenario
from conformance.scenario.writer import as_toml
from conformance.targets.choice import choose_target

pytestmark = pytest.mark.usefixtures("own_tmpdir")

UNAUTHORIZED = "unauthorized: access to the requested resource is not authorized"
NO_PLATFORM = 'no image found in image index for architecture "arm64", variant "v8", OS "linux"'
PREFIX = "unable to pull image or OCI artifact: pull image err: "
REGISTRIES_NOT_GIVEN = "registries.conf was not given"


def trying(name: str) -> str:
    return f'Trying to access "{name}"'


def failed(name: str, error: str) -> str:
    return f'Accessing "{name}" failed: reading manifest latest in {name.rpartition(":")[0]}: {error}'


def told(*messages: str) -> PullLog:
    return read_pull_log(LogLine(message, "debug") for message in messages)


def written(log: PullLog, registries: Registries | None = None) -> tuple[Scenario, list[str]]:
    """Give the scenario as a file has it, with what it says that the log does not say."""
    scenario, unsaid = scenario_of_log(log, registries)
    text = as_toml(scenario)
    assert lint(parse_scenario(text), text, "it") == []
    return parse_scenario(text), unsaid


def played(scenario: Scenario) -> tuple[str, ...]:
    """Give what goes otherwise than the file expects."""
    judgement = replay(scenario, choose_target("simulator:1.36")).judgement
    assert judgement.as_expected == (not judgement.lines)
    return judgement.lines


EIGHTY_SEVEN_EIGHTY = (
    "Starting CRI-O, version: 1.36.3, git: 1(clean)",
    'Current CRI-O configuration:\n[crio]\n[crio.image]\nshort_name_mode = "disabled"\n',
    "Pulling image: team/app",
    trying("docker.io/team/app:latest"),
    (
        f"Error pulling image docker.io/team/app:latest: {PREFIX}choosing an image from manifest list"
        f" docker://team/app:latest: {NO_PLATFORM}; artifact err: reference is a container image"
    ),
    trying("quay.io/team/app:latest"),
    failed("quay.io/team/app:latest", UNAUTHORIZED),
    (
        f"Response error: {PREFIX}initializing source docker://quay.io/team/app:latest: reading manifest latest in"
        f" quay.io/team/app: {UNAUTHORIZED}; artifact err: it"
    ),
)


def test_the_story_of_8780_is_told_again() -> None:
    scenario, unsaid = written(told(*EIGHTY_SEVEN_EIGHTY))
    assert scenario.title == "What CRI-O 1.36.3 logged of team/app."
    assert scenario.crio.short_name_mode == "disabled"
    assert [host.name for host in scenario.hosts] == ["docker.io", "quay.io"]
    (call,) = scenario.calls
    assert isinstance(call, PullCall)
    assert call.expect is not None
    assert call.expect.stated() == {
        "succeeds": False,
        "asked": ("docker.io", "quay.io"),
        "reasons": {"quay.io": "unauthorized"},
    }
    assert [each.split(" (")[0] for each in unsaid] == [REGISTRIES_NOT_GIVEN]
    assert played(scenario) == ()


@pytest.mark.parametrize("host", ["docker.io", "quay.io", "one.example.com"])
@pytest.mark.parametrize(
    "error",
    [
        "manifest unknown",
        "toomanyrequests: you have reached your pull rate limit",
        "received unexpected HTTP status: 503 Service Unavailable",
        "requested access to the resource is denied",
        UNAUTHORIZED,
        "dial tcp: lookup it: no such host",
        "dial tcp 192.0.2.1:443: connect: connection refused",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "http: server gave HTTP response to HTTPS client",
        NO_PLATFORM,
        "invalid character 'w' looking for beginning of value",
    ],
)
def test_a_refusal_is_played_as_a_refusal(host: str, error: str) -> None:
    name = f"{host}/team/app"
    scenario, _ = written(told(f"Pulling image: {name}", trying(f"{name}:latest"), failed(f"{name}:latest", error)))
    assert played(scenario) == ()


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("reading blob sha256:1: fetching blob: blob unknown to registry", "lost"),
        ("writing blob: Digest did not match, expected sha256:1, got sha256:2", "altered"),
    ],
)
def test_a_fault_of_a_layer_is_one_of_a_layer(error: str, key: str) -> None:
    name = "quay.io/team/app:1"
    message = f"Response error: {PREFIX}copying system image from manifest list: {error}; artifact err: it"
    scenario, _ = written(told(f"Pulling image: {name}", trying(name), message))
    assert getattr(scenario.hosts[0].repositories[0], key) == ("layer",)
    assert played(scenario) == ()


def test_what_was_had_is_had_again_by_its_digest_too() -> None:
    name = f"quay.io/team/app@sha256:{'1' * 64}"
    scenario, unsaid = written(told(f"Pulling image: {name}", trying(name), "Pulled image: 1"), Registries())
    assert unsaid == []
    assert played(scenario) == ()


def test_an_artifact_is_had_as_one() -> None:
    name = "quay.io/team/model:1"
    error = 'unsupported image-specific operation on artifact with type "a"'
    fallback = f"Falling back to pull {name} as an OCI artifact: {error}"
    scenario, _ = written(told(f"Pulling image: {name}", trying(name), fallback, trying(name), "Pulled image: 1"))
    assert scenario.hosts[0].repositories[0].artifact
    assert played(scenario) == ()


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([trying("quay.io/a/b:latest")], "The log does not say how quay.io/a/b:latest went"),
        (
            [failed("quay.io/a/b:latest", "a riddle")],
            "Why quay.io/a/b:latest was not had is not clear, and this file has",
        ),
        (
            [trying("quay.io/a/b:latest"), failed("quay.io/a/b:latest", UNAUTHORIZED), "Pulled image: 1"],
            "quay.io/a/b:latest was had once, and once was not (unauthorized)",
        ),
        ([failed("quay.io/a/b:latest", "dial tcp: connection refused")], "quay.io could not be reached as it should"),
        (
            [failed("quay.io/a/b:latest", "invalid username/password")],
            "The login that quay.io refused is not in",
        ),
        (
            ['Accessing "quay.io/a/b:latest" failed: registry quay.io/a is blocked in /etc/containers/registries.conf'],
            "quay.io/a/b:latest was refused by a file that this one lacks (blocked)",
        ),
    ],
)
def test_what_the_log_does_not_say_is_said(messages: list[str], says: str) -> None:
    _, unsaid = written(told("Pulling image: quay.io/a/b", *messages), Registries())
    assert len(unsaid) == 1
    assert unsaid[0].startswith(says)


def test_a_name_that_is_refused_is_refused_again() -> None:
    error = "short name mode is enforcing, but image name team/app:latest returns ambiguous list"
    messages = ("Pulling image: quay.io/team/one", "Pulling image: team/app", f"Response error: {error}")
    scenario, unsaid = written(told(*messages), Registries(search=("docker.io", "quay.io")))
    assert unsaid == []
    assert [each.name for each in scenario.calls if isinstance(each, PullCall)] == ["quay.io/team/one", "team/app"]
    assert played(scenario) == ()


def test_an_alias_is_one_again() -> None:
    resolved = 'Resolved "two/parts" as an alias (/etc/containers/registries.conf)'
    tried = trying("ghcr.io/team/parts:latest"), failed("ghcr.io/team/parts:latest", "denied: requested access")
    scenario, unsaid = written(told("Pulling image: two/parts", resolved, *tried))
    assert 'two/parts" = "ghcr.io/team/parts"' in scenario.files[0].text
    assert [each.split(" (")[0] for each in unsaid] == [REGISTRIES_NOT_GIVEN]
    assert played(scenario) == ()


def test_where_nothing_leads_is_told_and_is_no_reproduction() -> None:
    log = told("Pulling image: away.example.com/app", trying("quay.io/away/app:latest"), "Pulled image: 1")
    scenario, unsaid = scenario_of_log(log, Registries())
    assert unsaid[0].startswith("quay.io/away/app:latest was tried, and nothing in this file leads there: ")
    assert played(scenario)


def test_one_that_was_had_once_and_once_was_not_is_not_judged() -> None:
    name = "quay.io/a/b:latest"
    scenario, _ = written(
        told("Pulling image: quay.io/a/b", trying(name), failed(name, UNAUTHORIZED), "Pulled image: 1")
    )
    (call,) = scenario.calls
    assert call.expect is not None
    assert call.expect.succeeds is None
