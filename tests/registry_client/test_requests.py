"""The client's requests one by one: challenges, tokens, redirects, patience, and errors of all kinds."""

import asyncio
import json
import socket
import time
from base64 import b64encode
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from conformance.model.answers import ErrorResponse, FetchedBlob, Login, Manifest, NoResponse, RegistryRequest
from conformance.model.reason import Reason
from conformance.registry_client import HTTPTransport, PullClient
from conformance.registry_client.challenge import Challenge, challenges, insufficient_scope, scope_error
from conformance.registry_client.downloads import KEPT, SMALL, ContentCache, Download
from conformance.registry_hosts.internet import authority
from tests.registry_client.scripted_registry import Reply, Script, Scripted, Sent

HOST = "r.example"
ASK = RegistryRequest(HOST, "team/app", "latest", insecure=True, opens=True)
LOGIN = Login("me", "secret")
BASIC = "Basic " + b64encode(b"me:secret").decode()
MANIFEST = b'{"schemaVersion": 2, "config": {"digest": "sha256:c", "mediaType": "m"}, "layers": []}'
PING, WHERE = f"{HOST}/v2/", f"{HOST}/v2/team/app/manifests/latest"


def wanting(realm: str = f"http://{HOST}/token", **parameters: str) -> Reply:
    told = {"realm": realm, "service": "its own", **parameters}
    return Reply(401, headers={"WWW-Authenticate": "Bearer " + ",".join(f'{k}="{v}"' for k, v in told.items())})


def by_path(**replies: Reply) -> Script:
    """Answer by the last word of the path; ``v2`` is the ping."""

    def script(sent: Sent) -> Reply:
        return replies.get(urlsplit(sent.path).path.strip("/").rpartition("/")[2], Reply(200, MANIFEST))

    return script


TOKEN = Reply(200, b'{"token": "t"}')

# Challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a/b",service="s x",scope="r:n:pull"', {"realm": "https://a/b", "service": "s x"}),
        ('BEARER  Realm = "x"', {}),
        ('bearer REALM="x" , error=invalid_token', {"realm": "x", "error": "invalid_token"}),
        (r'bearer realm="a\"b"', {"realm": 'a"b'}),
        ("bearer realm=https://a/b,service=s", {"realm": "https"}),
        ('bearer realm="x",service="",scope="s"', {"realm": "x"}),
        ('bearer realm="unended', {}),
        ("bearer", {}),
    ],
)
def test_challenges_are_read_as_containers_image_reads_them(header: str, expected: dict[str, str]) -> None:
    challenge = Challenge.parse(header)
    assert challenge is not None
    assert challenge.scheme == "bearer"
    read = dict(challenge.parameters)
    assert {key: value for key, value in read.items() if key != "scope"} == expected


def test_what_is_no_challenge() -> None:
    assert challenges(["", '"x"', "Basic realm=x"]) == (Challenge("basic", {"realm": "x"}),)


@pytest.mark.parametrize(
    ("error", "scope", "lacking", "said"),
    [
        ("insufficient_scope", "repository:a:pull", "repository:a:pull", "insufficient_scope"),
        ("insufficient_scope", "a b", "", "insufficient_scope"),
        ("invalid_token", "repository:a:pull", "", "invalid_token"),
        ("other", "repository:a:pull", "", ""),
    ],
)
def test_what_is_wrong_with_a_token(error: str, scope: str, lacking: str, said: str) -> None:
    parameters = {"error": error, "scope": scope, "error_description": "ask for more"}
    found = [Challenge("basic", {}), Challenge("bearer", parameters)]
    assert (insufficient_scope(found), scope_error(found)) == (lacking, (said, "ask for more" if said else ""))


# Tokens


def test_the_token_service_is_asked_for_the_scope_in_the_login_s_name() -> None:
    registry = Scripted(by_path(v2=wanting("http://auth.example/token?b=1&a=%2F"), token=TOKEN))
    (answer,) = registry.ask(ASK._replace(login=LOGIN))
    assert isinstance(answer, Manifest)
    ping, token, manifest = registry.sent
    assert (ping.url, ping.authorization) == (PING, "")
    assert token.path == "/token?a=%2F&account=me&b=1&scope=repository%3Ateam%2Fapp%3Apull&service=its+own"
    assert (token.host, token.authorization) == ("auth.example", BASIC)
    assert (manifest.url, manifest.authorization) == (WHERE, "Bearer t")


