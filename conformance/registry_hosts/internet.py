"""The internet of one world: registry hosts, a name server, and the authority that signs their certificates."""

import asyncio
import enum
import ipaddress
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from functools import cache, lru_cache
from typing import Any, Self, TypeVar

import trustme
from aiohttp import web

from conformance.registry_hosts.arguments import checked_host
from conformance.registry_hosts.host import RegistryHost
from conformance.registry_hosts.name_server import NameServer
from conformance.registry_hosts.origins import make_origins
from conformance.registry_hosts.personality import WELL_KNOWN, plain_registry
from conformance.registry_hosts.recorder import NameLookup, Recorder
from conformance.registry_hosts.registry_server import RegistryServer

T = TypeVar("T")
Address = tuple[str, int]

NAME_SERVER = "127.0.0.1"
REFUSING_ADDRESS = "127.0.0.2"
LOCALHOST = {"localhost": "127.0.0.1"}
"""What every machine's hosts(5) has."""
BACKLOG = 512  # a short one costs a second whenever several pulls start at once (a repeated SYN)


class Transport(enum.Enum):
    """How a registry host is spoken to."""

    TLS = "TLS"
    PLAIN_HTTP = "plain HTTP"
    UNTRUSTED_TLS = "TLS that nobody trusts"

    @property
    def port(self) -> int:
        """The port that a host listens on whose name does not end in one."""
        return 80 if self is Transport.PLAIN_HTTP else 443


@cache
def authority() -> trustme.CA:
    """Give this process's certificate authority, made at first use and kept in memory only."""
    return trustme.CA()


@cache
def _tls(names: tuple[str, ...], transport: Transport) -> ssl.SSLContext | None:
    """Give the TLS context of a server with these names; none where it speaks plain HTTP."""
    if transport is Transport.PLAIN_HTTP:
        return None
    signer = authority() if transport is Transport.TLS else trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # no client of ours comes back with one, and each costs a fifth of a handshake
    signer.issue_cert(*names).configure_cert(context)
    return context


def loopback(kind: str, address: str, port: int) -> socket.socket:
    """Bind a free port of this machine instead of that address: for an internet without a world around it."""
    del address, port
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    handle.bind(("127.0.0.1", 0))
    return handle


