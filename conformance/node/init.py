"""The first process inside a world (PID 1 of its PID namespace). Run as a file, standard library only, for its speed.

It prepares the mounts, then serves one control socket (``SOCK_SEQPACKET``, a JSON object per message): it binds and
connects sockets and starts programs, and hands all of them out as file descriptors. When the run's end of that socket
closes, for whatever reason, it ends every process, removes the world's control groups and folder, and goes.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any

SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
MESSAGE_BYTES = 1 << 20
MOUNT_SETATTR = 442
"""The system call mount_setattr(2), since Linux 5.12, the same on every architecture."""

AT_FDCWD = -100
MNT_DETACH = 2
AT_RECURSIVE = 0x8000
MOUNT_ATTR_RDONLY = 0x1
WRITABLE = ("/proc", "/sys/fs/cgroup")
"""What a container runtime writes to, besides what is the world's own."""

CGROUPS = "/sys/fs/cgroup"
PATIENCE = 5.0
LOOK_SECONDS = 0.01

statuses: dict[int, int] = {}


def loopback_up() -> None:
    """Bring the network namespace's only interface up (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        name, flags = struct.unpack("16sh", fcntl.ioctl(handle, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))[:18])
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", name, flags | IFF_UP))


def mount(*arguments: str, fds: tuple[int, ...] = ()) -> None:
    """Mount something, by the program of that name (util-linux); its own sentence is the error."""
    subprocess.run(
        ["mount", "--no-canonicalize", *arguments],
        check=True,
        pass_fds=fds,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def set_read_only(path: str, *, read_only: bool) -> None:
    """Let nobody write to a mount and those below it, or anybody again; without effect before Linux 5.12."""
    attributes = struct.pack("QQQQ", *((MOUNT_ATTR_RDONLY, 0) if read_only else (0, MOUNT_ATTR_RDONLY)), 0, 0)
    system_call = ctypes.CDLL(None, use_errno=True).syscall
    if system_call(MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE, attributes, len(attributes)) != 0:
        number = ctypes.get_errno()
        if number not in (errno.ENOSYS, errno.EPERM):  # EPERM: a container's filter, or what is read-only outside
            raise OSError(number, os.strerror(number), path)


def protect_machine(base: str, parent: int) -> None:
    """Let nobody in here write to what is the machine's: a runtime that does what it must not harms the world alone.

    ``base``, the folder of all worlds, becomes a mount of its own, which ``parent`` then is open on.
    """
    mount("--bind", base, base)
    own = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    os.dup2(own, parent, inheritable=False)
    os.close(own)
    set_read_only("/", read_only=True)
    for path in (base, *filter(os.path.ismount, WRITABLE)):
        set_read_only(path, read_only=False)


def cover(private: list[str]) -> None:
    """Cover folders with empty ones of our own, in which there is what programs expect there."""
    for folder in private:
        mount("-t", "tmpfs", "-o", "mode=755,nosuid,nodev", "tmpfs", folder)
    for folder in ("/var/cache", "/var/lib/containers", "/var/log", "/var/tmp"):  # noqa: S108 (our own /var)
        os.makedirs(folder)
    os.chmod("/tmp", 0o1777)  # noqa: S103, S108 (our own /tmp)
    os.symlink("/run", "/var/run")


def prepare_mounts(private: list[str], visible: list[str], etc: str) -> None:
    """Cover ``private`` folders with empty ones of our own, but leave ``visible`` ones where they are."""
    kept = {folder: os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in [*visible, etc]}
    cover(private)
    for folder in visible:
        os.makedirs(folder, exist_ok=True)
        mount("--bind", f"/proc/self/fd/{kept[folder]}", folder, fds=(kept[folder],))
    mount("--bind", f"/proc/self/fd/{kept[etc]}", "/etc", fds=(kept[etc],))
    for handle in kept.values():
        os.close(handle)


def reap(*_: object) -> None:
    """Collect every child that ended, our own and those left to us."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            statuses[pid] = status


def spawn(program: str, argv: list[str], env: dict[str, str], log: str, output: str) -> tuple[dict[str, Any], int]:
    """Start a program, what it prints appended to ``output`` and its errors to ``log``; give its PID and a pidfd."""
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, append, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, log, append, 0o600),
    ]
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # so that nothing is reaped before the pidfd is there
    try:
        pid = os.posix_spawn(
            program,
            argv,
            env,
            file_actions=actions,
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
        return {"pid": pid}, os.pidfd_open(pid)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def bind(kind: str, address: str, port: int) -> tuple[dict[str, Any], int]:
    """Bind a TCP or UDP socket inside the world's network namespace, where it stays whoever holds it."""
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    if kind == "tcp":
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    handle.bind((address, port))
    return {}, handle.detach()


def connect(address: str, port: int) -> tuple[dict[str, Any], int]:
    """Connect to a TCP server inside the world's network namespace."""
    handle = socket.create_connection((address, port))
    return {}, handle.detach()


def status_of(pid: int) -> dict[str, Any]:
    """Report the exit status of a program that has ended (negative: the signal that ended it), and forget it."""
    if pid not in statuses:
        with contextlib.suppress(ChildProcessError):
            statuses[pid] = os.waitpid(pid, 0)[1]
    return {"status": os.waitstatus_to_exitcode(statuses.pop(pid))}


def hold(pid: int) -> tuple[dict[str, Any], int]:
    """Open a program that somebody else started (pidfd_open(2))."""
    return {"pid": pid}, os.pidfd_open(pid)


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], int | None]:
    """Do what the run asks for; a problem is an answer, too."""
    try:
        match request.pop("do"):
            case "spawn":
                return spawn(**request)
            case "bind":
                return bind(**request)
            case "connect":
                return connect(**request)
            case "hold":
                return hold(**request)
            case _:
                return status_of(**request), None
    except OSError as error:
        return {"error": error.strerror, "errno": error.errno}, None


