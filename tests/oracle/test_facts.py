"""Facts that oracles brought to light: in the model, and in the profiles of older programs."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model.answers import Answer, Login, NoResponse, RegistryRequest
from conformance.model.error_texts import TLS_TROUBLE, unanswered
from conformance.model.prediction import answer_steps
from conformance.model.profile import PODMAN_4_3, PODMAN_5_4, PROFILES, SKOPEO_1_9, SKOPEO_1_18, Profile
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, parse_normalized
from conformance.model.registries import InvalidRegistriesConfError
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.model.release import Release
from conformance.registry_hosts import Internet, loopback
from conformance.registry_hosts.host_answers import HostAnswers
from tests.model.known_answers import IMAGE, Known, puller

LOGIN = Login("reader", "secret")
ASK = RegistryRequest("one.example.com", "team/app", "latest")


def test_a_login_is_shown_to_who_asks_for_one_only() -> None:
    answers: dict[str, Answer] = {"quay.io": IMAGE}
    steps = puller("1.31.13").pull("quay.io/team/app", LOGIN)
    assert answer_steps(steps, Known(answers), lambda _host: False).attempts[0].users == ()
    steps = puller("1.31.13").pull("quay.io/team/app", LOGIN)
    assert answer_steps(steps, Known(answers)).attempts[0].users == ("reader",)


def test_hosts_with_a_token_service_ask_for_a_login() -> None:
    with Internet(loopback) as internet:
        internet.host("one.example.com")
        challenges = HostAnswers(internet).challenges
        names = ("docker.io", "Quay.io", "registry.k8s.io", "one.example.com", "nobody.example.com")
        assert [challenges(name) for name in names] == [True, True, False, False, False]


def test_a_host_is_on_record_in_small_letters() -> None:
    answers: dict[str, Answer] = {"One.example.com": IMAGE}
    found = answer_steps(puller("1.31.13").pull("One.example.com/team/app"), Known(answers))
    assert [attempt.host for attempt in found.attempts] == ["one.example.com"]


@pytest.mark.parametrize(("profile", "beginning"), [(PROFILES[-1], TLS_TROUBLE), (SKOPEO_1_9, "")])
def test_an_older_go_does_not_say_that_a_certificate_is_of_tls(profile: Profile, beginning: str) -> None:
    x509 = "x509: certificate signed by unknown authority"
    words = f"{TLS_TROUBLE}{x509}"
    answer = NoResponse(
        step="ping", url="https://one.example.com/v2/", words=words, reason=Reason.UNTRUSTED_CERTIFICATE
    )
    assert unanswered(ASK, "one.example.com/team/app", answer, profile) == (
        f'pinging container registry one.example.com: Get "https://one.example.com/v2/": {beginning}{x509}'
    )


def test_a_slash_at_the_end_of_a_mirrors_location_stayed_for_long(tmp_path: Path) -> None:
    conf = tmp_path / "registries.conf"
    conf.write_text('[[registry]]\nlocation = "one.example.com"\n[[registry.mirror]]\nlocation = "two.example.com/"\n')
    paths = RegistriesConfPaths(conf=str(conf), conf_dir="")
    registries, name = load_registries(paths), parse_normalized("one.example.com/app")
    assert [str(each.reference) for each in registries.sources(name)] == [
        "two.example.com/app",
        "one.example.com/app",
    ]
    with pytest.raises(InvalidReferenceError, match="rewriting reference: invalid reference format"):
        registries.sources(name, trims_mirrors=False)
    conf.write_text(conf.read_text().replace("two.", "https://two."))
    with pytest.raises(InvalidRegistriesConfError, match="URI schemes are not supported"):
        load_registries(paths)
    trimming = [each.since for each in PROFILES if each.trims_mirrors]
    assert min(map(Release, trimming)) == Release("1.33")
    assert not PODMAN_4_3.trims_mirrors


def test_the_two_programs_share_an_age() -> None:
    assert replace(PODMAN_4_3, since=SKOPEO_1_9.since) == SKOPEO_1_9
    assert replace(PODMAN_5_4, since=SKOPEO_1_18.since) == SKOPEO_1_18