@pytest.mark.parametrize("login", [None, Login("me", ""), Login("", "secret")])
def test_half_a_login_is_none(login: Login | None) -> None:
    registry = Scripted(by_path(v2=wanting(), token=TOKEN))
    registry.ask(ASK._replace(login=login))
    asked = dict(parse_qsl(urlsplit(registry.sent[1].path).query))
    assert (asked.get("account"), registry.sent[1].authorization) == (login.user or None if login else None, "")


def test_a_scope_that_is_lacking_is_asked_for_beside_the_other() -> None:
    lacking = wanting(error="insufficient_scope", scope="repository:base:pull")
    registry = Scripted(by_path(v2=wanting(), token=TOKEN, latest=lacking))
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, ErrorResponse)
    assert (answer.step, answer.scope_error) == ("manifest", "insufficient_scope")
    scopes = [
        [value for key, value in parse_qsl(urlsplit(sent.path).query) if key == "scope"]
        for sent in registry.sent
        if "/token" in sent.path
    ]
    mine = "repository:team/app:pull"
    assert scopes == [[mine], [mine, "repository:base:pull"]]
    assert len(registry.sent) == 5


@pytest.mark.parametrize("body", [b'{"access_token": "t"}', b'{"token": "t", "access_token": "u", "expires_in": 1}'])
def test_a_token_is_used_as_long_as_the_conversation(body: bytes) -> None:
    registry = Scripted(by_path(v2=wanting(), token=Reply(200, body)))
    registry.ask(ASK, ASK._replace(opens=False, reference="other"))
    assert [sent.path.partition("?")[0] for sent in registry.sent].count("/token") == 1
    assert {sent.authorization for sent in registry.sent if "manifests" in sent.path} == {"Bearer t"}


@pytest.mark.parametrize(
    ("token", "step", "words"),
    [
        (Reply(200, b"no"), "token", "decoding bearer token"),
        (Reply(200, b"[]"), "token", "decoding bearer token"),
    ],
)
def test_a_token_service_that_gives_no_token(token: Reply, step: str, words: str) -> None:
    (answer,) = Scripted(by_path(v2=wanting(), token=token)).ask(ASK)
    assert isinstance(answer, NoResponse)
    assert (answer.step, answer.words[: len(words)]) == (step, words)


@pytest.mark.parametrize("realm", ["file:///etc/passwd", "ftp://x/", "auth.example/token"])
def test_a_realm_that_is_no_address(realm: str) -> None:
    registry = Scripted(by_path(v2=wanting(realm)))
    (answer,) = registry.ask(ASK._replace(login=LOGIN))
    assert isinstance(answer, NoResponse)
    assert (answer.step, len(registry.sent)) == ("token", 1)


@pytest.mark.parametrize(("login", "shown"), [(LOGIN, BASIC), (None, "Basic Og==")])
def test_basic_authentication(login: Login | None, shown: str) -> None:
    registry = Scripted(by_path(v2=Reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'})))
    (answer,) = registry.ask(ASK._replace(login=login))
    assert isinstance(answer, Manifest)
    assert [sent.authorization for sent in registry.sent] == ["", shown]


def test_a_challenge_that_nobody_understands_is_passed_over() -> None:
    registry = Scripted(by_path(v2=Reply(401, headers={"WWW-Authenticate": "Negotiate"})))
    (answer,) = registry.ask(ASK._replace(login=LOGIN))
    assert isinstance(answer, Manifest)
    assert [sent.authorization for sent in registry.sent] == ["", ""]


# Redirects


@pytest.mark.parametrize(
    ("there", "keeps"),
    [
        (f"http://{HOST}/elsewhere", True),
        ("/elsewhere", True),
        (f"http://cdn.{HOST}/elsewhere", True),
        (f"http://cdn{HOST}/elsewhere", False),
        ("http://example/elsewhere", False),
        (f"http://{HOST}.evil/elsewhere", False),
    ],
)
def test_a_token_goes_along_to_the_same_domain_only(there: str, keeps: bool) -> None:
    registry = Scripted(by_path(v2=wanting(), token=TOKEN, latest=Reply(307, headers={"Location": there})))
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, Manifest)
    assert registry.sent[-1].authorization == ("Bearer t" if keeps else "")


def test_a_token_that_was_dropped_stays_dropped() -> None:
    def script(sent: Sent) -> Reply:
        if sent.path == "/v2/":
            return wanting()
        if sent.path.startswith("/token"):
            return TOKEN
        if sent.host == "other.example":
            return Reply(302, headers={"Location": f"http://{HOST}/back"})
        return (
            Reply(200, MANIFEST) if sent.path == "/back" else Reply(307, headers={"Location": "http://other.example/"})
        )

    registry = Scripted(script)
    registry.ask(ASK)
    assert [(sent.host, sent.authorization) for sent in registry.sent[-2:]] == [("other.example", ""), (HOST, "")]


def test_redirects_end() -> None:
    registry = Scripted(by_path(latest=Reply(301, headers={"Location": "latest"})))
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, NoResponse)
    assert (answer.words, len(registry.sent)) == ("stopped after 10 redirects", 11)


