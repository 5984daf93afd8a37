"""The client against the pretend registries: what it asks of whom, and what it makes of the answers."""

from collections.abc import Callable, Iterator

import pytest

from conformance.images.builder import Format, Image
from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    HostAddress,
    Manifest,
    NoResponse,
    RegistryRequest,
)
from conformance.model.reason import Reason
from conformance.registry_hosts import Exchange, Internet, Login, NameLookup, loopback
from tests.registry_client.scripted_registry import asking

NAME = "team/app"
Asking = Callable[..., list[Answer]]


@pytest.fixture
def internet() -> Iterator[Internet]:
    with Internet(loopback) as made:
        yield made


@pytest.fixture
def ask(internet: Internet) -> Iterator[Asking]:
    with asking(internet) as ask:
        yield ask


def opening(host: str, reference: str = "latest", **facts: object) -> RegistryRequest:
    return RegistryRequest(host, NAME, reference, opens=True, **facts)  # type: ignore[arg-type]


def exchanges(internet: Internet) -> list[str]:
    return [
        f"{each.server}{each.path} {each.status} {each.user!r}" if isinstance(each, Exchange) else f"lookup {each.host}"
        for each in internet.recorder.since(0)
    ]


# Exchanges, as a live CRI-O makes them


def test_a_manifest_takes_a_ping_a_token_and_a_request(internet: Internet, ask: Asking) -> None:
    offered = internet.host("docker.io").offer(NAME)
    (answer,) = ask(opening("docker.io"))
    assert isinstance(answer, Manifest)
    assert isinstance(offered, Image)
    assert (answer.digest, answer.config, answer.media_type) == (
        offered.digest,
        "sha256:" + offered.id,
        "application/vnd.oci.image.manifest.v1+json",
    )
    assert exchanges(internet) == [
        "registry-1.docker.io/v2/ 401 None",
        "auth.docker.io/token 200 None",
        f"registry-1.docker.io/v2/{NAME}/manifests/latest 200 ''",
    ]


def test_a_conversation_goes_on_with_its_token_until_another_is_opened(internet: Internet, ask: Asking) -> None:
    offered = internet.host("quay.io").offer(NAME)
    first, same, new = (
        opening("quay.io"),
        RegistryRequest("quay.io", NAME, offered.digest),
        opening("quay.io", offered.digest),
    )
    assert ask(first, same, new)[1:] == ask(first, same)[1:] * 2
    begin = ["quay.io/v2/ 401 None", "quay.io/v2/auth 200 None"]
    by_tag, by_digest = (f"quay.io/v2/{NAME}/manifests/{each} 200 ''" for each in ("latest", offered.digest))
    assert exchanges(internet)[:6] == [*begin, by_tag, by_digest, *begin][:6]
    assert exchanges(internet)[6] == by_digest


def test_a_question_without_an_opening_opens(internet: Internet, ask: Asking) -> None:
    internet.host("quay.io").offer(NAME)
    ask(RegistryRequest("quay.io", NAME, "latest"))
    assert len(exchanges(internet)) == 3


@pytest.mark.parametrize(("host", "user"), [("docker.io", None), ("quay.io", ""), ("registry.example.com", None)])
def test_a_blob_is_followed_to_where_it_is(internet: Internet, ask: Asking, host: str, user: str | None) -> None:
    offered = internet.host(host).offer(NAME)
    blob = offered.blobs()[0]
    _, answer = ask(opening(host), RegistryRequest(host, NAME, blob.digest, blob=True))
    assert answer == FetchedBlob(blob.digest, blob.size)
    last = internet.recorder.since(0)[-1]
    assert isinstance(last, Exchange)
    assert last.user == user  # a token goes along to a server below the first one's name, and to no other


def test_a_registry_behind_a_backend(internet: Internet, ask: Asking) -> None:
    internet.host("registry.k8s.io").offer(NAME)
    (answer,) = ask(opening("registry.k8s.io"))
    assert isinstance(answer, Manifest)
    assert [each.split(" ", 1)[1] for each in exchanges(internet)] == ["200 None", "307 None", "200 None"]


