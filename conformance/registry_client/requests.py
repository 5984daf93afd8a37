"""Requests to a registry host with what the host wants to see: tokens, Basic authentication, retries.

Source: containers/image docker/docker_client.go (``makeRequestToResolvedURL``, ``setupRequestAuth``,
``getBearerToken``). Methods are small on purpose: each is one rule, which a variant may replace.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from conformance.model.answers import ErrorResponse, Login, NoResponse, UnusableResponse
from conformance.model.go_json import GoJSONError
from conformance.registry_client.challenge import NO_REALM, Challenge, challenges, insufficient_scope, token_url
from conformance.registry_client.connection_errors import TransportError
from conformance.registry_client.downloads import ContentCache, Download
from conformance.registry_client.error_responses import bearer_token, read_error_response, retry_after
from conformance.registry_client.http_transport import HTTPTransport, Resolve, Response

OK, UNAUTHORIZED, TOO_MANY_REQUESTS = 200, 401, 429
TRIES = 5
FIRST_DELAY, LONGEST_DELAY = 2.0, 60.0
USER_AGENT = "crio-conformance (as containers/image)"
NOTHING: Mapping[str, str] = MappingProxyType({})


class PullRequestError(Exception):
    """A request that was not granted; ``answer`` says why."""

    def __init__(self, answer: ErrorResponse | UnusableResponse | NoResponse) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass
class RegistrySession:
    """What is known of a registry host after its ping: scheme and server (``base``), its challenges, and tokens.

    ``tokens`` maps the scope that each has beside ``scope`` (empty: none) to the token and until when it is valid
    (``time.monotonic``).
    """

    base: str
    challenges: tuple[Challenge, ...]
    scope: str
    login: Login | None
    insecure: bool
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)


class HTTPRequest(NamedTuple):
    """One request: for which step of a pull, of which URL, and in which session, if it is to show anything."""

    step: str
    url: str
    headers: Mapping[str, str] = NOTHING
    insecure: bool = False
    session: RegistrySession | None = None
    incoming: Download | None = None


class Requester:
    """Makes requests; to be used in one event loop, by many pulls at once.

    ``resolve``, ``shown``, ``authority``, ``name_server`` and ``timeout``: see ``HTTPTransport``. ``pings_v1``: a host
    that answers no ping is asked for ``/v1/_ping``, too (CRI-O 1.31, 1.32). ``sleep`` waits between tries when there
    were too many. ``contents`` has the manifests and configs that came.
    """

    transport_type: type[HTTPTransport] = HTTPTransport

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        shown: Resolve | None = None,
        authority: Path | bytes | None = None,
        name_server: str | None = None,
        timeout: float = 30.0,
        pings_v1: bool = False,
        user_agent: str = USER_AGENT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.transport = self.transport_type(
            resolve=resolve, shown=shown, authority=authority, name_server=name_server, timeout=timeout
        )
        self.pings_v1 = pings_v1
        self.user_agent = user_agent
        self.sleep = sleep
        self.contents = ContentCache()

    async def close(self) -> None:
        """Close all connections, when no request is under way."""
        await self.transport.close()

    async def with_retries(self, request: HTTPRequest) -> Response:
        """Make a request, again with the scope that it lacked, and again where there were too many."""
        delay, extra, tries = FIRST_DELAY, "", 0
        while True:
            tries += 1
            response = await self.once(request, extra)
            lacking = insufficient_scope(challenged(response)) if response.status == UNAUTHORIZED else ""
            if lacking and request.session is not None and tries == 1:
                extra = lacking
                response = await self.once(request, extra)
            if response.status != TOO_MANY_REQUESTS or tries == TRIES:
                return response
            delay = min(retry_after(response.headers, delay), LONGEST_DELAY)
            await self.sleep(delay)
            delay *= 2

    async def once(self, request: HTTPRequest, extra: str) -> Response:
        """Make a request once, with what the session has to show for its scope and one more."""
        headers = {"Docker-Distribution-API-Version": "registry/2.0", **request.headers}
        if request.session is not None:
            authorization = await self.authorization(request.session, extra)
            if authorization:
                headers["Authorization"] = authorization
        return await self.send(request, headers)

    async def send(self, request: HTTPRequest, headers: Mapping[str, str]) -> Response:
        """Send a request with these headers and the user agent; no response raises ``PullRequestError``."""
        step, url, _, insecure, session, incoming = request
        insecure = session.insecure if session else insecure
        sent = {**headers, "User-Agent": self.user_agent, "Accept-Encoding": "gzip"}
        try:
            return await self.transport.get(url, sent, insecure=insecure, sink=incoming.feed if incoming else None)
        except TransportError as end:
            failed = NoResponse(step=step, url=end.url, words=end.words, reason=end.reason, refused=end.refused)
            raise PullRequestError(failed) from end

    def refused(self, step: str, response: Response) -> ErrorResponse:
        """Put a response that is no into the model's terms."""
        return read_error_response(step, response.status, challenged(response), response.body, response.phrase)

    # Credentials

    async def authorization(self, session: RegistrySession, extra: str) -> str:
        """Give what answers the first challenge of the ping that can be answered."""
        for challenge in session.challenges:
            match challenge.scheme:
                case "basic":
                    return self.basic(session.login or Login("", ""))
                case "bearer":
                    return f"Bearer {await self.token(session, challenge, extra)}"
        return ""

    def basic(self, login: Login) -> str:
        """Give the ``Authorization`` header for a user name and password (RFC 7617)."""
        return "Basic " + b64encode(f"{login.user}:{login.password}".encode(errors="surrogateescape")).decode()

    async def token(self, session: RegistrySession, challenge: Challenge, extra: str) -> str:
        """Give the token for the session's scope, and one more; the one that is there while it is valid."""
        token, until = session.tokens.get(extra, ("", 0.0))
        if time.monotonic() >= until:
            scopes = [session.scope, *([extra] if extra else [])]
            token, seconds = await self.new_token(session, challenge, scopes)
            session.tokens[extra] = token, time.monotonic() + seconds
        return token

    async def new_token(self, session: RegistrySession, challenge: Challenge, scopes: list[str]) -> tuple[str, float]:
        """Ask the token service that the host names; gives the token and for how many seconds it is valid."""
        login = session.login
        realm = self.realm(challenge)
        if login and not self.may_send_login(session, realm):
            login = None
        request = HTTPRequest("token", token_url(realm, challenge, scopes, login), insecure=session.insecure)
        shown = {"Authorization": self.basic(login)} if login and login.user and login.password else NOTHING
        response = await self.send(request, shown)
        if response.status != OK:
            raise PullRequestError(self.refused("token", response))
        try:
            return bearer_token(response.body, response.url, time.time())
        except GoJSONError as error:
            raise PullRequestError(UnusableResponse(step="token", words=str(error))) from error

    def may_send_login(self, session: RegistrySession, realm: str) -> bool:
        """Tell whether a token service may see a login: as with containers/image, any that the host names."""
        del session, realm
        return True

    def realm(self, challenge: Challenge) -> str:
        """Give the URL of the token service that a challenge names."""
        realm = challenge.parameters.get("realm")
        if realm is None:
            raise PullRequestError(UnusableResponse(step="token", words=NO_REALM))
        scheme = urlsplit(realm).scheme
        if scheme not in {"https", "http"}:
            words = f'unsupported protocol scheme "{scheme}"'
            raise PullRequestError(NoResponse(step="token", url=realm, words=words))
        return realm


def challenged(response: Response) -> tuple[Challenge, ...]:
    """Read the challenges in the ``WWW-Authenticate`` headers of a response."""
    return challenges(response.headers.getall("WWW-Authenticate", []))
