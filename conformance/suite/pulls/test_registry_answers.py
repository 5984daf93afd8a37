"""Registries and token services that answer in their own way: odd tokens, odd refusals, words of their own."""

import json

import pytest

from conformance import Exchange, Pull, Reason, RegistryHost, RequestKind, Runtime, image, layer

NAME = "rhuss/caikit-flan-t5-small"
IMAGE = image([layer({"hello": "registry"})])
"""No other case has its layer, which a pull that failed might have left in the store."""

REQUESTS = 3
"""A manifest, a config and a layer."""

TOKENS = {
    "a-web-page": "<html>Please log in</html>",
    "nothing": "",
    "a-list": "[]",
    "a-text": '"token"',
    "a-numeric-token": '{"token": 1}',
    "a-life-in-words": '{"token": "x", "expires_in": "300"}',
    "a-life-with-a-fraction": '{"token": "x", "expires_in": 1.5}',
    "a-life-that-is-a-list": '{"token": "x", "expires_in": [1]}',
    "a-date-in-words": '{"token": "x", "issued_at": "yesterday"}',
    "a-date-that-is-none": '{"token": "x", "issued_at": "2026-13-01T00:00:00Z"}',
    "a-numeric-date": '{"token": "x", "issued_at": 1}',
}


@pytest.mark.parametrize("answer", TOKENS.values(), ids=TOKENS)
class TestTokensThatAreNone:
    """docker.io's token service answers 200 with something that is no token."""

    def test_the_error_explains_the_registry(self, runtime: Runtime, docker_io: RegistryHost, answer: str) -> None:
        """The error says of a registry whose token service gives no token that what it gave is broken."""
        docker_io.store(NAME, IMAGE)
        docker_io.answer(RequestKind.TOKEN, answer)
        assert runtime.pull(f"docker.io/{NAME}").reasons == {docker_io: Reason.BROKEN}

    def test_the_next_registry_serves(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, answer: str
    ) -> None:
        """A search registry whose token service gives no token sends the pull to the next one."""
        docker_io.answer(RequestKind.TOKEN, answer)
        quay_io.store(NAME, IMAGE)
        assert runtime.pull(NAME).image_hosts == (quay_io,)


def test_a_challenge_that_names_no_token_service(
    runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """A search registry that wants a token, and does not say from whom, sends the pull to the next one."""
    challenge = {"WWW-Authenticate": 'Bearer service="registry.docker.io"'}
    docker_io.answer(RequestKind.PING, status=401, headers=challenge)
    quay_io.store(NAME, IMAGE)
    assert (runtime.pull(f"docker.io/{NAME}").reasons, runtime.pull(NAME).image_hosts) == (
        {docker_io: Reason.BROKEN},
        (quay_io,),
    )


LIVES = {
    "in-full": ({}, 1),
    "without-members": ({"expires_in": None, "issued_at": None, "access_token": None}, 1),
    "of-a-second": ({"expires_in": 1}, 1),
    "issued-now-by-zero": ({"issued_at": "0001-01-01T00:00:00Z"}, 1),
    "issued-long-ago": ({"issued_at": "2020-01-01T00:00:00Z"}, REQUESTS),
    "issued-to-come": ({"issued_at": "2120-01-01T00:00:00+01:00", "expires_in": -1}, 1),
}


@pytest.mark.parametrize(("members", "tokens"), LIVES.values(), ids=LIVES)
def test_a_token_is_used_as_long_as_it_lives(
    runtime: Runtime, docker_io: RegistryHost, members: dict[str, object], tokens: int
) -> None:
    """A token lives a minute at least from when it was issued, and is had anew for every request once it is dead."""
    docker_io.store(NAME, IMAGE)
    docker_io.amend_tokens(**members)
    pull = runtime.pull(f"docker.io/{NAME}")
    assert (pull.succeeded, asked(pull, RequestKind.TOKEN)) == (True, tokens)


def asked(pull: Pull, kind: RequestKind) -> int:
    """Count the requests of a kind."""
    return sum(isinstance(each, Exchange) and each.kind is kind for each in pull.evidence.exchanges)


REFUSALS = {
    "a-long-web-page": (404, b"<html>" + b"no " * 40, Reason.NOT_FOUND),
    "a-page-cut-in-a-letter": (404, b"." * 49 + "ö".encode(), Reason.NOT_FOUND),
    "bytes-that-are-no-text": (404, b"\xff\x00\n" * 20, Reason.NOT_FOUND),
    "nothing": (404, b"", Reason.NOT_FOUND),
    "keys-in-capitals": (403, b'{"ERRORS": [{"CODE": "DENIED", "Message": "no"}]}', Reason.DENIED),
    "a-numeric-code": (403, b'{"errors": [{"code": 403}]}', Reason.DENIED),
    "a-mark-of-byte-order": (404, b'\xef\xbb\xbf{"errors": [{"code": "MANIFEST_UNKNOWN"}]}', Reason.NOT_FOUND),
    "details": (429, b'{"details": "slow down"}', Reason.TOO_MANY_REQUESTS),
    "no-error-in-the-list": (404, b'{"errors": [null]}', Reason.NOT_FOUND),
    "an-error-without-code": (404, b'{"errors": [{}]}', Reason.NOT_FOUND),
    "no-list": (404, b'{"errors": null}', Reason.NOT_FOUND),
    "another-object": (404, b'{"error": "no"}', Reason.NOT_FOUND),
}


@pytest.mark.parametrize(("status", "body", "reason"), REFUSALS.values(), ids=REFUSALS)
class TestOddRefusals:
    """docker.io refuses every manifest with a body that is not of the distribution-spec's form, or barely."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, status: int, body: bytes) -> Pull:
        """The full name is pulled."""
        docker_io.answer(RequestKind.MANIFEST, body, status=status, headers={"Retry-After": "0"})
        return runtime.pull(f"docker.io/{NAME}")

    def test_the_error_says_why(self, pull: Pull, docker_io: RegistryHost, reason: Reason) -> None:
        """Whatever a registry writes beside its status, the error says of that registry why it did not serve."""
        assert pull.reasons == {docker_io: reason}


PING = pytest.param(
    RequestKind.PING,
    marks=pytest.mark.releases(">=1.35", "before 1.35 a host in 127.0.0.0/8 is asked without TLS next, which is told"),
)
TOKEN = pytest.param(
    RequestKind.TOKEN, marks=pytest.mark.releases(">=1.33", "before 1.33 a token service's status has its usual words")
)
PHRASES = {
    "of-its-own": (503, "Backend is on fire"),
    "for-a-made-up-status": (599, "Odd"),
    "usual": (502, "Bad Gateway"),
}


@pytest.mark.parametrize(("status", "phrase"), PHRASES.values(), ids=PHRASES)
@pytest.mark.parametrize("kind", [RequestKind.MANIFEST, PING, TOKEN])
def test_the_error_repeats_the_status_line(
    runtime: Runtime, docker_io: RegistryHost, kind: RequestKind, status: int, phrase: str
) -> None:
    """The error of a registry that fails has the status and the words that the registry put beside it."""
    docker_io.answer(kind, json.dumps({"errors": []}), status=status, phrase=phrase)
    pull = runtime.pull(f"docker.io/{NAME}")
    assert pull.error is not None
    assert (pull.reasons, pull.error.says(f"{status} {phrase}")) == ({docker_io: Reason.BROKEN}, True)
