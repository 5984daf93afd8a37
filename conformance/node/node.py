"""What a node is to a runtime, and to the run outside: the one face of what is made in different ways."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from socket import socket
from types import MappingProxyType
from typing import Any, Self

from conformance.node.cgroup_version import CGROUPS
from conformance.node.node_process import Process

PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a node's own programs are looked for."""


class NodeError(Exception):
    """A node cannot be had, or something on it could not be done: one sentence that says why."""


class ServiceError(NodeError):
    """A service did not become ready: what it did instead, to be said after its name."""


class Node(ABC):
    """The machine that one runtime runs on: files, sockets and processes, as long as that runtime is there.

    ``folder`` is seen by both sides under the same path, ``etc`` in it is the node's ``/etc`` as programs started on it
    see that; the folders in which a runtime keeps things begin empty. ``root`` says whether those programs are the
    machine's root, ``cgroups`` is where its control groups are seen from out here, ``runtime_settings`` is what the
    node itself has in the table ``crio.runtime`` of crio.conf(5). It is given back with ``close``, with the ``with``
    block, or when the process that made it ends, whatever ends that.
    """

    folder: Path
    etc: Path
    root: bool
    cgroups: Path = CGROUPS
    runtime_settings: Mapping[str, Any] = MappingProxyType({})

    @property
    @abstractmethod
    def pid(self) -> int:
        """A process whose rights and mounts are those of the node's programs, by its number out here (proc(5))."""

    @property
    def files(self) -> Path:
        """The node's root folder as it is seen out here; absolute symbolic links in it lead elsewhere."""
        return Path("/")

    def is_ours(self, process: Path) -> bool:
        """Tell whether a process is there because of this run; ``process`` is its folder in proc(5)."""
        del process
        return True

    @property
    def enter(self) -> tuple[str, ...]:
        """The beginning of a command, out here, that runs a program on the node; nothing where it is this machine."""
        return ()

    @property
    @abstractmethod
    def cgroup_parent(self) -> str:
        """Control group below which everything the node's containers run belongs."""

    @abstractmethod
    def bind(self, kind: str, address: str, port: int) -> socket:
        """Give a socket bound in the node's network (``kind`` is ``tcp`` or ``udp``), to be served from out here."""

    @abstractmethod
    def connect(self, address: str, port: int) -> socket:
        """Give a TCP socket connected to a server on the node; raises ``NodeError`` where nobody listens."""

    @abstractmethod
    def spawn(self, argv: Iterable[str], env: Mapping[str, str], log: str, output: str = "") -> Process:
        """Start a program, found on the PATH in ``env``, on the node; raises ``NodeError``.

        What it prints is appended to ``folder/log``; with ``output``, only its errors are, and the rest goes there.
        """

    @abstractmethod
    def start_service(self, argv: Iterable[str], env: Mapping[str, str], log: str, patience: float) -> Process:
        """Start the runtime, and give it once it says that it is ready (sd_notify(3)); one at a time.

        What it prints is appended to ``folder/log``. Raises ``ServiceError`` where it ends instead, or is not ready
        after ``patience`` seconds.
        """

    def run(self, *argv: str) -> str:
        """Run a program of the node's to its end, and give what it printed; raises ``NodeError`` where it fails."""
        output = self.folder / "output"
        errors = self.folder / "errors"
        for file in (output, errors):
            file.unlink(missing_ok=True)
        process = self.spawn(argv, {"PATH": PROGRAMS}, errors.name, output.name)
        process.wait()
        status = process.status()
        process.close()
        if status:
            said = errors.read_text(errors="replace").strip().splitlines()
            msg = f"{argv[0]} fails on the node: {said[0] if said else f'exit status {status}'}"
            raise NodeError(msg)
        return output.read_text(errors="replace")

    @abstractmethod
    def end(self) -> None:
        """Let everything on it end that this run started, without waiting until it has."""

    @abstractmethod
    def close(self) -> None:
        """Give it back: what this run started and made there is gone when this returns."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
