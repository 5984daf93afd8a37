"""The internet of one world: registry hosts, a name server, and the authority that signs their certificates."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Self, TypeVar

import trustme
from aiohttp import web

from conformance.internet.host import RegistryHost
from conformance.internet.names import NameServer
from conformance.internet.personality import WELL_KNOWN, plain
from conformance.internet.recorder import Recorder
from conformance.internet.server import RegistryServer

T = TypeVar("T")

NAME_SERVER = "127.0.0.1"
NOBODY = "127.0.0.2"
BACKLOG = 512  # a short one costs a second whenever several pulls start at once (a repeated SYN)


@cache
def authority() -> trustme.CA:
    """Give this process's certificate authority, made at first use and kept in memory only."""
    return trustme.CA()


@cache
def _tls(names: tuple[str, ...]) -> ssl.SSLContext:
    """Give the TLS context of a server with these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names).configure_cert(context)
    return context


class Internet:
    """Registry hosts served inside a world, from an event loop outside it.

    ``bind(kind, address, port)`` gives sockets bound inside (``World.bind``). Hosts come into being when first asked
    for; every host has an address of its own in 127.0.0.0/8, port 443.
    """

    def __init__(self, bind: Callable[[str, str, int], socket.socket]) -> None:
        self.recorder = Recorder()
        self._bind = bind
        self._hosts: dict[str, RegistryHost] = {}
        self._addresses: dict[str, str] = {}
        self._runners: list[web.AppRunner] = []
        self._names: asyncio.DatagramTransport | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="internet", daemon=True)
        self._thread.start()
        try:
            self._names = self._run(self._serve_names(bind("udp", NAME_SERVER, 53)))
            for name in WELL_KNOWN:
                self.host(name)
        except BaseException:
            self.close()
            raise

    @property
    def hosts_file(self) -> str:
        """The hosts that there are so far in the form of hosts(5): a look into a file costs less than a name server."""
        return "".join(f"{address} {name}\n" for name, address in self._addresses.items())

    def host(self, name: str) -> RegistryHost:
        """Give the registry host of that name; unless it is a well-known one, it is a plain registry, open to all."""
        if name not in self._hosts:
            host = RegistryHost(WELL_KNOWN.get(name) or plain(name))
            address = f"127.0.{1 + len(self._hosts) // 250}.{1 + len(self._hosts) % 250}"
            self._run(self._serve_host(host, self._bind("tcp", address, 443)))
            self._addresses.update(dict.fromkeys(host.personality.servers, address))
            self._hosts[name] = host
        return self._hosts[name]

    def refuse(self, name: str) -> str:
        """Make ``name`` a host that exists, but on which nobody listens, until ``clear``; gives the name.

        Raises ``ValueError`` for the name of a registry host, which listens.
        """
        if self._addresses.setdefault(name, NOBODY) != NOBODY:
            msg = f"{name} is a registry host that listens: refuse connections under a name of its own"
            raise ValueError(msg)
        return name

    def clear(self) -> None:
        """Make every host forget what it offers, and every host that refuses connections vanish."""
        for host in self._hosts.values():
            host.origin.clear()
        for name in [name for name, address in self._addresses.items() if address == NOBODY]:
            del self._addresses[name]

    def close(self) -> None:
        """Stop serving."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve_names(self, handle: socket.socket) -> asyncio.DatagramTransport:
        """Start the name server."""
        handle.setblocking(False)
        transport, _ = await self._loop.create_datagram_endpoint(
            lambda: NameServer(self._addresses, self.recorder), sock=handle
        )
        return transport

    async def _serve_host(self, host: RegistryHost, handle: socket.socket) -> None:
        """Start a registry host."""
        runner = web.AppRunner(RegistryServer(host, self.recorder).application(), access_log=None)
        await runner.setup()
        site = web.SockSite(runner, handle, ssl_context=_tls(host.personality.servers), backlog=BACKLOG)
        await site.start()
        self._runners.append(runner)

    async def _stop(self) -> None:
        """Close the name server and all hosts, without waiting for connections that clients keep open."""
        if self._names is not None:
            self._names.close()
        for runner in self._runners:
            for connection in runner.server.connections if runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()  # a TLS connection that is closed waits for the client to agree
            await runner.cleanup()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the event loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
