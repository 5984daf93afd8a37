"""A world as the run outside holds it: what ``init.py`` does inside is asked for from here."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from conformance.node import init
from conformance.node.folders import cgroups_of, new_folder, remove_folder
from conformance.node.namespaces import why_no_namespaces
from conformance.node.world_process import Process

PRIVATE = ("/run", "/var", "/tmp", "/dev/shm")  # noqa: S108 (they are covered, not used)
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
END_SECONDS = 10.0
HOST_FILES = ("passwd", "group", "ld.so.cache", "localtime", "machine-id", "os-release", "protocols", "services")
RESOLVER = "127.0.0.1"
"""Address of the world's name server, UDP port 53."""


class WorldError(Exception):
    """A world could not be made, or something in it could not be done: one sentence that says why."""


class World:
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
        try:
            write_etc(self.etc)
            self._control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            os.close(lock)
            remove_folder(self.folder)
            raise WorldError(why_no_world(error, self.folder.parent)) from error
        try:
            with inside, (self.folder / "init.log").open("wb") as log:
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
            _, (self._init,) = self._ask(
                etc=str(self.etc),
                private=covered,
                visible=[str(path) for path in [*_hidden(visible, covered), self.folder]],  # ours last: it is writable
            )
        except WorldError as error:
            self._unshare.wait()
            complaint = (self.folder / "init.log").read_text(errors="replace").strip() if self.folder.exists() else ""
            self.close()
            if complaint:
                raise WorldError(why_no_namespaces(complaint.removeprefix("unshare: "), root=self.root)) from None
            msg = f"a world cannot be prepared here ({error})"
            raise WorldError(msg) from None

    def _ask(self, **request: Any) -> tuple[dict[str, Any], list[int]]:
        """Send one request to the init; give its answer and the descriptors that came with it."""
        try:
            self._control.send(json.dumps(request).encode())
            message, handles, _, _ = socket.recv_fds(self._control, init.MESSAGE_BYTES, 1)
        except OSError as error:
            msg = f"the world's init does not answer ({error.strerror})"
            raise WorldError(msg) from error
        if not message:
            msg = "the world's init has ended"
            raise WorldError(msg)
        reply: dict[str, Any] = json.loads(message)
        if "error" in reply:
            raise WorldError(reply["error"])
        return reply, handles

    @property
    def cgroup_parent(self) -> str:
        """Control group below which everything the world's containers run belongs."""
        return "/" + self._cgroups

    def bind(self, kind: str, address: str, port: int) -> socket.socket:
        """Give a socket bound inside the world (``kind`` is ``tcp`` or ``udp``), to be served from out here."""
        _, (handle,) = self._ask(do="bind", kind=kind, address=address, port=port)
        return socket.socket(fileno=handle)

    def connect(self, address: str, port: int) -> socket.socket:
        """Give a TCP socket connected to a server inside the world; raises ``WorldError`` where nobody listens."""
        _, (handle,) = self._ask(do="connect", address=address, port=port)
        return socket.socket(fileno=handle)

    def spawn(self, argv: Iterable[str], env: Mapping[str, str], log: str, output: str = "") -> Process:
        """Start a program, found on the PATH in ``env``, inside the world.

        What it prints is appended to ``folder/log``; with ``output``, only its errors are, and the rest goes there.
        """
        argv = list(argv)
        path = self.folder / log
        program = shutil.which(argv[0], path=env.get("PATH", os.defpath)) or argv[0]
        files = {"log": str(path), "output": str(self.folder / (output or log))}
        try:
            reply, (handle,) = self._ask(do="spawn", program=program, argv=argv, env=dict(env), **files)
        except WorldError as error:
            msg = f"{argv[0]} cannot be started: {error}"
            raise WorldError(msg) from error
        pid: int = reply["pid"]
        return Process(handle, pid, path, lambda: int(self._ask(do="status", pid=pid)[0]["status"]))

    def end(self) -> None:
        """Let the world end, without waiting until it has."""
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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


def write_etc(folder: Path) -> None:
    """Write a world's ``/etc`` into ``folder``: the host's users and libraries, no host names."""
    folder.mkdir()
    for name in HOST_FILES:
        source = Path("/etc", name)
        if source.exists():
            shutil.copyfile(source, folder / name)
    (folder / "mtab").symlink_to("/proc/self/mounts")
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    (folder / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    (folder / "containers").mkdir()
