"""How the model words what registries answer: as containers/image does, seen on live releases where it can be."""

import pytest

from conformance.model.answers import ErrorResponse, NoResponse, RegistryRequest
from conformance.model.error_texts import DEFAULT_MESSAGES, reason_for, refusal, server_of, unanswered
from conformance.model.go_text import go_quote
from conformance.model.profile import profile
from conformance.model.reason import Reason
from conformance.model.release import Release

ASK = RegistryRequest("quay.io", "rhuss/app", "latest")
NAME = "quay.io/rhuss/app"


def manifest(status: int, code: str = "", message: str = "", **more: str | bool) -> ErrorResponse:
    facts: dict[str, object] = {"step": "manifest", "status": status, "code": code, "message": message, **more}
    return ErrorResponse(**facts)  # type: ignore[arg-type]


def told(answer: ErrorResponse | NoResponse, release: str = "1.36.3", ask: RegistryRequest = ASK) -> str:
    return unanswered(ask, NAME, answer, profile(Release(release)))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("rhuss/app", '"rhuss/app"'),
        ('a"b', r'"a\"b"'),
        ("a\\b", r'"a\\b"'),
        ("a\nb\tc\rd", r'"a\nb\tc\rd"'),
        ("\a\b\f\v", r'"\a\b\f\v"'),
        ("\0\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("'", '"\'"'),
        ("äpp €", '"äpp €"'),
        ("🙂", '"🙂"'),
        ("\x80\xa0\xad", r'"\u0080\u00a0\u00ad"'),
        ("\u200b\ue000\u3000", r'"\u200b\ue000\u3000"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_a_text_is_quoted_as_go_quotes_it(text: str, quoted: str) -> None:
    assert go_quote(text) == quoted


@pytest.mark.parametrize(
    ("host", "server"),
    [("docker.io", "registry-1.docker.io"), ("quay.io", "quay.io"), ("docker.io:443", "docker.io:443")],
)
def test_docker_io_is_asked_at_its_registry(host: str, server: str) -> None:
    assert server_of(host) == server


# An HTTP answer that is no


@pytest.mark.parametrize(("code", "message"), DEFAULT_MESSAGES.items())
def test_a_code_alone_and_a_code_with_its_usual_message_are_worded_by_the_code(code: str, message: str) -> None:
    words = code.lower().replace("_", " ")
    assert refusal(manifest(404, code)) == words
    assert refusal(manifest(404, code, message)) == words
    assert refusal(manifest(404, code, "Failed to fetch")) == f"{words}: Failed to fetch"
    assert refusal(manifest(404, code, message, detail=True)) == message
    assert refusal(manifest(404, code, "", detail=True)) == f"{words}: "


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (manifest(404, "MANIFEST_UNKNOWN", "manifest unknown"), "manifest unknown"),
        (
            manifest(404, "MANIFEST_UNKNOWN", "Failed to fetch the manifest"),
            "manifest unknown: Failed to fetch the manifest",
        ),
        (manifest(404, "NAME_UNKNOWN", "repository name not known to registry"), "name unknown"),
        (manifest(404, "NAME_UNKNOWN", "Repository not found"), "name unknown: Repository not found"),
        (
            manifest(401, "UNAUTHORIZED", "access to the requested resource is not authorized", detail=True),
            "unauthorized: access to the requested resource is not authorized",
        ),
        (manifest(401, "UNAUTHORIZED", "authentication required", detail=True), "authentication required"),
        (
            manifest(401, "UNAUTHORIZED", "authentication required", scope_error="insufficient_scope"),
            "requested access to the resource is denied",
        ),
        (
            manifest(401, "UNAUTHORIZED", "x", scope_error="insufficient_scope", description="not yours"),
            "denied: not yours",
        ),
        (
            manifest(401, scope_error="insufficient_scope", description="requested access to the resource is denied"),
            "requested access to the resource is denied",
        ),
        (manifest(401, "DENIED", "no", scope_error="invalid_token"), "authentication required"),
        (manifest(401, scope_error="invalid_token", description="expired"), "unauthorized: expired"),
        (manifest(401, "UNAUTHORIZED", "no", scope_error="another"), "unauthorized: no"),
        (manifest(403, "UNAUTHORIZED", "no", scope_error="insufficient_scope"), "unauthorized: no"),
        (
            manifest(429, "TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit."),
            "toomanyrequests: You have reached your unauthenticated pull rate limit.",
        ),
        (manifest(418, "UNKNOWN", "unknown error"), "unknown"),
        (manifest(404, "ODD", "what"), "unknown: what"),
        (manifest(500, "UNKNOWN", "x"), "received unexpected HTTP status: 500 Internal Server Error"),
        (manifest(503, "UNAVAILABLE", "x"), "received unexpected HTTP status: 503 Service Unavailable"),
        (manifest(302), "received unexpected HTTP status: 302 Found"),
        (manifest(520), "received unexpected HTTP status: 520"),
        (manifest(401, body="<html>"), "authentication required"),
        (manifest(404, body=""), 'StatusCode: 404, ""'),
        (manifest(404, body='<p class="x">\n'), r'StatusCode: 404, "<p class=\"x\">\n"'),
        (manifest(403, body="x" * 50), f'StatusCode: 403, "{"x" * 50}"'),
        (manifest(403, body="x" * 51), f'StatusCode: 403, "{"x" * 50}..."'),
    ],
)
def test_a_refusal_is_worded_by_code_message_and_status(answer: ErrorResponse, said: str) -> None:
    assert refusal(answer) == said


