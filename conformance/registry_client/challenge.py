"""What a registry wants before it answers: ``WWW-Authenticate``, read as containers/image reads it.

Source: containers/image docker/wwwauthenticate.go (``parseValueAndParams``): one challenge in each header, and what
cannot be read ends it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from conformance.model.answers import Login

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 (RFC 9110's word, no secret)
_SCHEME = re.compile(rf"({_TOKEN})\s*")
_PARAMETER = re.compile(rf',\s*({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")\s*')
NO_REALM = "missing realm in bearer auth challenge"
"""What is said of a challenge that names no token service (containers/image docker/docker_client.go,
``getBearerToken``)."""

_ESCAPE = re.compile(r"\\(.)")
SCOPE_PARTS = 3


class Challenge(NamedTuple):
    """A scheme (``bearer``, ``basic``) and its parameters."""

    scheme: str
    parameters: Mapping[str, str]

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, header: str) -> "Challenge | None":
        """Read one header; none where no scheme is in it."""
        match = _SCHEME.match(header)
        if match is None:
            return None
        text, at, parameters = "," + header[match.end() :], 0, {}
        while (parameter := _PARAMETER.match(text, at)) is not None:
            name, token, quoted = parameter.groups()
            if not (value := token or _ESCAPE.sub(r"\1", quoted)):
                break
            parameters[name.lower()] = value
            at = parameter.end()
        return cls(match[1].lower(), MappingProxyType(parameters))


def challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read all ``WWW-Authenticate`` headers of an answer."""
    return tuple(challenge for header in headers if (challenge := Challenge.parse(header)) is not None)


def insufficient_scope(found: Iterable[Challenge]) -> str:
    """Give the scope that the token lacked, empty where that is not the matter.

    Source: containers/image docker/docker_client.go, ``needsRetryWithUpdatedScope``.
    """
    for scheme, parameters in found:
        if scheme == "bearer" and parameters.get("error") == "insufficient_scope":
            scope = parameters.get("scope", "")
            if len(scope.split(":")) == SCOPE_PARTS:
                return scope
    return ""


def scope_error(found: Iterable[Challenge]) -> tuple[str, str]:
    """Give the error by which a challenge says what is wrong with a token, and its description.

    Both are empty where no challenge says so. Source: containers/image docker/distribution_error.go,
    ``handleErrorResponse``.
    """
    for scheme, parameters in found:
        if scheme == "bearer" and (error := parameters.get("error", "")) in {"invalid_token", "insufficient_scope"}:
            return error, parameters.get("error_description", "")
    return "", ""


def token_url(realm: str, challenge: Challenge, scopes: Iterable[str], login: Login | None) -> str:
    """Complete the URL of a token service, as ``url.Values.Encode`` would."""
    parts = urlsplit(realm)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    if login and login.user:
        asked.append(("account", login.user))
    if service := challenge.parameters.get("service"):
        asked.append(("service", service))
    asked += (("scope", scope) for scope in scopes)
    return urlunsplit(parts._replace(query=urlencode(sorted(asked, key=lambda pair: pair[0]))))
