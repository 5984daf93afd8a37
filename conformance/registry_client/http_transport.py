"""One GET as Go's net/http makes it: over which address, with which trust, through which redirects.

Source: Go net/http/client.go (``do``, ``shouldCopyHeaderOnRedirect``), containers/image
pkg/tlsclientconfig/tlsclientconfig.go (``NewTransport``).
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from conformance.registry_client.connection_errors import TransportError, join_host_port, no_answer, no_such_host

Resolve = Callable[[str, int], tuple[str, int] | None]
"""Gives the address of a server's port; none where nobody has that name."""

PRETEND_NAME_SERVER = "127.0.0.1:53"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 10
PIECE = 1 << 18
HTTPS = 443


@dataclass(frozen=True)
class Response:
    """An HTTP answer; ``url`` is where it came from in the end, ``body`` empty where a sink took it.

    ``phrase`` is the reason phrase that the server wrote.
    """

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: str
    phrase: str = ""


class HTTPTransport:
    """A pool of connections, to be used in one event loop; every method raises ``TransportError`` where there is none.

    ``resolve`` finds addresses (else the system does, and proxies of the environment count). Errors name what ``shown``
    gives for a server's port, else the address that was found, and ``name_server`` as who was asked for a name, by
    default the one of pretend internets where ``resolve`` is given. ``authority`` is the only one to be trusted (PEM;
    else the system's are), ``timeout`` how long a connection may take, in seconds.
    """

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        shown: Resolve | None = None,
        authority: Path | bytes | None = None,
        name_server: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.resolve = resolve
        self.shown = shown
        self.authority = authority
        self.name_server = (PRETEND_NAME_SERVER if resolve else "") if name_server is None else name_server
        self.timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        insecure: bool = False,
        sink: Callable[[bytes], None] | None = None,
    ) -> Response:
        """Get a URL through all redirects; ``sink``, where given, takes the body of an answer 200 in pieces."""
        first, sent = url, dict(headers)
        for _ in range(MOST_REDIRECTS):
            response = await self._once(url, sent, insecure, sink)
            location = response.headers.get("Location", "") if response.status in REDIRECTS else ""
            if not location:
                return response
            url = urljoin(url, location)
            if not self.keeps_credentials(first, url):
                sent.pop("Authorization", None)
        raise TransportError(url, f"stopped after {MOST_REDIRECTS} redirects")

    def keeps_credentials(self, first: str, then: str) -> bool:
        """Tell whether a redirect takes credentials along: to the same host, or one below it."""
        before, after = urlsplit(first), urlsplit(then)
        if before.netloc == after.netloc:
            return True
        parent, child = before.hostname or "", after.hostname or ""
        return child == parent or (child.endswith(f".{parent}") and ":" not in child)

    async def _once(
        self, url: str, headers: dict[str, str], insecure: bool, sink: Callable[[bytes], None] | None
    ) -> Response:
        way, extra = self._route(url, headers)
        trust = self._unverified if insecure else self._verifying
        try:
            async with self._pool.get(way, ssl=trust, allow_redirects=False, **extra) as response:
                body = b""
                if sink is not None and response.status == 200:  # noqa: PLR2004 (HTTP)
                    async for piece in response.content.iter_chunked(PIECE):
                        sink(piece)
                else:
                    body = await response.read()
                return Response(response.status, response.headers, body, url, response.reason or "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise no_answer(url, error, self._address(url, way), self.name_server) from error

    async def address_of(self, host: str) -> str:
        """Find the address of a host, as it is shown; one that is written as an address is its own."""
        with contextlib.suppress(ValueError):
            return str(ip_address(host))
        if self.resolve is not None:
            found = self.resolve(host, HTTPS)
            if found is None:
                raise no_such_host("", host, self.name_server)
            return ((self.shown and self.shown(host, HTTPS)) or found)[0]
        try:
            return str((await asyncio.get_running_loop().getaddrinfo(host, HTTPS))[0][4][0])
        except OSError:
            raise no_such_host("", host, self.name_server) from None

    def _route(self, url: str, headers: dict[str, str]) -> tuple[URL, dict[str, Any]]:
        """Find the real address of a URL; the server is still called and checked by its name."""
        way = URL(url, encoded=True)
        if self.resolve is None:
            return way, {"headers": headers}
        name = way.host or ""
        address = self.resolve(name, way.port or 0)
        if address is None:
            raise no_such_host(url, name, self.name_server)
        host, port = address
        sent = {"Host": urlsplit(url).netloc, **headers}
        return way.with_host(host).with_port(port), {"headers": sent, "server_hostname": name}

    def _address(self, url: str, way: URL) -> str:
        """Give the address that errors name; where the system found it, only the error knows."""
        asked = URL(url, encoded=True)
        shown = self.shown(asked.host or "", asked.port or 0) if self.shown else None
        if shown is not None:
            return join_host_port(*shown)
        return join_host_port(way.host or "", way.port or 0) if self.resolve else ""

    @property
    def _pool(self) -> aiohttp.ClientSession:
        """The connections, made at first use since they belong to an event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
                trust_env=self.resolve is None,
            )
        return self._session

    @cached_property
    def _verifying(self) -> ssl.SSLContext:
        """Trust what is signed by the authority."""
        if isinstance(self.authority, Path):
            return ssl.create_default_context(cafile=self.authority)
        if self.authority is not None:
            return ssl.create_default_context(cadata=self.authority.decode())
        return ssl.create_default_context()

    @cached_property
    def _unverified(self) -> ssl.SSLContext:
        """Trust anybody, as ``insecure`` in registries.conf wants it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None