class Internet:
    """Registry hosts served inside a world, from an event loop outside it.

    ``bind(kind, address, port)`` gives sockets bound inside (``World.bind``; ``loopback`` where there is no world, and
    clients ask ``address`` for the way). The well-known hosts are always there; others come into being when first asked
    for, and vanish with ``clear``. Every name has an address of its own in 127.0.0.0/8. A host listens on 443, or 80,
    unless its name ends in a port.
    """

    def __init__(self, bind: Callable[[str, str, int], socket.socket]) -> None:
        self.recorder = Recorder()
        self._bind = bind
        self._hosts: dict[str, tuple[RegistryHost, Transport]] = {}
        self._addresses: dict[str, str] = {}
        self._endpoints: dict[Address, Address] = {}
        self._transports: dict[Address, Transport] = {}
        self._refusing_socket: socket.socket | None = None
        self._runners: dict[str, web.AppRunner] = {}
        self._names: asyncio.DatagramTransport | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="internet", daemon=True)
        self._thread.start()
        self._origins = make_origins(self._run)
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

    # The hosts

    def host(self, name: str) -> RegistryHost:
        """Give the registry host of that name; unless it is a well-known one, it is a plain registry, open to all."""
        return self._host(name, Transport.TLS)

    def plain_http(self, name: str) -> RegistryHost:
        """Give the plain registry of that name, which speaks HTTP without TLS, on port 80; 443 refuses."""
        return self._host(name, Transport.PLAIN_HTTP)

    def untrusted(self, name: str) -> RegistryHost:
        """Give the plain registry of that name, whose certificate is signed by an authority that nobody trusts."""
        return self._host(name, Transport.UNTRUSTED_TLS)

    def add_plain_http(self, host: RegistryHost) -> None:
        """Let a registry host that speaks TLS be spoken to without it as well, on port 80."""
        port, address = Transport.PLAIN_HTTP.port, self._address_of(host.personality.servers[0])
        handle = self._bind("tcp", address, port)
        self._run(self._serve(self._runners[host], handle, None))
        self._endpoints[address, port], self._transports[address, port] = handle.getsockname(), Transport.PLAIN_HTTP

    def _host(self, name: str, transport: Transport) -> RegistryHost:
        """Give a registry host; raises ``ValueError`` where it is there already and is spoken to in another way."""
        if name not in self._hosts:
            host = RegistryHost(WELL_KNOWN.get(name) or plain_registry(checked_host(name)), self._origins.make())
            servers = [_split(server, transport) for server in host.personality.servers]
            names, port = tuple(server for server, _ in servers), servers[0][1]
            address = self._address_of(names[0])
            handle = self._bind("tcp", address, port)
            self._run(self._serve_host(host, handle, _tls(names, transport)))
            self._addresses.update(dict.fromkeys(names, address))
            self._endpoints[address, port], self._transports[address, port] = handle.getsockname(), transport
            self._hosts[name] = host, transport
        host, spoken = self._hosts[name]
        if spoken is not transport:
            msg = f"{name} is a registry host that speaks {spoken.value}, not {transport.value}"
            raise ValueError(msg)
        return host

    def refuse(self, name: str) -> str:
        """Make ``name`` a host that exists, but on which nobody listens, until ``clear``; gives the name.

        Raises ``ValueError`` for the name of a registry host, which listens.
        """
        if self._addresses.setdefault(name, REFUSING_ADDRESS) != REFUSING_ADDRESS:
            msg = f"{name} is a registry host that listens: refuse connections under a name of its own"
            raise ValueError(msg)
        return name

    @property
    def hosts(self) -> dict[str, RegistryHost]:
        """The registry hosts that there are, by name."""
        return {name: host for name, (host, _) in self._hosts.items()}

    @property
    def hosts_as_asked(self) -> dict[str, RegistryHost]:
        """The registry hosts by what a client names when it asks them, a port behind it where it is not the usual."""
        return self.hosts

    def endpoint(self, server: str, port: int) -> tuple[str, Transport | None] | None:
        """Give the address of a server, and how it is spoken to on that port: none where nobody listens.

        None for a name that nobody knows. Nothing is recorded.
        """
        known = self._known(server)
        if known is None:
            return None
        return known, self._transports.get((known, port)) if (known, port) in self._endpoints else None

    def client_address(self, server: str, port: int) -> Address | None:
        """Give the address that a client inside a world would name; none for a name that nobody knows."""
        known = self._known(server)
        return (known, port) if known else None

    def bound_address(self, server: str, port: int) -> Address | None:
        """Give where a client of this process reaches that port of that server, by the sockets as they are bound.

        None, and a lookup is recorded, for a name that nobody knows; where nobody listens, an address that refuses.
        """
        known = self._known(server)
        if known is None:
            self.recorder.add(NameLookup(host=server.lower()))
            return None
        return self._endpoints.get((known, port)) or self._refusing()

    def _known(self, server: str) -> str | None:
        """Give the address that a name stands for, if it stands for any; every machine knows itself (hosts(5))."""
        if _is_address(server):
            return server
        return LOCALHOST.get(server) or self._addresses.get(server.lower())

    def _refusing(self) -> Address:
        """Give an address that refuses connections: it is bound, so that nobody else can listen there."""
        if self._refusing_socket is None:
            self._refusing_socket = self._bind("tcp", REFUSING_ADDRESS, 443)
        address: Address = self._refusing_socket.getsockname()
        return address

    def clear(self) -> None:
        """Make every well-known host forget what it offers and its faults, and every other host vanish."""
        for name in [name for name in self._hosts if name not in WELL_KNOWN]:
            self._run(self._close_host(name))
            del self._hosts[name]
        for host, _ in self._hosts.values():
            host.origin.clear()
        staying = {server for host, _ in self._hosts.values() for server in host.personality.servers}
        for name in self._addresses.keys() - staying:
            address = self._addresses.pop(name)
            self._endpoints = {door: real for door, real in self._endpoints.items() if door[0] != address}

    def close(self) -> None:
        """Stop serving: hosts, name server and event loop are gone when this returns."""
        self._run(self._stop())
        if self._refusing_socket is not None:
            self._refusing_socket.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Serving

    async def _serve_names(self, handle: socket.socket) -> asyncio.DatagramTransport:
        handle.setblocking(False)
        transport, _ = await self._loop.create_datagram_endpoint(
            lambda: NameServer(self._addresses, self.recorder), sock=handle
        )
        return transport

    async def _serve_host(self, host: RegistryHost, handle: socket.socket, tls: ssl.SSLContext | None) -> None:
        self._runners[host] = runner = web.AppRunner(RegistryServer(host, self.recorder).application(), access_log=None)
        await runner.setup()
        await self._serve(runner, handle, tls)

    @staticmethod
    async def _serve(runner: web.AppRunner, handle: socket.socket, tls: ssl.SSLContext | None) -> None:
        await web.SockSite(runner, handle, ssl_context=tls, backlog=BACKLOG).start()

    def _address_of(self, name: str) -> str:
        """Give the address that a name has, or one that no other has."""
        if name in LOCALHOST:
            return LOCALHOST[name]
        if self._addresses.get(name, REFUSING_ADDRESS) != REFUSING_ADDRESS:
            return self._addresses[name]
        taken = set(self._addresses.values())
        free = (f"127.0.{1 + number // 250}.{1 + number % 250}" for number in itertools.count())
        return next(address for address in free if address not in taken)

    async def _close_host(self, name: str) -> None:
        """Close a host, without waiting for connections that clients keep open."""
        runner = self._runners.pop(name)
        for connection in runner.server.connections if runner.server else ():
            if connection.transport is not None:
                connection.transport.abort()  # a TLS connection that is closed waits for the client to agree
        await runner.cleanup()

    async def _stop(self) -> None:
        if self._names is not None:
            self._names.close()
        for name in list(self._runners):
            await self._close_host(name)
        await self._origins.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the event loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _split(server: str, transport: Transport) -> Address:
    """Split a server's name from its port."""
    name, _, port = server.partition(":")
    return name, int(port or transport.port)


@lru_cache(maxsize=1024)
def _is_address(server: str) -> bool:
    """Tell whether a server is written as an IP address, which nobody looks up."""
    try:
        ipaddress.ip_address(server)
    except ValueError:
        return False
    return True
