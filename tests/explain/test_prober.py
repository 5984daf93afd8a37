"""What the prober makes of registries' answers, whom it asks, and to whom it shows a login."""

from base64 import b64encode
from pathlib import Path

import pytest

from conformance.explain import prober
from conformance.explain.prober import Prober
from conformance.model.answers import Login
from conformance.registry_client.requests import RegistrySession
from conformance.registry_hosts import Internet, RegistryHost
from tests.explain.explained import BOTH, MIRRORS
from tests.explain.probe import Probe

NO_LIST = "unqualified-search-registries = []\n"


def auth(login: Login) -> dict[str, str]:
    return {"auth": b64encode(f"{login.user}:{login.password}".encode()).decode()}


# What else registries answer


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("quay.io", "quay.io answers unauthorized (HTTP 401), and that is what you will be told."),
        ("docker.io", "docker.io answers denied (HTTP 401), and"),
        ("ghcr.io", "ghcr.io answers denied (HTTP 403), and"),
        ("registry.k8s.io", "registry.k8s.io does not have it (HTTP 404), and"),
        ("nowhere.example", "nowhere.example is a host name that nobody knows here, and"),
    ],
)
def test_what_is_missing(probe: Probe, host: str, sentence: str) -> None:
    told = probe(f"{host}/no/such", NO_LIST)
    assert told.says(sentence)
    assert told.explanation.exit_code == 1