def test_docker_io_s_insufficient_scope_is_tried_twice(internet: Internet, ask: Asking) -> None:
    (answer,) = ask(opening("docker.io"))
    assert answer == ErrorResponse(
        step="manifest",
        status=401,
        code="UNAUTHORIZED",
        message="authentication required",
        detail=True,
        scope_error="insufficient_scope",
    )
    again = ["auth.docker.io/token 200 None", f"registry-1.docker.io/v2/{NAME}/manifests/latest 401 ''"]
    assert exchanges(internet) == ["registry-1.docker.io/v2/ 401 None", *again, *again]


@pytest.mark.parametrize(
    ("host", "step", "said"),
    [
        ("quay.io", "manifest", (401, "UNAUTHORIZED", "access to the requested resource is not authorized", True)),
        ("ghcr.io", "token", (403, "DENIED", "requested access to the resource is denied", False)),
        ("registry.k8s.io", "manifest", (404, "MANIFEST_UNKNOWN", 'Failed to fetch "latest"', False)),
    ],
)
def test_how_hosts_say_no(ask: Asking, host: str, step: str, said: tuple[int, str, str, bool]) -> None:
    status, code, message, detail = said
    assert ask(opening(host)) == [ErrorResponse(step=step, status=status, code=code, message=message, detail=detail)]


def test_a_missing_blob(internet: Internet, ask: Asking) -> None:
    internet.host("quay.io").offer(NAME)
    _, answer = ask(opening("quay.io"), RegistryRequest("quay.io", NAME, "sha256:" + "5" * 64, blob=True))
    words = "blob unknown to registry"
    expected = ErrorResponse(step="blob", status=404, code="BLOB_UNKNOWN", message=words, detail=True)
    assert answer == expected


# Content


@pytest.mark.parametrize("format_", Format)
def test_an_index_has_its_platforms(internet: Internet, ask: Asking, format_: Format) -> None:
    offered = internet.host("quay.io").offer(NAME, platforms=["linux/amd64", "linux/arm64"], format=format_)
    (answer,) = ask(opening("quay.io"))
    assert isinstance(answer, Manifest)
    assert answer == Manifest.parse(offered.manifest.data, format_.index_type)
    assert [str(child.platform) for child in answer.children] == ["linux/amd64", "linux/arm64"]


def test_digests_are_those_of_the_bytes_that_came(internet: Internet, ask: Asking) -> None:
    host = internet.host("quay.io")
    offered = host.offer(NAME)
    config = offered.blobs()[0]
    for content in (offered, config):
        host.tamper(content)
    manifest, blob = ask(opening("quay.io", offered.digest), RegistryRequest("quay.io", NAME, config.digest, blob=True))
    assert isinstance(manifest, Manifest)
    assert isinstance(blob, FetchedBlob)
    assert offered.digest != manifest.digest
    assert config.digest != blob.digest


# Logins


def test_a_login_goes_to_the_token_service_and_nowhere_else(internet: Internet, ask: Asking) -> None:
    host = internet.host("docker.io")
    host.offer(NAME)
    login = host.require_login(NAME)
    (answer,) = ask(opening("docker.io", login=login))
    assert isinstance(answer, Manifest)
    assert [each.rpartition(" ")[2] for each in exchanges(internet)] == ["None", "'robot'", "'robot'"]


def test_a_wrong_login_is_refused_by_the_token_service(internet: Internet, ask: Asking) -> None:
    internet.host("quay.io").offer(NAME)
    (answer,) = ask(opening("quay.io", login=Login("robot", "wrong")))
    assert isinstance(answer, ErrorResponse)
    assert (answer.step, answer.status, answer.message) == ("token", 401, "Invalid Username or Password")


def test_conversations_with_and_without_a_login_are_two(internet: Internet, ask: Asking) -> None:
    host = internet.host("quay.io")
    host.offer(NAME)
    login = host.require_login(NAME)
    with_login = opening("quay.io", login=login)
    opened, refused, again = ask(with_login, opening("quay.io"), with_login._replace(opens=False))
    assert isinstance(refused, ErrorResponse)
    assert isinstance(opened, Manifest)
    assert opened == again


