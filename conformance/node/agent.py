"""A process of ours on somebody else's node. Run as a file, standard library only, as ``init.py``, which lies beside.

It enters the node's namespaces and serves the same control socket. As a runtime's **resident** it has a mount namespace
of its own, in which the node's files are seen with ours over them; the node itself sees none of that. As a run's
**caretaker** it stays in the node's, and gives the node back. Each does its last work when the other end of its socket
closes, for whatever reason: a run that is killed leaves the node as it was.
"""

import contextlib
import ctypes
import encodings.idna  # noqa: F401 (names are encoded with it, and on the node there is nothing to import it from)
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

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(__file__))
    import init  # type: ignore[import-not-found]
else:
    from conformance.node import init

CLONE_NEWNS = 0x00020000
NAMESPACES = CLONE_NEWNS | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
"""Mounts, control groups, UTS, IPC, PIDs and network (setns(2))."""

OPEN_TREE, MOVE_MOUNT = 428, 429
"""System calls since Linux 5.2, with the same numbers on every architecture."""

OPEN_TREE_CLONE = 1
OPEN_TREE_CLOEXEC = os.O_CLOEXEC
MOVE_MOUNT_F_EMPTY_PATH = 4
SIOCBRDELBR = 0x89A1
BRIDGE = "conformance0"
"""The bridge of pods with a network of their own (``runtime/cni.py``), which lies in the node's network."""

FORWARDING = "/proc/sys/net/ipv4/ip_forward"
SYSTEMD = "/run/systemd"
"""Where the service manager is reached; it stays in sight."""

OURS_TO_COVER = ("root", "home", "opt", "srv", "mnt", "tmp")
"""Folders at the top of a node in which nothing is that a runtime needs; there a folder of ours can be shown."""

library = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """Give the result of a system call; raises ``OSError`` where it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def copy_tree(folder: str) -> int:
    """Open a copy of what is mounted at a folder, which can be put into another mount namespace."""
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
    return check(library.syscall(OPEN_TREE, init.AT_FDCWD, os.fsencode(folder), flags), folder)


def show(tree: int, folder: str) -> None:
    """Put such a copy at the same path here."""
    os.makedirs(folder, exist_ok=True)
    check(library.syscall(MOVE_MOUNT, tree, b"", init.AT_FDCWD, os.fsencode(folder), MOVE_MOUNT_F_EMPTY_PATH), folder)
    os.close(tree)


def place_for(folders: list[str], private: list[str]) -> list[str]:
    """Give what must be covered, besides ``private``, so that folders of ours can be shown; raises ``OSError``."""
    tops = {"/" + folder.split("/")[1] for folder in folders} - set(private)
    for top in tops:
        if top.strip("/") not in OURS_TO_COVER:
            raise OSError(errno.EPERM, "it cannot be shown on the node, move it below /root, /home or /tmp", top)
    return sorted(filter(os.path.isdir, tops))


def prepare(setup: dict[str, Any], trees: dict[str, int]) -> None:
    """See the node's files with ours over them, in a mount namespace of our own."""
    check(library.unshare(CLONE_NEWNS), "unshare")
    init.mount("--make-rslave", "/")  # what the node unmounts is gone here, too
    init.set_read_only("/", read_only=True)  # as in a world: nobody in here writes to what is the node's
    for path in filter(os.path.ismount, init.WRITABLE):
        init.set_read_only(path, read_only=False)
    systemd = os.open(SYSTEMD, os.O_PATH | os.O_DIRECTORY)
    private = list(filter(os.path.isdir, setup["private"]))
    init.cover(private + place_for(list(trees), private))
    os.makedirs(SYSTEMD)
    init.mount("--bind", f"/proc/self/fd/{systemd}", SYSTEMD, fds=(systemd,))
    os.close(systemd)
    for folder, tree in trees.items():
        show(tree, folder)
    init.mount("--bind", setup["etc"], "/etc")
    init.mount("--make-rprivate", "/")  # from here on nothing that is mounted in here is seen twice


