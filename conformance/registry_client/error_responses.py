"""Answers that are no, read: the body's first error, how long to wait, and the token in a yes.

Source: containers/image docker/distribution_error.go (``parseHTTPErrorResponse``), docker/docker_client.go
(``parseRetryAfter``, ``newBearerTokenFromHTTPResponseBody``).
"""

import email.utils
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.model.answers import ErrorResponse
from conformance.registry_client.challenge import Challenge, scope_error

UNAUTHORIZED = 401
_DETAILS = {UNAUTHORIZED: "UNAUTHORIZED", 429: "TOOMANYREQUESTS"}
SHORTEST_LIFE = 60
"""Seconds that a token is used at least."""


def read_error_response(step: str, status: int, found: Iterable[Challenge], body: bytes) -> ErrorResponse:
    """Give a refusal with what its body and its challenges say."""
    error, description = scope_error(found) if status == UNAUTHORIZED else ("", "")
    first = _first_error(status, body)
    if first is None:
        text = body.decode(errors="replace")
        return ErrorResponse(step=step, status=status, body=text, scope_error=error, description=description)
    code, message, detail = first
    return ErrorResponse(
        step=step,
        status=status,
        code=code,
        message=message,
        detail=detail,
        scope_error=error,
        description=description,
    )


def _first_error(status: int, body: bytes) -> tuple[str, str, bool] | None:
    """Give code, message and whether there is a detail; none where the body is not of the distribution-spec's form."""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    if isinstance(details := content.get("details"), str) and details:
        return _DETAILS.get(status, "UNKNOWN"), details, False
    errors = content.get("errors")
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return None
    first: dict[str, Any] = errors[0]
    return first.get("code") or "UNKNOWN", first.get("message") or "", first.get("detail") is not None


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


def bearer_token(body: bytes) -> tuple[str, float]:
    """Give the token in the answer of a token service, and how many seconds it is valid; raises ``ValueError``."""
    content = json.loads(body)
    if not isinstance(content, dict):
        msg = "this is no token"
        raise ValueError(msg)  # noqa: TRY004 (one kind of error: it cannot be read)
    token = content.get("token") or content.get("access_token") or ""
    return str(token), max(float(content.get("expires_in") or 0), SHORTEST_LIFE)
