"""A container of a pod, and what is seen from inside it."""

import errno
import os
import re
from dataclasses import dataclass

from conformance.cri.v1 import api_pb2 as api
from conformance.images.builder import Device, Directory, Entry, File, Hardlink, Symlink
from conformance.runtime.runtime import Runtime

EXEC_SECONDS = 10

_LIST = r"""cd "$1" && find . -printf '%y %m %U %G %s %n %D:%i\0%p\0>%l\0' && printf '\n' &&
find . \( -type b -o -type c \) -exec stat -c '%t %T' {} + && printf '\n' && find . -type f -exec cat {} +"""
"""Lists everything below a folder: the facts, path and link's target of each entry (find(1)), the numbers of devices,
the files' content. No part of an entry can begin with a newline."""

_END_OF_FACTS = b"\0\n"

_LOCAL = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")


@dataclass(frozen=True)
class ExecResult:
    """What a program in a container printed, and its exit status."""

    status: int
    stdout: str
    stderr: str

    @property
    def is_read_only(self) -> bool:
        """Whether it failed because a file system is read-only (EROFS)."""
        return self._failed(errno.EROFS)

    @property
    def is_denied(self) -> bool:
        """Whether it failed because that is not allowed (EPERM, EACCES)."""
        return self._failed(errno.EPERM) or self._failed(errno.EACCES)

    def _failed(self, number: int) -> bool:
        """Tell whether it failed with that error, as the C library words it."""
        return self.status != 0 and os.strerror(number) in self.stderr


class Container:
    """A container of a pod; what asks for programs in it needs the capability ``containers``."""

    def __init__(self, runtime: Runtime, container_id: str) -> None:
        self._runtime = runtime
        self.id = container_id

    def run(self, *argv: str) -> ExecResult:
        """Run a program in it and wait for that; raises ``CRIError`` when it cannot be started."""
        status, stdout, stderr = self._run(*argv)
        return ExecResult(status, os.fsdecode(stdout), os.fsdecode(stderr))

    def _run(self, *argv: str) -> tuple[int, bytes, bytes]:
        request = api.ExecSyncRequest(container_id=self.id, cmd=argv, timeout=EXEC_SECONDS)
        response = self._runtime.client.exec_sync(request)
        return response.exit_code, response.stdout, response.stderr

    def read(self, path: str) -> str:
        """Give a file's content; raises ``OSError`` with what ``cat`` said."""
        output = self.run("/bin/cat", path)
        if output.status:
            raise OSError(output.stderr.strip())
        return output.stdout

    def addresses(self) -> set[str]:
        """Give the IPv4 addresses of its network; raises ``OSError`` (``/proc/net/fib_trie``, proc_pid_net(5))."""
        return set(_LOCAL.findall(self.read("/proc/net/fib_trie")))

    def tree(self, folder: str) -> dict[str, Entry]:
        """Give all that is seen below a folder, by path, in the words of the image builder.

        The folder itself is ``.``, and a file's further names are hard links to the first by path. Raises ``OSError``
        with what the programs said.
        """
        status, stdout, stderr = self._run("/bin/sh", "-c", _LIST, "sh", folder)
        if status:
            raise OSError(os.fsdecode(stderr).strip())
        return _entries(stdout)

    def can_write(self, path: str) -> bool:
        """Tell whether a file of that name can be made in it."""
        return self.run("/bin/touch", path).status == 0

    @property
    def status(self) -> api.ContainerStatus:
        """What ContainerStatus reports of it; raises ``CRIError``."""
        return self._runtime.client.container_status(api.ContainerStatusRequest(container_id=self.id)).status

    @property
    def running(self) -> bool:
        """Whether ContainerStatus reports it as running; raises ``CRIError``."""
        return self.status.state == api.CONTAINER_RUNNING

    @property
    def mounts(self) -> list[api.Mount]:
        """The mounts that ContainerStatus reports, in the runtime's order."""
        return list(self.status.mounts)

    def mounted_images(self) -> dict[str, str]:
        """Give the image volumes that ContainerStatus reports: container path and image."""
        return {mount.container_path: mount.image.image for mount in self.mounts if mount.image.image}

    def stop(self) -> None:
        """Stop it with SIGKILL, without the grace period that a kubelet gives."""
        self._runtime.client.stop_container(api.StopContainerRequest(container_id=self.id, timeout=0))

    def remove(self) -> None:
        """Remove it; one that runs and ignores SIGTERM is waited for as long as the call may take (CRI-O 1.32 on)."""
        self._runtime.client.remove_container(api.RemoveContainerRequest(container_id=self.id))
        if self._runtime.model_monitor:
            self._runtime.model_monitor.removed(self.id)

    def end(self) -> None:
        """Stop it at once, and remove it; raises ``CRIError``."""
        self.stop()
        self.remove()


def _entries(listing: bytes) -> dict[str, Entry]:
    """Read what ``_LIST`` prints."""
    facts, _, rest = listing.partition(_END_OF_FACTS)
    numbers, _, content = rest.partition(b"\n" if rest.startswith(b"\n") else b"\n\n")
    devices = iter(numbers.decode().splitlines())
    parts = iter(os.fsdecode(part) for part in facts.split(b"\0"))
    seen: dict[str, Entry] = {}
    names: dict[str, list[str]] = {}
    for fact, path, target in zip(parts, parts, parts, strict=True):
        kind, mode_, uid_, gid_, size_, links, inode = fact.split(" ")
        mode, uid, gid, size = int(mode_, 8), int(uid_), int(gid_), int(size_)
        entry: Entry
        match kind:
            case "d":
                entry = Directory(mode, uid, gid)
            case "l":
                entry = Symlink(target.removeprefix(">"), uid, gid)
            case "f":
                entry, content = File(content[:size], mode, uid, gid), content[size:]
            case "p":
                entry = Device("fifo", 0, 0, mode, uid, gid)
            case _:
                major, minor = (int(number, 16) for number in next(devices).split())
                entry = Device("char" if kind == "c" else "block", major, minor, mode, uid, gid)
        name = path.removeprefix("./")
        seen[name] = entry
        if kind != "d" and int(links) > 1:
            names.setdefault(inode, []).append(name)
    for first, *further in map(sorted, names.values()):
        seen |= dict.fromkeys(further, Hardlink(first))
    return seen
