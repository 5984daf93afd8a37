"""Answers that are no, read: the body's first error, how long to wait, and the token in a yes.

Source: containers/image docker/distribution_error.go (``parseHTTPErrorResponse``), docker/docker_client.go
(``parseRetryAfter``, ``newBearerTokenFromHTTPResponseBody``).
"""

import email.utils
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus

from conformance.model.answers import ErrorResponse
from conformance.model.go_json import ANYTHING, INTEGER, TEXT, GoJSONError, Shape, array_of, unmarshal
from conformance.model.go_text import go_quote
from conformance.registry_client.challenge import Challenge, scope_error

UNAUTHORIZED = 401
_DETAILS = {UNAUTHORIZED: "UNAUTHORIZED", 429: "TOOMANYREQUESTS"}
SHORTEST_LIFE = 60
"""Seconds that a token is used at least."""

_BODY_SHOWN = 50
_IRREGULAR = Shape("struct", "object", {"details": TEXT})
_ERROR = Shape("errcode.Error", "object", {"code": TEXT, "message": TEXT, "detail": ANYTHING})
_ERRORS = Shape("struct", "object", {"errors": array_of(_ERROR)})
_NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time, which counts as none."""

_TOKEN = Shape(
    "struct",
    "object",
    {"token": TEXT, "access_token": TEXT, "expires_in": INTEGER, "issued_at": Shape("time.Time", "time")},
)


def read_error_response(
    step: str, status: int, found: Iterable[Challenge], body: bytes, phrase: str | None = None
) -> ErrorResponse:
    """Give a refusal with what its body and its challenges say; ``phrase`` is the server's own, if it has one."""
    phrase = None if phrase == _usual_phrase(status) else phrase
    error, description = scope_error(found) if status == UNAUTHORIZED else ("", "")
    first = _first_error(status, body)
    if first is None:
        text = body.decode(errors="surrogateescape")
        return ErrorResponse(
            step=step, status=status, body=text, scope_error=error, description=description, phrase=phrase
        )
    code, message, detail = first
    return ErrorResponse(
        step=step,
        status=status,
        code=code,
        message=message,
        detail=detail,
        scope_error=error,
        description=description,
        phrase=phrase,
    )


def _usual_phrase(status: int) -> str:
    """Give the phrase that goes with a status, empty for one that servers made up."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _first_error(status: int, body: bytes) -> tuple[str, str, bool] | None:
    """Give code, message and whether there is a detail; none where the body is not of the distribution-spec's form.

    Source: docker/distribution registry/api/errcode/errors.go, ``Errors.UnmarshalJSON``.
    """
    try:
        if details := unmarshal(body, _IRREGULAR)["details"]:
            return _DETAILS.get(status, "UNKNOWN"), details, False
    except GoJSONError:
        pass
    try:
        errors = unmarshal(body, _ERRORS)["errors"]
    except GoJSONError:
        return None
    if not errors:
        return None
    return errors[0]["code"] or "UNKNOWN", errors[0]["message"], errors[0]["detail"] is not None


def retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    """Give the seconds that ``Retry-After`` asks for, as a number or a date to come."""
    after = headers.get("Retry-After", "")
    try:
        return float(int(after))
    except ValueError:
        pass
    try:
        seconds = email.utils.parsedate_to_datetime(after).timestamp() - time.time()
    except ValueError:
        return otherwise
    return seconds if seconds > 0 else otherwise


def bearer_token(body: bytes, url: str, now: float) -> tuple[str, float]:
    """Give the token in the answer of a token service, and how many seconds it is valid from ``now`` on (Unix time).

    They are counted from when it was issued, which may be long ago. Raises ``GoJSONError``; ``url`` is where it came
    from, which the error says.
    """
    try:
        read = unmarshal(body, _TOKEN)
    except GoJSONError as error:
        start = go_quote(body[:_BODY_SHOWN].decode(errors="surrogateescape"))
        raise GoJSONError(f"decoding bearer token (last URL {go_quote(url)}, body start {start}): {error}") from None
    issued_at = datetime.fromisoformat(read["issued_at"] or _NEVER)
    issued = now if issued_at == datetime.fromisoformat(_NEVER) else issued_at.timestamp()
    return read["token"] or read["access_token"], issued + max(read["expires_in"], SHORTEST_LIFE) - now
