"""What an internet is said to answer is what it answers: every question is also put over HTTP."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from conformance.images.builder import Format, Image, Index
from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    HostAddress,
    Manifest,
    NoResponse,
    RegistryRequest,
    UnusableResponse,
)
from conformance.model.prediction import request_count
from conformance.model.reason import Reason
from conformance.registry_client import PullClient
from conformance.registry_hosts import Exchange, Internet, Login, RegistryHost, RequestKind, loopback
from conformance.registry_hosts.host_answers import HostAnswers
from conformance.registry_hosts.internet import authority

HOSTS = ("docker.io", "quay.io", "ghcr.io", "registry.k8s.io", "plain.example.com", "plain.example.com:5000")
NAME = "rhuss/app"
FIVES = "sha256:" + "5" * 64
Check = Callable[..., Answer]


@pytest.fixture(scope="module")
def web() -> Iterator[Internet]:
    with Internet(loopback) as internet:
        yield internet


@pytest.fixture
def internet(web: Internet) -> Iterator[Internet]:
    yield web
    web.clear()


@pytest.fixture(scope="module")
def over_http(web: Internet) -> Iterator[Callable[[RegistryRequest], Answer]]:
    """Ask over HTTP."""

    async def at_once(_seconds: float) -> None:
        return None

    with asyncio.Runner() as runner:
        client = PullClient(
            resolve=web.bound_address,
            shown=web.client_address,
            authority=authority().cert_pem.bytes(),
            name_server="127.0.0.1:53",
            sleep=at_once,
        )
        yield lambda ask: runner.run(client.send_request(ask))
        runner.run(client.close())


@pytest.fixture
def check(internet: Internet, over_http: Callable[[RegistryRequest], Answer]) -> Check:
    """Ask both; gives the answer, which must be one."""

    def check(host: str, reference: str = "latest", *, name: str = NAME, **more: bool | Login | None) -> Answer:
        ask = RegistryRequest(host, name, reference, opens=True, **more)  # type: ignore[arg-type]
        said = HostAnswers(internet)(ask)
        assert over_http(ask) == said
        return said

    return check


def offered(host: RegistryHost, name: str = NAME, **more: object) -> Image:
    content = host.offer(name, **more)  # type: ignore[arg-type]
    assert isinstance(content, Image)
    return content


def both(host: RegistryHost, **more: object) -> Index:
    content = host.offer(NAME, platforms=["linux/amd64", "linux/arm64/v8"], **more)  # type: ignore[arg-type]
    assert isinstance(content, Index)
    return content


# What is there


@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize("host", HOSTS)
def test_an_image_comes_by_tag_and_by_digest(
    internet: Internet, check: Check, host: str, kind: Format, insecure: bool
) -> None:
    content = offered(internet.host(host), tags=("latest", "1.2"), format=kind)
    for reference in ("latest", "1.2", content.digest):
        answer = check(host, reference, insecure=insecure)
        assert isinstance(answer, Manifest)
        assert (answer.digest, answer.config, answer.is_index) == (content.digest, content.config.digest, False)
    for blob in content.blobs():
        assert check(host, blob.digest, blob=True, insecure=insecure) == FetchedBlob(blob.digest, blob.size)


@pytest.mark.parametrize("kind", list(Format))
@pytest.mark.parametrize("host", HOSTS)
def test_an_index_and_what_it_lists(internet: Internet, check: Check, host: str, kind: Format) -> None:
    content = both(internet.host(host), format=kind)
    answer = check(host)
    assert isinstance(answer, Manifest)
    assert (answer.digest, answer.is_index, answer.media_type) == (content.digest, True, kind.index_type)
    assert [str(each.platform) for each in answer.children] == ["linux/amd64", "linux/arm64/v8"]
    assert check(host, answer.children[1].digest) == check(host, content.manifests()[1].digest)


@pytest.mark.parametrize(("name", "served"), [("app", False), ("library/app", True)])
def test_docker_io_knows_names_of_one_component_under_library(
    internet: Internet, check: Check, name: str, served: bool
) -> None:
    internet.host("docker.io").offer("app")
    assert isinstance(check("docker.io", name=name), Manifest) is served


# What is not


@pytest.mark.parametrize("login", [False, True], ids=["nobody", "somebody"])
@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize("host", HOSTS)
def test_what_is_missing(internet: Internet, check: Check, host: str, insecure: bool, login: bool) -> None:
    registry = internet.host(host)
    shown = registry.require_login("rhuss/other") if login else None
    offered(registry)
    for question in (
        {"reference": "none"},
        {"reference": FIVES},
        {"reference": FIVES, "blob": True},
        {"name": "rhuss/none"},
        {"name": "rhuss/none", "reference": FIVES, "blob": True},
    ):
        answer = check(host, insecure=insecure, login=shown, **question)
        assert isinstance(answer, ErrorResponse)
        assert answer.status in {401, 403, 404}


@pytest.mark.parametrize("host", HOSTS)
def test_a_private_repository_and_every_kind_of_login(internet: Internet, check: Check, host: str) -> None:
    registry = internet.host(host)
    content = offered(registry)
    login = registry.require_login(NAME)
    other = registry.require_login("rhuss/other")
    wrong = Login(login.user, "wrong", host)
    for shown in (login, other, wrong, Login("stranger", "wrong", host), None):
        for question in ({}, {"reference": content.config.digest, "blob": True}, {"name": "rhuss/none"}):
            check(host, login=shown, **question)
    assert isinstance(check(host, login=login), Manifest) is bool(registry.personality.realm)
    assert isinstance(check(host), ErrorResponse)


@pytest.mark.parametrize("host", ["docker.io", "quay.io", "ghcr.io"])
def test_half_a_login_is_none(internet: Internet, check: Check, host: str) -> None:
    offered(internet.host(host))
    assert isinstance(check(host, login=Login("robot", "", host)), Manifest)
    assert isinstance(check(host, login=Login("", "secret", host)), Manifest)


@pytest.mark.parametrize("host", HOSTS)
def test_a_wrong_login_is_refused_for_a_public_image_where_there_are_tokens(
    internet: Internet, check: Check, host: str
) -> None:
    registry = internet.host(host)
    offered(registry)
    answer = check(host, login=Login("robot", "wrong", host))
    if registry.personality.realm:
        assert isinstance(answer, ErrorResponse)
        assert (answer.step, answer.status) == ("token", registry.personality.bad_login.status)
    else:
        assert isinstance(answer, Manifest)


# Faults


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_altered_and_what_is_lost(internet: Internet, check: Check, host: str) -> None:
    registry = internet.host(host)
    content = offered(registry)
    config, layer = content.blobs()
    registry.tamper(content)
    registry.tamper(layer)
    answer = check(host)
    assert isinstance(answer, Manifest)
    assert answer.digest != content.digest
    assert check(host, content.digest) == answer
    assert check(host, layer.digest, blob=True) != FetchedBlob(layer.digest, layer.size)
    registry.lose(config)
    assert isinstance(check(host, config.digest, blob=True), ErrorResponse)
    registry.lose(content)
    registry.lose(layer)
    assert isinstance(check(host), ErrorResponse)
    assert isinstance(check(host, layer.digest, blob=True), ErrorResponse)


@pytest.mark.parametrize("status", [403, 404, 418, 429, 503])
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_fails(internet: Internet, check: Check, host: str, status: int) -> None:
    registry = internet.host(host)
    content = offered(registry)
    registry.fail(status)
    for question in ({}, {"reference": content.digest}, {"name": "rhuss/none"}):
        check(host, **question)
    answer = check(host)
    assert isinstance(answer, ErrorResponse)
    assert (answer.step, answer.status) == ("manifest", status)
    assert isinstance(check(host, content.config.digest, blob=True), FetchedBlob), "blobs still come"
    registry.require_login(NAME)
    check(host)


@pytest.mark.parametrize("status", [401, 404, 429])
@pytest.mark.parametrize("host", HOSTS)
def test_an_answer_costs_as_many_requests_as_are_predicted(
    internet: Internet, check: Check, host: str, status: int
) -> None:
    registry = internet.host(host)
    if status == 429:
        registry.fail(429)
    if status == 404:
        offered(registry)
    mark = internet.recorder.position()
    answer = check(host, "none")
    seen = [each for each in internet.recorder.since(mark) if isinstance(each, Exchange)]
    ended = [each for each in seen if "/manifests/" in each.path and each.status >= 400]
    expected = request_count(answer) if isinstance(answer, ErrorResponse) and answer.step == "manifest" else 0
    assert len(ended) == expected


# Hosts that cannot be spoken to


@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize("name", ["http.example.com", "http.example.com:5000"])
def test_a_host_without_tls(internet: Internet, check: Check, name: str, insecure: bool) -> None:
    content = offered(internet.plain_http(name))
    for question in ({}, {"reference": content.config.digest, "blob": True}, {"reference": "none"}):
        answer = check(name, insecure=insecure, **question)
        assert isinstance(answer, NoResponse) is not insecure
    if not insecure:
        assert isinstance(answer, NoResponse)
        assert answer.reason is (Reason.PLAIN_HTTP if ":" in name else Reason.UNREACHABLE)


@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize("name", ["untrusted.example.com", "untrusted.example.com:5000"])
def test_a_host_whose_certificate_nobody_trusts(internet: Internet, check: Check, name: str, insecure: bool) -> None:
    offered(internet.untrusted(name))
    answer = check(name, insecure=insecure)
    assert (answer.reason if isinstance(answer, NoResponse) else None) is (
        None if insecure else Reason.UNTRUSTED_CERTIFICATE
    )


@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize(
    "name", ["down.example.com", "down.example.com:5000", "quay.io:5000", "localhost", "localhost:5000"]
)
def test_a_host_where_nobody_listens(internet: Internet, check: Check, name: str, insecure: bool) -> None:
    internet.refuse("down.example.com")
    answer = check(name, insecure=insecure)
    assert isinstance(answer, NoResponse)
    assert (answer.refused, answer.reason) == (True, Reason.UNREACHABLE)
    assert answer.url.startswith("http://" if insecure else "https://")


@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize("name", ["nowhere.example.com", "nowhere.example.com:5000"])
def test_a_host_that_nobody_knows(check: Check, name: str, insecure: bool) -> None:
    answer = check(name, insecure=insecure)
    assert isinstance(answer, NoResponse)
    assert answer.reason is Reason.UNKNOWN_HOST


# Lookups


@pytest.mark.parametrize(
    ("host", "loopback_"),
    [
        ("docker.io", True),
        ("quay.io", True),
        ("plain.example.com", True),
        ("down.example.com", True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("192.0.2.1", False),
        ("nowhere.example.com", None),
    ],
)
def test_an_address(internet: Internet, check: Check, host: str, loopback_: bool | None) -> None:
    internet.host("plain.example.com")
    internet.refuse("down.example.com")
    answer = check(host, "", name="", lookup=True)
    assert (answer.loopback if isinstance(answer, HostAddress) else None) is loopback_


# What a case arranges

BODIES = [
    b"",
    b"<html>",
    b"\xff" * 60,
    b"." * 49 + "ö".encode(),
    b'\xef\xbb\xbf{"errors": [{"code": "DENIED"}]}',
    b'{"ERRORS": [{"CODE": "DENIED", "Message": "no", "detail": {}}]}',
    b'{"errors": [null]}',
    b'{"errors": [{"code": 403}]}',
    b'{"details": "no"}',
    b'{"details": 1, "errors": [{"message": "no"}]}',
]


@pytest.mark.parametrize("phrase", [None, "Odd", ""])
@pytest.mark.parametrize("status", [403, 404, 503, 599])
@pytest.mark.parametrize("kind", [RequestKind.PING, RequestKind.TOKEN, RequestKind.MANIFEST])
def test_any_status_and_phrase(
    internet: Internet, check: Check, kind: RequestKind, status: int, phrase: str | None
) -> None:
    internet.host("docker.io").answer(kind, "no", status=status, phrase=phrase)
    answer = check("docker.io")
    assert isinstance(answer, ErrorResponse)
    usual = {403: "Forbidden", 404: "Not Found", 503: "Service Unavailable", 599: ""}[status]
    assert (answer.step, answer.status) == (kind, status)
    assert (usual if answer.phrase is None else answer.phrase) == (usual if phrase is None else phrase)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [401, 403, 404])
def test_any_refusal(internet: Internet, check: Check, body: bytes, status: int) -> None:
    internet.host("docker.io").answer(RequestKind.MANIFEST, body, status=status)
    assert isinstance(check("docker.io"), ErrorResponse)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b'{"token": 1}', b'{"expires_in": [1]}', b'{"issued_at": "now"}']
)
@pytest.mark.parametrize("login", [None, Login("robot", "secret")])
def test_tokens_that_are_none(internet: Internet, check: Check, body: bytes, login: Login | None) -> None:
    host = internet.host("quay.io")
    offered(host)
    host.answer(RequestKind.TOKEN, body)
    answer = check("quay.io", login=login)
    assert isinstance(answer, UnusableResponse)
    assert answer.words.startswith('decoding bearer token (last URL "https://quay.io/v2/auth?')


def test_a_challenge_without_realm(internet: Internet, check: Check) -> None:
    internet.host("quay.io").answer(RequestKind.PING, status=401, headers={"WWW-Authenticate": "Bearer"})
    assert check("quay.io") == UnusableResponse(step="token", words="missing realm in bearer auth challenge")


def test_a_host_that_answers_its_ping_openly_wants_no_token(internet: Internet, check: Check) -> None:
    host = internet.host("docker.io")
    host.answer(RequestKind.PING, "{}")
    host.answer(RequestKind.MANIFEST, "[]", headers={"Content-Type": "text/plain"})
    answer = check("docker.io", login=Login("robot", "secret"))
    assert isinstance(answer, Manifest)
    assert (answer.fault, HostAnswers(internet).challenges("docker.io")) == (
        "json: cannot unmarshal array into Go value of type manifest.Schema1",
        False,
    )


@pytest.mark.parametrize("body", [b"", b"config"])
def test_blobs_are_what_was_arranged(internet: Internet, check: Check, body: bytes) -> None:
    internet.host("quay.io").answer(RequestKind.BLOB, body)
    assert check("quay.io", FIVES, blob=True) == FetchedBlob.of(body)
