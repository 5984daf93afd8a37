"""A world as the run outside holds it: what ``init.py`` does inside is asked for from here."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from conformance.node import init
from conformance.node.control import Control
from conformance.node.folders import cgroups_of, new_folder, remove_folder
from conformance.node.namespaces import why_no_namespaces
from conformance.node.node import Node, NodeError, ServiceError
from conformance.node.node_process import Process, pid_of

PRIVATE = ("/run", "/var", "/tmp", "/dev/shm")  # noqa: S108 (they are covered, not used)
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
END_SECONDS = 10.0
HOST_FILES = ("passwd", "group", "ld.so.cache", "localtime", "machine-id", "os-release", "protocols", "services")
RESOLVER = "127.0.0.1"
"""Address of the world's name server, UDP port 53."""


DATAGRAM_BYTES = 4096


class WorldError(NodeError):
    """A world could not be made: one sentence that says why."""


class World(Node):
    """One private set of namespaces: network (only a loopback), mount and PID; user too when not root.

    ``folder`` is seen by both sides under the same path; ``etc`` in it is the world's ``/etc``. ``/run``, ``/var``,
    ``/tmp`` and ``/dev/shm`` are empty and the world's own; ``visible`` names folders below them that stay in sight.
    The world ends with ``close``, with the ``with`` block, or with the process that made it, whatever ends that.

    Raises ``WorldError`` when namespaces cannot be made here.
    """

    def __init__(self, visible: Iterable[Path] = ()) -> None:
        self.root = os.geteuid() == 0
        try:
            self.folder, lock = new_folder()
        except OSError as error:
            raise WorldError(str(error)) from error
        self.etc = self.folder / "etc"
        self._cgroups = cgroups_of(self.folder)
        self._init = -1
        self._services = ExitStack()
        try:
            write_etc(self.etc)
            self._control = Control("the world's init")
        except OSError as error:
            os.close(lock)
            remove_folder(self.folder)
            raise WorldError(why_no_world(error, self.folder.parent)) from error
        try:
            with self._control.inside as inside, (self.folder / "init.log").open("wb") as log:
                self._unshare = subprocess.Popen(
                    [*self._command(), str(inside.fileno()), str(lock), str(self.folder), self._cgroups],
                    pass_fds=(inside.fileno(), lock),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            self._control.close()
            self._remove_folder()
            raise WorldError(why_no_world(error, self.folder.parent)) from error
        finally:
            os.close(lock)
        self._prepare(visible)

    def _command(self) -> list[str]:
        """Give the command that starts the init in its namespaces (util-linux's unshare)."""
        user = [] if self.root else ["--user", "--map-root-user"]
        return ["unshare", *user, *NAMESPACES, sys.executable, "-I", "-S", "-X", "utf8", init.__file__]

    def _prepare(self, visible: Iterable[Path]) -> None:
        """Tell the init what to set up, and wait until it has."""
        covered = [path for path in PRIVATE if Path(path).is_dir() and not Path(path).is_symlink()]
        try:
            _, (self._init,) = self._control.ask(
                etc=str(self.etc),
                private=covered,
                visible=[str(path) for path in [*_hidden(visible, covered), self.folder]],  # ours last: it is writable
            )
        except NodeError as error:
            self._unshare.wait()
            complaint = (self.folder / "init.log").read_text(errors="replace").strip() if self.folder.exists() else ""
            self.close()
            if complaint:
                raise WorldError(why_no_namespaces(complaint.removeprefix("unshare: "), root=self.root)) from None
            msg = f"a world cannot be prepared here ({error})"
            raise WorldError(msg) from None

    @property
    def pid(self) -> int:
        """Its first process."""
        return pid_of(self._init)

    @property
    def cgroup_parent(self) -> str:
        """Control group below which everything the world's containers run belongs."""
        return "/" + self._cgroups

    def bind(self, kind: str, address: str, port: int) -> socket.socket:
        """Give a socket bound inside the world (``kind`` is ``tcp`` or ``udp``), to be served from out here."""
        return self._control.bind(kind, address, port)

    def connect(self, address: str, port: int) -> socket.socket:
        """Give a TCP socket connected to a server inside the world; raises ``NodeError`` where nobody listens."""
        return self._control.connect(address, port)

    def spawn(self, argv: Iterable[str], env: Mapping[str, str], log: str, output: str = "") -> Process:
        """Start a program, found on the PATH in ``env``, inside the world."""
        return self._control.spawn(argv, env, self.folder / log, self.folder / (output or log))

    def start_service(self, argv: Iterable[str], env: Mapping[str, str], log: str, patience: float) -> Process:
        """Start the runtime inside the world, which reports through systemd's notification protocol."""
        path = self.folder / "notify.sock"
        path.unlink(missing_ok=True)
        notify = self._services.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notify.bind(str(path))
        process = self.spawn(argv, {**env, "NOTIFY_SOCKET": str(path)}, log)
        try:
            _await_ready(process, notify, patience)
        except ServiceError:
            process.close()
            raise
        return process

    def end(self) -> None:
        """Let the world end, without waiting until it has."""
        self._services.close()
        self._control.close()

    def close(self) -> None:
        """End the world: its processes, mounts, sockets, control groups and folder are gone when this returns."""
        self.end()
        try:
            self._unshare.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            signal.pidfd_send_signal(self._init, signal.SIGKILL)  # unshare hears of it when all the others are gone
            self._unshare.wait()
        if self._init >= 0:
            os.close(self._init)
            self._init = -1
        self._remove_folder()

    def _remove_folder(self) -> None:
        """Remove what an init that was killed could not."""
        if self.folder.exists():
            init.remove_cgroups(self._cgroups, init.PATIENCE)
            remove_folder(self.folder)


def _await_ready(process: Process, notify: socket.socket, patience: float) -> None:
    """Wait until a program says it is ready, or gives up (READY=1, or ERRNO= and then its end)."""
    poll = select.poll()
    poll.register(notify, select.POLLIN)
    poll.register(process.pidfd, select.POLLIN)
    until = time.monotonic() + patience
    while (left := until - time.monotonic()) > 0:
        events = dict(poll.poll(left * 1000))
        if notify.fileno() in events:
            if b"READY=1" in notify.recv(DATAGRAM_BYTES).split(b"\n"):
                return
        elif events:
            msg = f"ended while it started (exit status {process.status()})"
            raise ServiceError(msg)
    msg = f"was not ready after {patience:.0f} s"
    raise ServiceError(msg)


def why_no_world(error: OSError, parent: Path) -> str:
    """Say why no world can be made in a folder."""
    if error.filename == "unshare":
        return f"unshare cannot be started ({error.strerror}): install util-linux, and have it on PATH"
    return f"no world can be made in {parent}: {error.strerror}"


def _hidden(paths: Iterable[Path], covered: Iterable[str]) -> list[Path]:
    """Give the folders that ``covered`` ones would hide; the outermost only, since with it comes what lies in it."""
    hidden: list[Path] = []
    for path in sorted(set(paths)):
        if path.is_dir() and any(map(path.is_relative_to, covered)) and not any(map(path.is_relative_to, hidden)):
            hidden.append(path)
    return hidden


def write_etc(folder: Path, host: Path = Path("/etc")) -> None:
    """Write a node's ``/etc`` into ``folder``: users and libraries of the one it is to cover, no host names."""
    folder.mkdir()
    for name in HOST_FILES:
        source = host / name
        if source.exists():
            shutil.copyfile(source, folder / name)
    (folder / "mtab").symlink_to("/proc/self/mounts")
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    (folder / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    (folder / "containers").mkdir()