def test_a_redirect_to_nowhere_is_an_answer() -> None:
    (answer,) = Scripted(by_path(latest=Reply(307))).ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=307, body="{}")


# Patience


@pytest.mark.parametrize(
    ("after", "waits"),
    [
        ("", [2, 4, 8, 16]),
        ("3", [3, 3, 3, 3]),
        ("100", [60, 60, 60, 60]),
        ("soon", [2, 4, 8, 16]),
        ("Wed, 01 Jan 2020 00:00:00 GMT", [2, 4, 8, 16]),
    ],
)
def test_too_many_requests_are_repeated(after: str, waits: list[float]) -> None:
    registry = Scripted(by_path(latest=Reply(429, headers={"Retry-After": after} if after else {})))
    (answer,) = registry.ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=429, body="{}")
    assert (registry.waits, len(registry.sent)) == (waits, 1 + 5)


def test_a_date_to_wait_for() -> None:
    registry = Scripted(by_path(latest=Reply(429, headers={"Retry-After": formatdate(time.time() + 30, usegmt=True)})))
    registry.ask(ASK)
    assert 20 < registry.waits[0] <= 31


def test_patience_is_rewarded() -> None:
    replies = [Reply(429), Reply(200), Reply(429), Reply(200, MANIFEST)]
    registry = Scripted(lambda _sent: replies[len(registry.sent) - 1])
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, Manifest)
    assert registry.waits == [2, 2]


def test_a_token_service_is_asked_once() -> None:
    registry = Scripted(by_path(v2=wanting(), token=Reply(429)))
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, ErrorResponse)
    assert (answer.step, registry.waits) == ("token", [])


# Refusals


@pytest.mark.parametrize(
    ("body", "code", "message", "detail"),
    [
        ({"errors": [{"code": "DENIED", "message": "no", "detail": {}}, {"code": "X"}]}, "DENIED", "no", True),
        ({"errors": [{"code": "DENIED", "message": "no", "detail": None}]}, "DENIED", "no", False),
        ({"errors": [{"message": "no"}]}, "UNKNOWN", "no", False),
        ({"details": "no"}, "UNAUTHORIZED", "no", False),
    ],
)
def test_the_first_error_of_a_body_counts(body: object, code: str, message: str, detail: bool) -> None:
    (answer,) = Scripted(by_path(latest=Reply(401, json.dumps(body).encode()))).ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=401, code=code, message=message, detail=detail)


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"errors": []}', '{"errors": null}', '{"errors": [1]}'])
def test_other_bodies_are_kept_as_they_are(body: str) -> None:
    (answer,) = Scripted(by_path(latest=Reply(404, body.encode()))).ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=404, body=body)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_ping_that_is_refused(status: int) -> None:
    registry = Scripted(by_path(v2=Reply(status)))
    (answer,) = registry.ask(ASK)
    assert answer == ErrorResponse(step="ping", status=status, body="{}")
    assert len(registry.sent) == 1


def test_the_first_api_is_pinged_by_old_releases() -> None:
    registry = Scripted(by_path(v2=Reply(404)), {"pings_v1": True})
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, ErrorResponse)
    assert [sent.path for sent in registry.sent] == ["/v2/", "/v1/_ping"]


# What is no manifest, and large content


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b'{"layers": [{}]}'])
def test_what_is_no_manifest_is_given_as_a_blob(body: bytes) -> None:
    (answer,) = Scripted(by_path(latest=Reply(200, body))).ask(ASK)
    assert answer == FetchedBlob.of(body)


