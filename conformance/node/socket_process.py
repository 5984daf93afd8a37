"""The process behind a Unix socket: somebody's runtime, whose files are read and whose network is listened in.

In comes the socket's path; out go its process's files, environment and command line, sockets bound on its loopback,
and a signal to it. All of that takes root, or being the user that it runs as (proc(5)).
"""

import ctypes
import os
import select
import signal
import socket
import struct
import threading
from functools import cached_property
from pathlib import Path

CLONE_NEWNET = 0x40000000
"""sched.h(0p): a network namespace, setns(2)."""

CREDENTIALS = struct.Struct("3i")
"""PID, UID and GID of who listens (unix(7), SO_PEERCRED)."""


class SocketProcessError(Exception):
    """The process behind a socket cannot be told, or not be reached: one sentence that says why."""


class SocketProcess:
    """The process that listens on a socket, held by a pidfd, so that no other one is ever meant.

    ``pid`` is its number here. Raises ``SocketProcessError`` where it cannot be seen from here, and ``OSError`` where
    nobody listens.
    """

    def __init__(self, path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
            found = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        self.pid: int = CREDENTIALS.unpack(found)[0]
        if self.pid == 0:
            msg = f"the process that listens on {path} is in a PID namespace that cannot be seen from here"
            raise SocketProcessError(msg)
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            msg = f"the process that listened on {path} has ended"
            raise SocketProcessError(msg) from None

    @property
    def folder(self) -> Path:
        """What the kernel tells of it (proc(5))."""
        return Path("/proc", str(self.pid))

    @property
    def root(self) -> Path:
        """Its root folder as it is seen from here; absolute symbolic links in it lead elsewhere."""
        return self.folder / "root"

    @property
    def shares_root(self) -> bool:
        """Whether its files are this process's own: the same mounts below the same root."""
        try:
            return (self.folder / "ns" / "mnt").samefile("/proc/self/ns/mnt") and self.root.samefile("/")
        except OSError:
            return False

    @cached_property
    def name(self) -> str:
        """What it is called: ``crio``."""
        return self._read("comm").strip()

    @cached_property
    def command(self) -> tuple[str, ...]:
        """Its command line."""
        return tuple(self._read("cmdline").split("\0")[:-1])

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment that it was started with."""
        pairs = (each.partition("=") for each in self._read("environ").split("\0")[:-1])
        return {name: value for name, _, value in pairs}

    def _read(self, name: str) -> str:
        """Read what the kernel tells of it; raises ``SocketProcessError``."""
        try:
            return os.fsdecode((self.folder / name).read_bytes())
        except OSError as error:
            msg = f"{self.folder / name} cannot be read ({error.strerror}): run as root"
            raise SocketProcessError(msg) from None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return not poll.poll(0)

    def reload(self) -> None:
        """Tell it to read its configuration anew (SIGHUP); raises ``SocketProcessError`` where it may not be told."""
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGHUP)
        except PermissionError:
            msg = f"{self.name} (PID {self.pid}) may not be told to reload: run as root"
            raise SocketProcessError(msg) from None
        except ProcessLookupError:
            msg = f"{self.name} (PID {self.pid}) has ended"
            raise SocketProcessError(msg) from None

    def bind(self, address: str, port: int = 0) -> socket.socket:
        """Bind a TCP port, a free one by default, of an address in its network namespace, to be served from here.

        Raises ``SocketProcessError`` where that network cannot be entered.
        """
        with (self.folder / "ns" / "net").open("rb") as theirs:
            if os.path.samestat(os.fstat(theirs.fileno()), Path("/proc/self/ns/net").stat()):
                return _bound(address, port)
            bound: list[socket.socket] = []
            failures: list[OSError] = []

            def enter_and_bind() -> None:
                if ctypes.CDLL(None, use_errno=True).setns(theirs.fileno(), CLONE_NEWNET) != 0:
                    failures.append(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
                    return
                try:
                    bound.append(_bound(address, port))
                except OSError as error:
                    failures.append(error)

            thread = threading.Thread(target=enter_and_bind, name="bind")  # of which alone the network is another
            thread.start()
            thread.join()
        if failures:
            msg = f"nothing can listen in the network of {self.name} (PID {self.pid}): {failures[0].strerror}"
            raise SocketProcessError(msg)
        return bound[0]

    def close(self) -> None:
        """Let go of it; it runs on."""
        os.close(self._pidfd)


def _bound(address: str, port: int) -> socket.socket:
    """Bind a TCP port of an address, in the network of this thread."""
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        handle.bind((address, port))
    except OSError:
        handle.close()
        raise
    return handle