# Where nobody answers


@pytest.mark.parametrize("insecure", [False, True])
def test_an_unknown_host(internet: Internet, ask: Asking, insecure: bool) -> None:
    (answer,) = ask(opening("no.example", insecure=insecure))
    assert answer == NoResponse(
        step="ping",
        url=f"{'http' if insecure else 'https'}://no.example/v2/",
        words="dial tcp: lookup no.example on 127.0.0.1:53: no such host",
        reason=Reason.UNKNOWN_HOST,
    )
    assert internet.recorder.since(0)
    assert {type(each) for each in internet.recorder.since(0)} == {NameLookup}


def test_a_refused_connection(internet: Internet, ask: Asking) -> None:
    name = internet.refuse("down.example")
    (answer,) = ask(opening(name, insecure=True))
    words = "dial tcp 127.0.0.2:80: connect: connection refused"
    assert answer == NoResponse(step="ping", url=f"http://{name}/v2/", words=words, refused=True)


def test_a_certificate_that_nobody_trusts(internet: Internet, ask: Asking) -> None:
    host = internet.untrusted("untrusted.example")
    offered = host.offer(NAME)
    refused, trusted = ask(opening(host), opening(host, insecure=True))
    assert refused == NoResponse(
        step="ping",
        url="https://untrusted.example/v2/",
        words="tls: failed to verify certificate: x509: certificate signed by unknown authority",
        reason=Reason.UNTRUSTED_CERTIFICATE,
    )
    assert isinstance(trusted, Manifest)
    assert trusted.digest == offered.digest


@pytest.mark.parametrize("name", ["plain.example", "plain.example:5000"])
def test_a_host_without_tls_is_spoken_to_where_anything_goes(internet: Internet, ask: Asking, name: str) -> None:
    internet.plain_http(name).offer(NAME)
    refused, served = ask(opening(name), opening(name, insecure=True))
    assert isinstance(served, Manifest)
    assert isinstance(refused, NoResponse)
    if ":" in name:
        assert refused.words == "http: server gave HTTP response to HTTPS client"
        assert (refused.reason, refused.refused) == (Reason.PLAIN_HTTP, False)
    else:
        assert refused.words.endswith(":443: connect: connection refused")


def test_a_host_that_is_an_address(internet: Internet, ask: Asking) -> None:
    internet.host("quay.io")
    door = internet.endpoint("quay.io", 443)
    assert door is not None
    (answer,) = ask(opening(door[0]))
    assert isinstance(answer, NoResponse)  # the certificate is for a name, not for the address
    assert (
        answer.words == f"tls: failed to verify certificate: x509: certificate is valid for other names, not {door[0]}"
    )
    (answer,) = ask(opening(door[0], insecure=True))
    assert isinstance(answer, ErrorResponse)


def test_a_host_that_has_gone_and_come_again(internet: Internet) -> None:
    with asking(internet) as ask:
        internet.host("r.example").offer(NAME)
        assert isinstance(ask(opening("r.example"))[0], Manifest)
        internet.clear()
        assert isinstance(ask(opening("r.example"))[0], NoResponse)
        internet.host("r.example").offer(NAME)
        assert isinstance(ask(opening("r.example"))[0], Manifest)


@pytest.mark.parametrize(("host", "loopback_"), [("quay.io", True), ("127.0.0.1", True), ("10.1.2.3", False)])
def test_a_lookup_tells_whether_a_host_is_this_machine(ask: Asking, host: str, loopback_: bool) -> None:
    assert ask(RegistryRequest(host, "", "", lookup=True)) == [HostAddress(loopback_)]


def test_a_lookup_in_vain(ask: Asking) -> None:
    (answer,) = ask(RegistryRequest("no.example", "", "", lookup=True))
    assert isinstance(answer, NoResponse)
    assert (answer.step, answer.reason) == ("lookup", Reason.UNKNOWN_HOST)
