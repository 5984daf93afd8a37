"""The client's requests one by one: tokens, basic authentication, and retries."""

import time
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

import pytest

from conformance.model.answers import ErrorResponse, Login, Manifest, NoResponse, UnusableResponse
from tests.registry_client.scripted_registry import (
    ASK,
    BASIC,
    LOGIN,
    MANIFEST,
    PING,
    TOKEN,
    WHERE,
    Reply,
    Scripted,
    by_path,
    wanting,
)

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
    ("members", "tokens"),
    [
        ('"issued_at": null, "expires_in": null', 1),
        ('"expires_in": -5', 1),
        ('"issued_at": "0001-01-01T00:00:00Z"', 1),
        ('"issued_at": "2020-01-01T00:00:00.123+02:00", "expires_in": 300', 2),
        ('"issued_at": "2120-01-01T00:00:00Z"', 1),
    ],
)
def test_a_token_lives_from_when_it_was_issued(members: str, tokens: int) -> None:
    registry = Scripted(by_path(v2=wanting(), token=Reply(200, f'{{"token": "t", {members}}}'.encode())))
    registry.ask(ASK, ASK._replace(opens=False, reference="other"))
    assert [sent.path.partition("?")[0] for sent in registry.sent].count("/token") == tokens


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"no", "body start \"no\"): invalid character 'o' in literal null (expecting 'u')"),
        (b"[" + b" " * 60 + b"]", f'body start "[{" " * 49}"): json: cannot unmarshal array'),
        (b'{"token": 1}', r'body start "{\"token\": 1}"): json: cannot unmarshal number'),
        (b'{"expires_in": [1]}', r'body start "{\"expires_in\": [1]}"): json: cannot unmarshal array'),
        (b'{"expires_in": 1.5}', r'body start "{\"expires_in\": 1.5}"): json: cannot unmarshal number 1.5'),
        (b'{"issued_at": "now"}', r'body start "{\"issued_at\": \"now\"}"): parsing time "now" as'),
    ],
)
def test_a_token_service_that_gives_no_token(body: bytes, words: str) -> None:
    (answer,) = Scripted(by_path(v2=wanting(), token=Reply(200, body))).ask(ASK)
    assert isinstance(answer, UnusableResponse)
    begin = 'decoding bearer token (last URL "http://r.example/token?scope=repository%3Ateam%2Fapp%3Apull'
    assert (answer.step, answer.words[: len(begin)]) == ("token", begin)
    assert words in answer.words


def test_a_challenge_without_a_token_service() -> None:
    registry = Scripted(by_path(v2=Reply(401, headers={"WWW-Authenticate": "Bearer"})))
    assert registry.ask(ASK) == [UnusableResponse(step="token", words="missing realm in bearer auth challenge")]


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