# What was asked for


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (manifest(404, "MANIFEST_UNKNOWN"), "reading manifest latest in quay.io/rhuss/app: manifest unknown"),
        (ErrorResponse(step="blob", status=404, code="BLOB_UNKNOWN"), "fetching blob: blob unknown"),
        (
            ErrorResponse(step="ping", status=503),
            "pinging container registry quay.io: received unexpected HTTP status: 503 Service Unavailable",
        ),
        (
            NoResponse(step="ping", url="https://quay.io/v2/", words="EOF"),
            'pinging container registry quay.io: Get "https://quay.io/v2/": EOF',
        ),
        (NoResponse(step="token", url="https://quay.io/v2/auth", words="EOF"), 'Get "https://quay.io/v2/auth": EOF'),
        (
            NoResponse(step="manifest", url="https://quay.io/v2/rhuss/app/manifests/latest", words="EOF"),
            'Get "https://quay.io/v2/rhuss/app/manifests/latest": EOF',
        ),
        (NoResponse(step="blob", url="https://cdn.quay.io/x", words="EOF"), 'Get "https://cdn.quay.io/x": EOF'),
    ],
)
def test_the_step_that_failed_is_told(answer: ErrorResponse | NoResponse, said: str) -> None:
    assert told(answer) == said


def test_docker_io_s_ping_names_the_server() -> None:
    answer = NoResponse(step="ping", url="https://registry-1.docker.io/v2/", words="EOF")
    said = told(answer, ask=RegistryRequest("docker.io", "library/app", "latest"))
    assert said == 'pinging container registry registry-1.docker.io: Get "https://registry-1.docker.io/v2/": EOF'


@pytest.mark.parametrize(
    ("status", "before", "since"),
    [
        (
            403,
            "Requesting bearer token: invalid status code from registry 403 (Forbidden)",
            "Requesting bearer token: received unexpected HTTP status: 403 Forbidden",
        ),
        (
            500,
            "Requesting bearer token: invalid status code from registry 500 (Internal Server Error)",
            "Requesting bearer token: received unexpected HTTP status: 500 Internal Server Error",
        ),
        (429, "too many requests to registry", "too many requests to registry"),
        (
            401,
            "unable to retrieve auth token: invalid username/password: unauthorized: Invalid Username or Password",
            "unable to retrieve auth token: invalid username/password: unauthorized: Invalid Username or Password",
        ),
    ],
)
def test_a_token_service_is_worded_anew_from_1_33_on(status: int, before: str, since: str) -> None:
    answer = ErrorResponse(step="token", status=status, code="UNAUTHORIZED", message="Invalid Username or Password")
    assert [told(answer, each) for each in ("1.31.13", "1.32.13")] == [before] * 2
    assert [told(answer, each) for each in ("1.33.0", "1.34.11", "1.36.3")] == [since] * 3


# The reason


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (manifest(401, "UNAUTHORIZED"), Reason.UNAUTHORIZED),
        (manifest(401, "UNAUTHORIZED", scope_error="insufficient_scope"), Reason.DENIED),
        (manifest(401, "UNAUTHORIZED", scope_error="invalid_token"), Reason.UNAUTHORIZED),
        (manifest(401, "DENIED"), Reason.DENIED),
        (manifest(403), Reason.DENIED),
        (manifest(404, "MANIFEST_UNKNOWN"), Reason.NOT_FOUND),
        (manifest(429), Reason.TOO_MANY_REQUESTS),
        (manifest(500), Reason.BROKEN),
        (manifest(503), Reason.BROKEN),
        (manifest(418), Reason.UNCLEAR),
        (ErrorResponse(step="token", status=401), Reason.LOGIN_REFUSED),
        (ErrorResponse(step="token", status=403), Reason.DENIED),
        (ErrorResponse(step="blob", status=404, code="BLOB_UNKNOWN"), Reason.NOT_FOUND),
        (NoResponse(step="ping", url="", words="EOF"), Reason.UNREACHABLE),
        (NoResponse(step="ping", url="", words="no", reason=Reason.UNKNOWN_HOST), Reason.UNKNOWN_HOST),
    ],
)
def test_an_answer_has_one_reason(answer: ErrorResponse | NoResponse, why: Reason) -> None:
    assert reason_for(answer) is why