def inhabitants(cgroups: str) -> list[int]:
    """Give who is here because of us: in our mount namespace, or in our control groups (containers have their own).

    Where our mount namespace is the node's own, everybody is in it, and nobody because of us.
    """
    here = os.readlink("/proc/self/ns/mnt")
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")) if here != os.readlink("/proc/1/ns/mnt") else ():
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/ns/mnt") == here:
                found.add(int(pid))
    for hierarchy in init.cgroup_hierarchies():
        for folder, _, _ in os.walk(os.path.join(hierarchy, cgroups)):
            with contextlib.suppress(OSError), open(os.path.join(folder, "cgroup.procs")) as file:
                found.update(map(int, file))
    return sorted(found - {0, os.getpid()})


def end_residents(cgroups: str) -> None:
    """Kill who is here because of us, until there is nobody, and take our control groups and our bridge away."""
    signal.signal(signal.SIGCHLD, init.reap)
    until = time.monotonic() + init.PATIENCE
    while (found := inhabitants(cgroups)) and time.monotonic() < until:
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        init.reap()
        time.sleep(init.LOOK_SECONDS)
    init.remove_cgroups(cgroups, init.PATIENCE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle, contextlib.suppress(OSError):
        fcntl.ioctl(handle, init.SIOCSIFFLAGS, struct.pack("16sh14x", BRIDGE.encode(), 0))  # one that is down can go
        fcntl.ioctl(handle, SIOCBRDELBR, BRIDGE.encode())


def give_back(stop: list[list[str]], cgroups: list[str], remove: list[str], start: list[list[str]]) -> bool:
    """Stop services, end what is left in control groups, remove files, start services; tell whether all started."""
    for command in stop:
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    for name in cgroups:
        end_residents(name)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for path in remove:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with contextlib.suppress(OSError):  # others have files there
            os.rmdir(os.path.dirname(path))
    done = [subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode for command in start]
    return not any(done)


def forwarding() -> str:
    """Give whether the node's network forwards, which the CNI plugin of a bridge switches on."""
    with open(FORWARDING) as file:
        return file.read()


def set_forwarding(value: str) -> None:
    """Let it be as it was."""
    if forwarding() != value:
        with open(FORWARDING, "w") as file:
            file.write(value)


def live_on_node(control: socket.socket, setup: dict[str, Any], trees: dict[str, int]) -> int:
    """Serve on the node, say so first, and do the last work; give the exit status."""
    resident = setup["role"] == "resident"
    forwards = forwarding()
    try:
        try:
            if resident:
                prepare(setup, trees)
        except subprocess.CalledProcessError as error:
            control.send(json.dumps({"error": error.stderr.strip()}).encode())
        except OSError as error:
            control.send(json.dumps({"error": ": ".join(filter(None, [error.filename, error.strerror]))}).encode())
        else:
            signal.signal(signal.SIGCHLD, init.reap)
            itself = os.pidfd_open(os.getpid())
            socket.send_fds(control, [json.dumps({"pid": os.getpid()}).encode()], [itself])
            os.close(itself)
            init.serve(control)
    finally:
        if resident:
            end_residents(setup["cgroups"])
            set_forwarding(forwards)
        else:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            given_back = give_back(setup["stop"], setup["cgroups"], setup["remove"], setup["start"])
    return 0 if resident or given_back else 1


def become_root() -> None:
    """Be root, where a user's run has root's capabilities alone (``helper.py``)."""
    if os.getuid() != 0:
        os.setgroups([])
        os.setgid(0)
        os.setuid(0)


def main() -> None:
    """Enter a node, given by a pidfd of its first process, and live there; remove the run's folder afterwards."""
    become_root()
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    node, lock = int(sys.argv[2]), int(sys.argv[3])
    os.set_inheritable(node, False)
    os.set_inheritable(lock, False)  # held as long as this process lives
    os.umask(0o022)
    setup = json.loads(control.recv(init.MESSAGE_BYTES) or "null")
    if not setup:  # the run was killed before it could tell
        return
    folder = setup["folder"]
    parent = os.open(os.path.dirname(folder), os.O_RDONLY | os.O_DIRECTORY)
    trees = {each: copy_tree(each) for each in setup["visible"]}
    check(library.setns(node, NAMESPACES), "setns")
    child = os.fork()  # one that is born in the node's PID namespace
    if child == 0:
        os._exit(live_on_node(control, setup, trees))
    control.close()
    for tree in trees.values():
        os.close(tree)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    init.remove_tree(parent, os.path.basename(folder))
    sys.exit(status)


if __name__ == "__main__":
    main()
