"""How CRI-O, and containers/image below it, word what goes wrong: answers in, sentences out.

Source: containers/image docker/errors.go, docker/distribution_error.go, docker/docker_client.go and the error codes of
docker/distribution (registry/api/errcode/register.go, registry/api/v2/errors.go).
"""

from dataclasses import replace
from http import HTTPStatus

from conformance.model.answers import ErrorResponse, NoResponse, Refusal, RegistryRequest, UnusableResponse
from conformance.model.go_text import go_quote
from conformance.model.profile import Profile
from conformance.model.reason import Reason

DOCKER_SERVER = "registry-1.docker.io"
"""The server that is asked for docker.io (containers/image docker/docker_client.go, ``dockerRegistry``)."""

DEFAULT_MESSAGES = {
    "UNKNOWN": "unknown error",
    "UNSUPPORTED": "The operation is unsupported.",
    "UNAUTHORIZED": "authentication required",
    "DENIED": "requested access to the resource is denied",
    "UNAVAILABLE": "service unavailable",
    "TOOMANYREQUESTS": "too many requests",
    "DIGEST_INVALID": "provided digest did not match uploaded content",
    "SIZE_INVALID": "provided length did not match content length",
    "NAME_INVALID": "invalid repository name",
    "TAG_INVALID": "manifest tag did not match URI",
    "NAME_UNKNOWN": "repository name not known to registry",
    "MANIFEST_UNKNOWN": "manifest unknown",
    "MANIFEST_INVALID": "manifest invalid",
    "MANIFEST_UNVERIFIED": "manifest failed signature verification",
    "MANIFEST_BLOB_UNKNOWN": "blob unknown to registry",
    "BLOB_UNKNOWN": "blob unknown to registry",
}
"""The message that goes with each error code of the distribution-spec when a registry adds nothing of its own."""

TLS_TROUBLE = "tls: failed to verify certificate: "
"""How Go 1.20 and later begin to say that a certificate cannot be trusted."""

CLIENT_ERRORS = range(400, 500)
_BODY_SHOWN = 50
_SCOPE_ERRORS = {"insufficient_scope": "DENIED", "invalid_token": "UNAUTHORIZED"}


def server_of(host: str) -> str:
    """Give the name under which a registry host is asked: docker.io's is ``registry-1.docker.io``."""
    return DOCKER_SERVER if host == "docker.io" else host


def refusal(answer: ErrorResponse, *, all_errors: bool = False) -> str:
    """Word an HTTP answer that is no; ``all_errors`` as in a profile.

    Source: containers/image docker/errors.go, ``registryHTTPResponseToError``.
    """
    if answer.scope_error in _SCOPE_ERRORS and answer.status == HTTPStatus.UNAUTHORIZED:
        code = _SCOPE_ERRORS[answer.scope_error]
        scope = _coded(code, answer.description or DEFAULT_MESSAGES[code], always=all_errors)
        return f"errors:\n{scope}\n{_of_body(answer, all_errors=True)}\n" if all_errors else scope
    return _of_body(answer, all_errors=all_errors)


def _of_body(answer: ErrorResponse, *, all_errors: bool) -> str:
    """Word an HTTP answer by its status and body."""
    status = answer.status
    if status not in CLIENT_ERRORS:
        return f"received unexpected HTTP status: {status} {_phrase(answer)}".rstrip()
    if not answer.code:
        if status == HTTPStatus.UNAUTHORIZED:
            return DEFAULT_MESSAGES["UNAUTHORIZED"]
        body = answer.body.encode(errors="surrogateescape")
        shown = body[:_BODY_SHOWN].decode(errors="surrogateescape") + "..." * (len(body) > _BODY_SHOWN)
        return f"StatusCode: {status}, {go_quote(shown)}"
    code = answer.code if answer.code in DEFAULT_MESSAGES else "UNKNOWN"
    if not answer.detail and answer.message in {"", DEFAULT_MESSAGES[code]}:
        return _words(code)
    return _coded(code, answer.message, always=all_errors)


def _coded(code: str, message: str, *, always: bool) -> str:
    """Word an error code and its message; the code is not said beside its own message, unless it always is."""
    return message if message == DEFAULT_MESSAGES[code] and not always else f"{_words(code)}: {message}"


def _words(code: str) -> str:
    return code.lower().replace("_", " ")


def _phrase(answer: ErrorResponse) -> str:
    """Give the server's own phrase, else the usual one of the status, empty for one that servers made up."""
    if answer.phrase is not None:
        return answer.phrase
    try:
        return HTTPStatus(answer.status).phrase
    except ValueError:
        return ""


def unanswered(ask: RegistryRequest, name: str, answer: Refusal, profile: Profile) -> str:
    """Word why a host did not give what it was asked for; ``name`` is the repository with the host.

    Source: containers/image docker/docker_client.go (``detectProperties``, ``getBearerToken``, ``fetchManifest``,
    ``getBlob``).
    """
    if isinstance(answer, UnusableResponse):
        return answer.words
    if isinstance(answer, NoResponse):
        words = answer.words if profile.names_tls else answer.words.removeprefix(TLS_TROUBLE)
        text = f'Get "{answer.url}": {words}'
    elif answer.step == "token":
        return _token_refusal(answer, profile)
    else:
        text = refusal(answer, all_errors=profile.all_errors)
    match answer.step:
        case "ping":
            return f"pinging container registry {server_of(ask.host)}: {text}"
        case "manifest" if isinstance(answer, ErrorResponse):
            return f"reading manifest {ask.reference} in {name}: {text}"
        case "blob" if isinstance(answer, ErrorResponse):
            return f"fetching blob: {text}"
    return text


def _token_refusal(answer: ErrorResponse, profile: Profile) -> str:
    """Word the answer of a token service (``httpResponseToError``)."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "too many requests to registry"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        words = refusal(answer, all_errors=profile.all_errors)
        return f"unable to retrieve auth token: invalid username/password: {words}"
    phrased = answer if profile.token_phrase else replace(answer, phrase=None)
    status = profile.token_status.format(status=answer.status, phrase=_phrase(phrased))
    return f"Requesting bearer token: {status}"


def reason_for(answer: Refusal) -> Reason:
    """Give the reason that an answer is for not serving, ``UNCLEAR`` where it may be any."""
    if isinstance(answer, UnusableResponse):
        return Reason.BROKEN
    if isinstance(answer, NoResponse):
        return answer.reason
    if answer.status >= CLIENT_ERRORS.stop:
        return Reason.BROKEN
    if answer.step == "token":
        return _TOKEN_REASONS.get(answer.status, Reason.UNCLEAR)
    if answer.scope_error == "insufficient_scope" or answer.code == "DENIED":
        return Reason.DENIED
    return _REASONS.get(answer.status, Reason.UNCLEAR)


_TOKEN_REASONS: dict[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.LOGIN_REFUSED,
    HTTPStatus.FORBIDDEN: Reason.DENIED,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.TOO_MANY_REQUESTS,
}
_REASONS: dict[int, Reason] = {
    HTTPStatus.UNAUTHORIZED: Reason.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: Reason.DENIED,
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.TOO_MANY_REQUESTS,
}