def serve(control: socket.socket) -> None:
    """Answer requests until the other end is closed."""
    while message := control.recv(MESSAGE_BYTES):
        reply, handle = answer(json.loads(message))
        payload = [json.dumps(reply).encode()]
        if handle is None:
            control.sendmsg(payload)
        else:
            socket.send_fds(control, payload, [handle])
            os.close(handle)


def end_everything(parent: int, folder: str, cgroups: str) -> None:
    """Kill what runs here, then take away what the kernel leaves behind: control groups and the world's folder."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    remove_cgroups(cgroups, PATIENCE)
    # where the folder is in sight it is a mount, which cannot be removed
    ctypes.CDLL(None).umount2(folder.encode(), MNT_DETACH)
    remove_tree(parent, os.path.basename(folder))


def cgroup_hierarchies() -> list[str]:
    """Give the folders in which a hierarchy of control groups, v1 or v2, may begin."""
    children = os.listdir(CGROUPS) if os.path.isdir(CGROUPS) else []
    return [CGROUPS, *(os.path.join(CGROUPS, each) for each in children)]


def remove_cgroups(name: str, patience: float = 0.0) -> None:
    """Remove the control groups called ``name`` at the root of every hierarchy.

    One in which a process is still ending is tried again (cgroups(7): EBUSY), for ``patience`` seconds in all; what is
    left then is found by a later sweep.
    """
    until = time.monotonic() + patience
    for hierarchy in cgroup_hierarchies():
        for folder, _, _ in os.walk(os.path.join(hierarchy, name), topdown=False):
            while not _removed(folder) and time.monotonic() < until:
                time.sleep(LOOK_SECONDS)


def _removed(folder: str) -> bool:
    """Try to remove a control group; tell whether there is no use in trying again."""
    try:
        os.rmdir(folder)
    except OSError as error:
        return error.errno != errno.EBUSY
    return True


def remove_tree(parent: int, name: str) -> None:
    """Remove the folder ``name`` of the open folder ``parent``, which a bind mount may hide from every path."""
    with contextlib.suppress(FileNotFoundError):
        for _, folders, files, handle in os.fwalk(name, topdown=False, dir_fd=parent):
            for file in files:
                os.unlink(file, dir_fd=handle)
            for folder in folders:
                try:
                    os.rmdir(folder, dir_fd=handle)
                except NotADirectoryError:  # a symbolic link to a folder
                    os.unlink(folder, dir_fd=handle)
        os.rmdir(name, dir_fd=parent)


def live(control: socket.socket, base: str, parent: int) -> None:
    """Prepare the world as the run asks, say so, and serve; what goes wrong on the way is reported to the run."""
    setup = json.loads(control.recv(MESSAGE_BYTES) or "null")
    if not setup:  # the run was killed before it could tell
        return
    try:
        loopback_up()
        protect_machine(base, parent)
        prepare_mounts(setup["private"], setup["visible"], setup["etc"])
    except subprocess.CalledProcessError as error:
        control.send(json.dumps({"error": error.stderr.strip()}).encode())
    except OSError as error:
        message = ": ".join(filter(None, [error.filename, error.strerror]))
        control.send(json.dumps({"error": message}).encode())
    else:
        signal.signal(signal.SIGCHLD, reap)
        itself = os.pidfd_open(os.getpid())
        socket.send_fds(control, [json.dumps({"ready": True}).encode()], [itself])
        os.close(itself)
        serve(control)


def main() -> None:
    """Serve one world, and end it; also when the run is killed in the middle of a request."""
    if os.getpid() != 1:
        sys.exit(
            "this is the first process of a world, and ends all others where it runs: it is started by World alone"
        )
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    os.set_inheritable(int(sys.argv[2]), False)  # the world's lock, held as long as this process lives
    folder, cgroups = sys.argv[3:]
    parent = os.open(os.path.dirname(folder), os.O_RDONLY | os.O_DIRECTORY)
    os.umask(0o022)
    try:
        live(control, os.path.dirname(folder), parent)
    finally:
        end_everything(parent, folder, cgroups)


if __name__ == "__main__":
    main()
