"""The runtime of a node of somebody's cluster, which is asked for pods through the cluster alone."""

import socket as sockets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeVar

from conformance.evidence import Collector, Log
from conformance.model.release import Release
from conformance.registry_hosts import Internet, RegistryHost, loopback
from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import CapabilityError, Runtime, RuntimeFailedError

C = TypeVar("C", bound=AbstractContextManager[Any])

NO_REGISTRY = "no address of this machine was given that the nodes reach (--cluster-registry)"


class ClusterRuntime(Runtime):
    """A node's runtime that no socket leads to, and where ``address`` is given, a registry there that it can ask.

    ``address`` is a host and a port of this machine, ``192.0.2.7:5000``; nothing else of the node's is known. Raises
    ``RuntimeFailedError`` where nobody can listen there.
    """

    def __init__(self, program: str, release: Release, configuration: Configuration, address: str = "") -> None:
        self.program = program
        self.release = release
        self.configuration = configuration
        self.address = address
        self._companions: dict[object, Any] = {}
        with ExitStack() as stack:
            self.internet = stack.enter_context(Internet(self._bind))
            self.evidence = Collector(self.internet.recorder, Log(Path("/nowhere")))
            if address:
                self.internet.plain_http(address)
            self._stack = stack.pop_all()

    def _bind(self, kind: str, address: str, port: int) -> sockets.socket:
        """Bind the port that was given, and for all other hosts, whom nobody asks, any on loopback."""
        host, _, wanted = self.address.rpartition(":")
        if not self.address or str(port) != wanted:
            return loopback(kind, address, port)
        handle = sockets.socket()
        try:
            handle.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
            handle.bind((host, port))
        except OSError as error:
            handle.close()
            msg = f"--cluster-registry {self.address}: nobody can listen there ({error.strerror})"
            raise RuntimeFailedError(msg) from None
        return handle

    @property
    def registry(self) -> RegistryHost:
        """The registry at that address, without TLS; raises ``CapabilityError`` where none was given."""
        if not self.address:
            raise CapabilityError("cluster registry", NO_REGISTRY)
        return self.internet.plain_http(self.address)

    @property
    def capabilities(self) -> frozenset[str]:
        """What it lets a case do (docs/glossary.md)."""
        return frozenset({"live", "containers", "cluster"})

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        return "" if capability in self.capabilities else "the cluster is somebody's, and is asked for pods alone"

    @property
    def running(self) -> bool:
        """Whether it runs is not ours to say."""
        return True

    def attach(self, key: object, make: Callable[["ClusterRuntime"], C]) -> C:
        """Give what ``make(self)`` made at the first use of that key; it is closed before this is."""
        if key not in self._companions:
            self._companions[key] = self._stack.enter_context(make(self))
        companion: C = self._companions[key]
        return companion

    def _clean_store(self) -> None:
        """Leave the node's store: its kubelet collects what nothing uses."""

    def end(self) -> None:
        """Do nothing: the runtime is somebody's, and runs on."""

    def close(self) -> None:
        """Close the registry."""
        self._stack.close()
