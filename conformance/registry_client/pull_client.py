"""The client: makes one request of a pull over HTTP, as containers/image does.

Source: containers/image docker/docker_client.go (``detectPropertiesHelper``, ``fetchManifest``, ``getBlob``). Methods
are small on purpose: each is one rule, which a variant may replace.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from conformance.model.answers import Answer, FetchedBlob, HostAddress, Login, Manifest, NoResponse, RegistryRequest
from conformance.model.error_texts import server_of
from conformance.registry_client.challenge import Challenge
from conformance.registry_client.connection_errors import TransportError
from conformance.registry_client.downloads import Download
from conformance.registry_client.http_transport import Response
from conformance.registry_client.requests import (
    NOTHING,
    OK,
    UNAUTHORIZED,
    HTTPRequest,
    PullRequestError,
    RegistrySession,
    Requester,
    challenged,
)

MAX_SESSIONS = 512
"""How many sessions are remembered; the oldest makes room."""

MANIFEST_TYPES = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
    )
)
"""What is accepted as a manifest (containers/image manifest/manifest.go, ``DefaultRequestedManifestMIMETypes``)."""


class PullClient(Requester):
    """Asks registries; what it is made with, see ``Requester``."""

    @cached_property
    def _sessions(self) -> dict[tuple[str, str, Login | None, bool], RegistrySession]:
        """The sessions by host, repository, login and whether anything goes."""
        return {}

    async def send_request(self, ask: RegistryRequest) -> Answer:
        """Make one request of a pull; what goes wrong is an answer, too, and raises nothing."""
        if ask.lookup:
            return await self.look_up(ask.host)
        try:
            session = await self.session(ask)
            return await (self.blob if ask.blob else self.manifest)(session, ask)
        except PullRequestError as end:
            return end.answer

    async def look_up(self, host: str) -> HostAddress | NoResponse:
        """Find a host's address, and say whether it is in 127.0.0.0/8."""
        try:
            address = await self.transport.address_of(host)
        except TransportError as failure:
            return NoResponse(
                step="lookup", url="", words=failure.words.removeprefix("dial tcp: "), reason=failure.reason
            )
        return HostAddress.of(address)

    # The session with a host

    async def session(self, ask: RegistryRequest) -> RegistrySession:
        """Give the session that a request belongs to, begun anew where the request opens one."""
        key = ask.host, ask.repository, ask.login, ask.insecure
        session = None if ask.opens else self._sessions.get(key)
        if session is None:
            self._sessions.pop(key, None)
            self._sessions[key] = session = await self.open(ask)
            while len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
        return session

    async def open(self, ask: RegistryRequest) -> RegistrySession:
        """Ping a host, and learn what it wants; the last failure is the one that is raised."""
        server, failures = server_of(ask.host), []
        for scheme in self.schemes(ask):
            base = f"{scheme}://{server}"
            try:
                found = await self.ping(HTTPRequest("ping", f"{base}/v2/", insecure=ask.insecure))
            except PullRequestError as failure:
                failures.append(failure)
            else:
                return RegistrySession(base, found, f"repository:{ask.repository}:pull", ask.login, ask.insecure)
        if self.pings_v1:
            await self.ping_v1(server, ask)
        raise failures[-1]

    def schemes(self, ask: RegistryRequest) -> tuple[str, ...]:
        """Tell by which schemes a host may be asked, in order."""
        return ("https", "http") if ask.insecure else ("https",)

    async def ping(self, request: HTTPRequest) -> tuple[Challenge, ...]:
        """Ask whether there is a registry; 401 is a yes, too. Gives what it wants."""
        response = await self.with_retries(request)
        if response.status not in {OK, UNAUTHORIZED}:
            raise PullRequestError(self.refused(request.step, response))
        return challenged(response)

    async def ping_v1(self, server: str, ask: RegistryRequest) -> None:
        """Look whether it is a registry of Docker's first API, which is of no use to the one who asks."""
        for scheme in self.schemes(ask):
            try:
                await self.ping(HTTPRequest("ping", f"{scheme}://{server}/v1/_ping", insecure=ask.insecure))
            except PullRequestError:
                continue
            return

    # What is asked for

    async def manifest(self, session: RegistrySession, ask: RegistryRequest) -> Answer:
        """Fetch a manifest, whatever stands in it."""
        path = f"/v2/{ask.repository}/manifests/{ask.reference}"
        incoming = self.incoming(ask)
        response = await self.get("manifest", session, path, incoming, {"Accept": MANIFEST_TYPES})
        manifest = Manifest.parse(self.contents[incoming.digest], response.headers.get("Content-Type", ""))
        return replace(manifest, digest=self.digest(incoming.digest, ask))

    async def blob(self, session: RegistrySession, ask: RegistryRequest) -> Answer:
        """Fetch a blob; its digest is that of its bytes, whether or not it was asked for by that."""
        incoming = self.incoming(ask)
        await self.get("blob", session, f"/v2/{ask.repository}/blobs/{ask.reference}", incoming)
        return FetchedBlob(self.digest(incoming.digest, ask), incoming.size, incoming.data)

    def incoming(self, ask: RegistryRequest) -> Download:
        """Give what takes the bytes in, and computes a digest of the kind that was asked for."""
        return Download(ask.reference.partition(":")[0])

    def digest(self, computed: str, ask: RegistryRequest) -> str:
        """Give the digest that content is said to have: that of its bytes, whatever was asked for."""
        del ask
        return computed

    async def get(
        self,
        step: str,
        session: RegistrySession,
        path: str,
        incoming: Download,
        headers: Mapping[str, str] = NOTHING,
    ) -> Response:
        """Get a path of the session's host; anything but 200 raises ``PullRequestError``."""
        request = HTTPRequest(step, session.base + path, headers, session=session, incoming=incoming)
        response = await self.with_retries(request)
        if response.status != OK:
            raise PullRequestError(self.refused(step, response))
        self.contents.add(incoming)
        return response
