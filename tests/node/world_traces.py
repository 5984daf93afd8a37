"""What a world looks like from the host, and what of it is still there."""

import os
import select
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from conformance.node import Process, World

PYTHON = os.path.realpath(sys.executable)
"""A Python that is there inside a world, too: a virtual environment may lie in a folder that is covered."""
PYTHON_HOME = Path(sys.base_prefix).resolve()
PATIENCE = 10.0

Someone = tuple[int, str]
"""A process: its number, and when it started, since numbers are used again."""


def everybody() -> dict[Someone, str]:
    """Give the network namespace of every living process that this user may look at."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            start = (folder / "stat").read_text().rpartition(")")[2].split()[19]
            found[int(folder.name), start] = str((folder / "ns" / "net").readlink())
        except OSError:  # it has ended, or is none of our business
            continue
    return found


def mentioning(text: str) -> list[int]:
    """Give the processes with this text in their command line or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in told:
            found.append(int(folder.name))
    return found


@dataclass(frozen=True)
class Traces:
    """What the host sees of a living world: its folder, its network namespace and the processes in that."""

    folder: Path
    namespace: str
    inhabitants: frozenset[Someone]

    @classmethod
    def of(cls, folder: Path, unshare: int) -> Self:
        """Look at the world with that folder, whose ``unshare`` has this number."""
        namespace = str(Path(f"/proc/{unshare}/ns/net").readlink())
        assert namespace != str(Path("/proc/self/ns/net").readlink())
        return cls(folder, namespace, frozenset(who for who, where in everybody().items() if where == namespace))

    def left(self) -> list[str]:
        """Tell what of it is still there."""
        hierarchies = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]
        groups = [group for each in hierarchies for group in each.glob(f"*-{self.folder.name}-*")]
        return [
            *(f"process {pid}" for pid, _ in sorted(self.inhabitants & everybody().keys())),
            *(f"process {pid} knows the folder" for pid in mentioning(str(self.folder))),
            *(f"mount {line}" for line in mounts() if self.folder.name in line),
            *(str(path) for path in [self.folder, *groups] if path.exists()),
        ]


def traces(world: World) -> Traces:
    """Look at a world of this process."""
    return Traces.of(world.folder, world._unshare.pid)


def init_of(unshare: int) -> int:
    """Give the number of the world's first process, which is the child of its ``unshare``."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(unshare):
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("no child")


def mounts() -> list[str]:
    """Give the mounts that this process sees."""
    return Path("/proc/self/mountinfo").read_text().splitlines()


class Bell:
    """A FIFO in a world's folder that a program inside rings by opening it; ``await_ring`` fails when it does not."""

    def __init__(self, world: World, name: str = "bell") -> None:
        self.path = world.folder / name
        os.mkfifo(self.path)
        self._handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def await_ring(self) -> None:
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        assert poll.poll(PATIENCE * 1000), "nobody rang"
        os.close(self._handle)


def run(world: World, *argv: str, log: str = "output") -> str:
    """Run a program inside to its end; give all that was printed to that log."""
    process = world.spawn(argv, {"PATH": os.defpath + ":/usr/sbin:/sbin"}, log)
    assert process.wait(PATIENCE), f"{argv} does not end"
    process.close()
    return process.log.read_text()


def start(here: World, script: str) -> Process:
    return here.spawn(["sh", "-c", script], {"PATH": os.defpath, "BELL": str(here.folder / "bell")}, "output")
