"""Registry hosts for a node that is somebody's: on its loopback, in plain HTTP, under addresses instead of names."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, NoReturn

from aiohttp import web

from conformance.registry_hosts import Exchange, Internet, NameLookup, RegistryHost, loopback
from conformance.registry_hosts.arguments import checked_host
from conformance.registry_hosts.internet import REFUSING_ADDRESS, Transport
from conformance.registry_hosts.personality import WELL_KNOWN, plain_registry
from conformance.registry_hosts.recorder import Recorder
from conformance.registry_hosts.registry_server import RegistryServer
from conformance.runtime.runtime import CapabilityError

LOOPBACK = "127.0.0.1"
ELSEWHERE = "192.0.2.1"
"""The address that the model has for registry hosts' names, which no node reaches (RFC 5737)."""


class ServedName(NamedTuple):
    """What is served at an address: a server of a registry host, both by name."""

    host: str
    server: str


class RedirectedInternet(Internet):
    """Registry hosts that a node reaches by address, where it is told to ask there.

    ``bind(address)`` binds a free port of an address in the node's network. Exchanges are recorded by the names that
    the servers have in the world; ``served`` says what each address stands for, a refusing one included. ``probe`` is
    the address of one more, and ``probes`` what that was asked. That hosts speak TLS, or are spoken to in several ways,
    cannot be arranged: ``CapabilityError``.
    """

    def __init__(self, bind: Callable[[str], socket.socket]) -> None:
        self.served: dict[str, ServedName] = {}
        self._unheard: dict[str, socket.socket] = {}
        super().__init__(lambda kind, address, port: bind(address) if kind == "tcp" else loopback(kind, address, port))
        self.recorder.named = self._named
        self.probes = Recorder()
        self.probe = self._run(self._serve_probe())

    async def _serve_probe(self) -> str:
        """Serve a registry host that has nothing, and gives no case evidence; give its address."""
        handle = self._bind("tcp", LOOPBACK, 0)
        address = _written(handle.getsockname())
        host = RegistryHost(plain_registry(address))
        self._runners[host] = runner = web.AppRunner(RegistryServer(host, self.probes).application(), access_log=None)
        await runner.setup()
        await self._serve(runner, handle, None)
        return address

    def _named(self, record: Exchange | NameLookup) -> Exchange | NameLookup:
        """Give a record with the server's name in the place of its address."""
        if isinstance(record, Exchange) and record.server in self.served:
            return replace(record, server=self.served[record.server].server)
        return record

    def _host(self, name: str, transport: Transport) -> RegistryHost:
        """Give a registry host, each of its servers on a port of its own."""
        if transport is not Transport.TLS:
            _lack(f"{name} is to be spoken to in {transport.value}, and here all hosts are reached on loopback alike")
        if name not in self._hosts:
            personality = WELL_KNOWN.get(name) or plain_registry(checked_host(name))
            handles = {
                server: self._bind("tcp", _address(server, personality.servers), 0) for server in personality.servers
            }
            addresses = {server: _written(handle.getsockname()) for server, handle in handles.items()}
            host = RegistryHost(personality.served_at(addresses), self._origins.make())
            first, *others = handles.values()
            self._run(self._serve_host(host, first, None))
            for handle in others:
                self._run(self._serve(self._runners[host], handle, None))
            for server, handle in handles.items():
                at = handle.getsockname()
                self._endpoints[at], self._transports[at] = at, Transport.PLAIN_HTTP
                self.served[addresses[server]] = ServedName(name, server)
            self._hosts[name] = host, transport
        return self._hosts[name][0]

    def add_plain_http(self, host: RegistryHost) -> NoReturn:
        """Refuse: no host here speaks TLS."""
        _lack(f"{host} is to be spoken to with and without TLS, and here all hosts are reached on loopback alike")

    def refuse(self, name: str) -> str:
        """Make ``name`` a host that refuses connections, at an address of its own; gives the name."""
        super().refuse(name)
        if name not in self._unheard:
            self._unheard[name] = self._bind("tcp", REFUSING_ADDRESS, 0)
            self.served[_written(self._unheard[name].getsockname())] = ServedName(name, name)
        return name

    @property
    def addresses(self) -> dict[str, str]:
        """Where the node is to ask each registry host, by name; one that refuses connections has an address, too."""
        refusing = {name: _written(self._unheard[name].getsockname()) for name in self._addresses}
        return refusing | {name: host.personality.servers[0] for name, (host, _) in self._hosts.items()}

    def close(self) -> None:
        """Stop serving."""
        super().close()
        for handle in self._unheard.values():
            handle.close()

    @property
    def hosts_as_asked(self) -> dict[str, RegistryHost]:
        """The registry hosts by the addresses at which they are asked."""
        return {host.personality.servers[0]: host for host, _ in self._hosts.values()}

    def endpoint(self, server: str, port: int) -> tuple[str, Transport | None] | None:
        """Give the address of a server, and how it is spoken to on that port; a name's is one of the real internet."""
        return super().endpoint(server, port) or (ELSEWHERE, None)


def _lack(why: str) -> NoReturn:
    raise CapabilityError("hermetic", why)


def _address(server: str, servers: tuple[str, ...]) -> str:
    """Give the address for a server of a host: another one where its name is of another domain than the first's.

    A token goes along a redirect within a domain, to no other address (Go net/http, ``shouldCopyHeaderOnRedirect``).
    """
    first = servers[0]
    return LOOPBACK if server == first or server.endswith(f".{first}") else f"127.0.1.{1 + servers.index(server)}"


def _written(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