def test_the_media_type_is_the_header_s_where_the_manifest_has_none() -> None:
    headers = {"Content-Type": "Application/X; charset=utf-8"}
    (answer,) = Scripted(by_path(latest=Reply(200, MANIFEST, headers))).ask(ASK)
    assert isinstance(answer, Manifest)
    assert answer.media_type == "application/x"


def test_digests_of_other_algorithms() -> None:
    (answer,) = Scripted(by_path()).ask(ASK._replace(reference="sha512:" + "0" * 128))
    assert isinstance(answer, Manifest)
    assert answer.digest.startswith("sha512:")
    assert len(answer.digest) == len("sha512:") + 128


def test_contents_are_bounded() -> None:
    contents = ContentCache()
    for number in range(KEPT // SMALL + 2):
        incoming = Download("sha256")
        incoming.feed(bytes([number]) * (SMALL - 1))
        contents.add(incoming)
    assert contents._bytes <= KEPT
    large = Download("sha256")
    large.feed(b"\x1f\x8b" + bytes(SMALL))
    large.feed((1234).to_bytes(4, "little"))
    contents.add(large)
    assert (contents[large.digest], contents.unpacked[large.digest]) == (b"", 1234)
    assert len(contents[incoming.digest]) == SMALL - 1


# Where there is no answer


def failing(answer: bytes | None, *, scheme: str = "http", options: dict[str, float] | None = None) -> NoResponse:
    """Ask a server that sends ``answer`` to whatever it is sent and closes; ``None``: it sends nothing for long."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is None:
            await asyncio.sleep(5)
        writer.write(answer or b"")
        await writer.drain()
        await reader.read(1 << 16)
        writer.close()

    async def ask() -> object:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        other = ("127.0.0.1", 1)
        client = PullClient(
            resolve=lambda _, port: address if (port == 80) is (scheme == "http") else other,
            **(options or {}),  # type: ignore[arg-type]
        )
        try:
            return await client.ask(ASK._replace(insecure=scheme == "http"))
        finally:
            await client.close()
            server.close()

    failed = asyncio.run(ask())
    assert isinstance(failed, NoResponse)
    assert (failed.step, failed.url, failed.refused) == ("ping", f"{scheme}://{HOST}/v2/", False)
    return failed


def test_a_server_that_hangs_up() -> None:
    assert failing(b"").words == "EOF"


def test_a_server_that_hangs_up_in_the_middle() -> None:
    assert failing(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123").words == "unexpected EOF"


def test_a_server_that_speaks_something_else() -> None:
    assert failing(b"SSH-2.0-x\r\n\r\n").words.startswith("net/http: HTTP/1.x transport connection broken: ")


def test_a_server_that_hangs_up_on_tls() -> None:
    assert failing(b"", scheme="https").words in {"EOF", "read: connection reset by peer"}


def test_a_server_that_does_not_finish_its_handshake() -> None:
    failed = failing(None, scheme="https", options={"timeout": 0.1})
    assert failed.words.startswith("dial tcp 127.0.0.1:")
    assert failed.words.endswith(": i/o timeout")


def test_the_system_s_resolver_is_asked_where_none_is_given() -> None:
    client = PullClient(name_server="192.0.2.1:53")

    async def ask(host: str) -> object:
        try:
            return await client.ask(ASK._replace(host=host))
        finally:
            await client.close()

    nobody = asyncio.run(ask("nobody.invalid"))
    assert isinstance(nobody, NoResponse)
    assert nobody.words.startswith("dial tcp: lookup nobody.invalid on 192.0.2.1:53: ")
    with closing(socket.socket()) as handle:
        handle.bind(("127.0.0.1", 0))
        port = handle.getsockname()[1]
        refused = asyncio.run(ask(f"127.0.0.1:{port}"))
    assert isinstance(refused, NoResponse)
    assert (refused.words, refused.refused, refused.reason) == (
        f"dial tcp 127.0.0.1:{port}: connect: connection refused",
        True,
        Reason.UNREACHABLE,
    )


def test_the_authority_may_be_a_file_and_is_the_only_one(tmp_path: Path) -> None:
    pem = authority().cert_pem.bytes()
    (tmp_path / "ca.pem").write_bytes(pem)
    for each in (pem, tmp_path / "ca.pem"):
        assert HTTPTransport(authority=each)._careful.cert_store_stats()["x509_ca"] == 1