def test_a_tag_that_is_missing(probe: Probe, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app")
    assert probe("quay.io/team/app:no").says("quay.io does not have it (HTTP 404), and")


def test_nobody_listens(probe: Probe, internet: Internet) -> None:
    told = probe(f"{internet.refuse('closed.example')}/a/b")
    assert told.says("closed.example cannot be reached, and that is what you will be told. In CRI-O's words: pinging")
    assert told.says("connection refused")
    assert told.explanation.end.error.startswith("RegistryUnavailable: ")


def test_a_certificate_that_nobody_trusts(probe: Probe, internet: Internet) -> None:
    internet.untrusted("self.example").offer("a/b")
    told = probe("self.example/a/b")
    assert told.says("self.example shows a certificate that is not trusted here, and")
    assert told.says("What /etc/containers/certs.d has for self.example counts for CRI-O, and was not used here.")
    conf = '[[registry]]\nlocation = "self.example"\ninsecure = true\n'
    assert probe("self.example/a/b", conf).explanation.exit_code == 0


def test_plain_http_is_only_taken_of_an_insecure_registry(probe: Probe, internet: Internet) -> None:
    internet.plain_http("plain.example:5000").offer("a/b")
    told = probe("plain.example:5000/a/b")
    assert told.says("plain.example:5000 speaks plain HTTP, which CRI-O takes of an insecure registry only, and")
    assert told.explanation.exit_code == 1
    conf = '[[registry]]\nlocation = "plain.example:5000"\ninsecure = true\n'
    assert probe("plain.example:5000/a/b", conf).explanation.exit_code == 0


def test_too_many_requests_are_not_repeated(probe: Probe, docker_io: RegistryHost) -> None:
    docker_io.fail(429)
    told = probe("docker.io/a/b")
    assert told.says("docker.io says that there were too many requests (HTTP 429), and")
    assert probe.manifests == ["docker.io"]


def test_an_error_of_the_registry(probe: Probe, quay_io: RegistryHost) -> None:
    quay_io.fail(503)
    assert probe("quay.io/a/b").says("quay.io does not answer as a registry does (HTTP 503), and")


def test_an_index_whose_image_is_lost(probe: Probe, quay_io: RegistryHost) -> None:
    index = quay_io.offer("team/app", platforms=["linux/amd64"])
    quay_io.lose(next(each.digest for each in index.manifests() if each.digest != index.digest))
    told = probe("quay.io/team/app")
    assert told.says("quay.io has it, but CRI-O cannot use it, and that is what you will be told. In CRI-O's words: ")


def test_a_registry_that_does_not_answer(probe: Probe, monkeypatch: pytest.MonkeyPatch, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app")
    monkeypatch.setattr(prober, "SECONDS", 0.0)
    assert probe("quay.io/team/app").says("no answer within 0 s")


def test_this_machine_needs_no_certificate_up_to_1_34(probe: Probe, internet: Internet) -> None:
    internet.untrusted("self.example").offer("a/b")
    probe.local = True
    told = probe("self.example/a/b", release="1.34")
    assert told.says("Any certificate will do there, and plain HTTP (insecure, since it is on this machine).")
    assert told.explanation.exit_code == 0
    assert probe("self.example/a/b", release="1.35").explanation.exit_code == 1


# Mirrors


def test_mirrors_are_asked_until_one_has_it(probe: Probe, internet: Internet, quay_io: RegistryHost) -> None:
    internet.host("tags.example").offer("quay/team/app", platforms=["linux/amd64"])
    quay_io.offer("team/app")
    told = probe("quay.io/team/app:latest", MIRRORS)
    assert probe.manifests == ["tags.example"] * 2
    assert probe.lookups[:1] == ["mirror.example"]
    assert told.says("mirror.example is a host name that nobody knows here: CRI-O tries the next place.")
    assert told.says("tags.example has it, for linux/amd64: CRI-O pulls it from there.")
    assert told.explanation.candidates[0].places[-1].found is None


def test_a_mirror_without_this_platform_is_the_end_of_it(
    probe: Probe, internet: Internet, quay_io: RegistryHost
) -> None:
    internet.host("tags.example").offer("quay/team/app", platforms=["linux/arm64"])
    quay_io.offer("team/app")
    told = probe("quay.io/team/app:latest", MIRRORS)
    assert told.says("tags.example has it, for linux/arm64 only, and this node is linux/amd64, and that is what you")
    assert "quay.io" not in probe.manifests


def test_all_places_are_told_when_none_has_it(probe: Probe, internet: Internet) -> None:
    internet.host("tags.example")
    told = probe("quay.io/team/app:latest", MIRRORS)
    assert probe.manifests == ["tags.example", "quay.io"]
    assert told.says("tags.example does not have it (HTTP 404): CRI-O tries the next place.")
    assert told.says("quay.io answers unauthorized (HTTP 401), and that is what you will be told.")
    assert told.says("(Mirrors also failed: [mirror.example/quay/team/app:latest: ")


def test_what_is_blocked_is_not_asked(probe: Probe, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    docker_io.offer("team/app")
    quay_io.offer("team/app")
    told = probe("team/app", BOTH + '[[registry]]\nlocation = "docker.io"\nblocked = true\n', mode="disabled")
    assert probe.manifests == ["quay.io"]
    assert told.says("It is not asked: registry docker.io is blocked in")
    assert told.explanation.exit_code == 0


# Logins


def test_a_login_is_shown_to_its_host_alone(probe: Probe, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app")
    login = quay_io.require_login("team/app")
    told = probe("team/app", mode="disabled", auths={"quay.io": auth(login)})
    assert set(probe.manifests) == {"docker.io", "quay.io"}
    assert probe.shown == {("quay.io", "robot")}
    assert told.explanation.exit_code == 0
    assert told.explanation.candidates[1].places[0].found is not None
    assert told.explanation.candidates[1].places[0].found.user == "robot"
    assert login.password not in told.text + told.explanation.as_json() + repr(told.explanation)


def test_a_mirror_is_not_shown_its_registrys_login(probe: Probe, internet: Internet, quay_io: RegistryHost) -> None:
    internet.host("tags.example")
    quay_io.offer("team/app")
    login = quay_io.require_login("team/app")
    assert probe("quay.io/team/app", MIRRORS, auths={"quay.io": auth(login)}).explanation.exit_code == 0
    assert probe.shown == {("quay.io", "robot")}


def test_a_wrong_login_is_told(probe: Probe, quay_io: RegistryHost) -> None:
    quay_io.require_login("team/app")
    told = probe("quay.io/team/app", auths={"quay.io": auth(Login("robot", "wrong"))})
    assert told.says("quay.io refuses the login of robot (HTTP 401), and")
    assert "private image" not in told.text


def test_a_login_that_opens_something_else_is_told(probe: Probe, quay_io: RegistryHost) -> None:
    login = quay_io.require_login("team/other")
    quay_io.origin.repository("team/app").logins["owner"] = "secret"
    told = probe("quay.io/team/app", auths={"quay.io": auth(login)})
    assert told.says("quay.io answers unauthorized to robot (HTTP 401), and")
    assert "private image" not in told.text


def test_a_credential_helper_is_not_run_and_told(probe: Probe, quay_io: RegistryHost) -> None:
    quay_io.require_login("team/app")
    told = probe("quay.io/team/app", helpers={"quay.io": "secretservice"})
    assert told.says("CRI-O has the credential helper secretservice for it, which is not used here")
    assert probe.shown == set()


def test_an_entry_that_cannot_be_read_fails_the_pull(probe: Probe) -> None:
    told = probe("quay.io/team/app", auths={"quay.io": {"auth": "%"}})
    assert told.says("illegal base64 data")


def test_errors_name_the_name_server(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    assert prober.name_server(file) == ""
    for line, named in (("nameserver 10.0.0.1", "10.0.0.1:53"), ("nameserver fd00::1", "[fd00::1]:53"), ("x y", "")):
        file.write_text(f"search example.com\n{line}\nnameserver 10.0.0.2\n" if named else line)
        assert prober.name_server(file) == named


@pytest.mark.parametrize(
    ("base", "realm", "may"),
    [
        ("https://quay.io", "https://auth.example/token", True),
        ("https://quay.io", "http://auth.example/token", False),
        ("http://plain.example.com", "http://auth.example/token", True),
    ],
)
def test_no_registry_behind_tls_has_a_login_sent_in_the_clear(base: str, realm: str, may: bool) -> None:
    session = RegistrySession(base, (), "repository:a:pull", Login("robot", "x"), insecure=False)
    assert Prober().may_send_login(session, realm) is may
