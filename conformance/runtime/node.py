"""The machine below a live CRI-O, as its administrator sees it: what is there, and whether anything was left behind."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.runtime.crio import Crio

STORE = "var/lib/containers/storage"
RUN = "run/containers/storage"
CGROUPS = Path("/sys/fs/cgroup")
OWN_PROCESSES = frozenset({"crio", "kubelet"})


@dataclass(frozen=True)
class Traces:
    """What containers need on a machine: two of these are equal where nothing was left behind.

    ``mounts`` are the mount points that CRI-O sees, ``layers`` what its store has mounted, ``containers`` the IDs that
    the store knows (of pods as well), ``processes`` the names of all programs but CRI-O's own, ``cgroups`` the control
    groups below the world's, ``locks`` the files that are locked in the store (flock(2), fcntl(2)).
    """

    mounts: frozenset[str]
    layers: frozenset[str]
    containers: frozenset[str]
    processes: tuple[str, ...]
    cgroups: frozenset[str]
    locks: frozenset[str]


class Node:
    """The machine below a CRI-O in a world of its own; looking into it takes root (proc(5), ``root``)."""

    def __init__(self, crio: Crio) -> None:
        self._crio = crio

    @property
    def _proc(self) -> Path:
        """The folder of the CRI-O process, as it is seen out here."""
        return Path("/proc", str(self._crio.process.outer_pid))

    @property
    def root(self) -> Path:
        """The root folder of the world, seen from out here; absolute symbolic links in it lead elsewhere."""
        return self._proc / "root"

    @property
    def traces(self) -> Traces:
        """What is there now."""
        mounts = [line.split()[4] for line in (self._proc / "mountinfo").read_text().splitlines()]
        return Traces(
            mounts=frozenset(mounts),
            layers=frozenset(each["id"] for each in self._json(f"{RUN}/overlay-layers/mountpoints.json")),
            containers=frozenset(each["id"] for each in self._json(f"{STORE}/overlay-containers/containers.json"))
            | frozenset(each["id"] for each in self._json(f"{STORE}/overlay-containers/volatile-containers.json")),
            processes=tuple(sorted(self._processes())),
            cgroups=frozenset(self._cgroups()),
            locks=frozenset(self._locks()),
        )

    def mounts_of(self, container_id: str) -> dict[str, tuple[str, frozenset[str]]]:
        """Give the mounts that a running container has: path, file system and options (proc(5), ``mountinfo``)."""
        state = json.loads((self.root / f"run/{self._crio.oci_runtime}/{container_id}/state.json").read_text())
        inner = int(state["init_process_pid"])
        found = {}
        for line in (self.root / f"proc/{inner}/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            fields = before.split()
            found[fields[4]] = (after.split()[0], frozenset(fields[5].split(",")))
        return found

    def restart_runtime(self) -> None:
        """Stop CRI-O as an administrator would, and start it again: its containers run on meanwhile."""
        self._crio.restart()

    def _json(self, path: str) -> list[dict[str, Any]]:
        """Read a list that the store keeps; what was never written is empty (containers/storage)."""
        try:
            text = (self.root / path).read_text()
        except FileNotFoundError:
            return []
        return json.loads(text) if text.strip() else []

    def _processes(self) -> list[str]:
        """Name the programs that run, but for the world's first and CRI-O's own."""
        names = []
        for each in (self.root / "proc").iterdir():
            if each.name.isdigit() and each.name != "1":
                try:
                    name = (each / "comm").read_text().strip()
                    ended = (each / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if name not in OWN_PROCESSES and not ended:
                    names.append(name)
        return names

    def _cgroups(self) -> list[str]:
        """List the control groups below the world's, in any hierarchy."""
        name = self._crio.cgroup_parent.strip("/")
        return [str(each) for each in CGROUPS.glob(f"**/{name}/**") if each.is_dir() and each.name != name]

    def _locks(self) -> list[str]:
        """List the files of the store that somebody holds locked (proc(5), ``locks``)."""
        held = {line.split()[5].rpartition(":")[2] for line in Path("/proc/locks").read_text().splitlines()}
        files = [*(self.root / STORE).glob("**/*.lock"), *(self.root / RUN).glob("**/*.lock")]
        return [str(each.relative_to(self.root)) for each in files if str(each.lstat().st_ino) in held]
