"""The machine below a live CRI-O, as its administrator sees it: what is there, and whether anything was left behind."""

import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from conformance.cri.v1 import api_pb2 as api
from conformance.images.builder import Blob
from conformance.runtime.cni import ADDRESSES
from conformance.runtime.crio import Crio

STORE = "var/lib/containers/storage"
RUN = "run/containers/storage"
OWN_PROCESSES = frozenset({"crio", "kubelet"})
PATIENCE_SECONDS = 2.0
WAIT_SECONDS = 0.01
_ID = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class NodeResources:
    """What containers need on a machine: two of these are equal where nothing was left behind.

    ``mounts`` are the mount points that CRI-O sees, ``layers`` what its store has mounted, as many times as it counts,
    ``containers`` the IDs that the store knows (of pods as well), ``processes`` the PIDs and names of all but CRI-O's
    own, ``cgroups`` the control groups that CRI-O made (those of pods are a kubelet's), ``locks`` the files that are
    locked in the store (flock(2), fcntl(2)), ``interfaces`` the network interfaces that CRI-O sees, ``addresses`` those
    that are given to pods on a bridge.
    """

    mounts: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def minus(self, before: "NodeResources") -> Self:
        """Give what of it was not there before."""
        kinds = (each.name for each in fields(self))
        more = {kind: Counter(getattr(self, kind)) - Counter(getattr(before, kind)) for kind in kinds}
        left = type(self)(**{kind: _sorted(found.elements()) for kind, found in more.items()})
        known = {_pid(each) for each in before.processes}  # which may have another name by now
        return replace(left, processes=tuple(each for each in left.processes if _pid(each) not in known))

    @property
    def is_transient(self) -> bool:
        """Whether some of it may be gone in a moment: what ends does not end at once."""
        return bool(self.processes or self.locks)

    def named(self, layers: Mapping[str, str]) -> dict[str, list[str]]:
        """Give what there is of each kind, where there is any: layers by names of their own, other IDs as ``ID``.

        ``layers`` are names by digest: a layer that lies on no other has its diffID for an ID (containers/image
        storage/storage_dest.go, ``layerID``). Control groups are told without those that they are in.
        """

        def name(found: re.Match[str]) -> str:
            return layers.get(f"sha256:{found[0]}", "ID")

        own = replace(self, cgroups=tuple(Path(each).name for each in self.cgroups))
        kinds = {each.name: [_ID.sub(name, text) for text in getattr(own, each.name)] for each in fields(own)}
        return {kind: found for kind, found in kinds.items() if found}


class NodeInspector:
    """The machine below a CRI-O on a node of its own; looking into it takes root (proc(5), ``root``)."""

    def __init__(self, crio: Crio) -> None:
        self._crio = crio

    @property
    def _proc(self) -> Path:
        """The folder of the CRI-O process, as it is seen out here."""
        return Path("/proc", str(self._crio.process.outer_pid))

    @property
    def root(self) -> Path:
        """The root folder of the node, as CRI-O sees it; absolute symbolic links in it lead elsewhere."""
        return self._proc / "root"

    @property
    def resources(self) -> NodeResources:
        """What there is now of each kind; what is about to end is still in it."""
        mounts = [line.split()[4] for line in (self._proc / "mountinfo").read_text().splitlines()]
        layers = self._json(f"{RUN}/overlay-layers/mountpoints.json")
        files = ("containers.json", "volatile-containers.json")
        return NodeResources(
            mounts=_sorted(mounts),
            layers=_sorted(each["id"] for each in layers for _ in range(each["count"])),
            containers=_sorted(
                {each["id"] for file in files for each in self._json(f"{STORE}/overlay-containers/{file}")}
            ),
            processes=_sorted(self._processes()),
            cgroups=_sorted(set(self._cgroups())),
            locks=_sorted(self._locks()),
            interfaces=_sorted(self._interfaces()),
            addresses=_sorted(each.name for each in (self.root / ADDRESSES).glob("*.*")),
        )

    def left_by(self, act: Callable[[], object]) -> NodeResources:
        """Do something, and give what it left: as ``left_since``, from before it was done."""
        before = self.resources
        act()
        return self.left_since(before)

    def left_since(self, before: NodeResources) -> NodeResources:
        """Give what is there and was not before; what is about to end is waited for, as long as CRI-O runs."""
        until = time.monotonic() + PATIENCE_SECONDS
        while (left := self.resources.minus(before)).is_transient and time.monotonic() < until:
            if self._crio.process.wait(WAIT_SECONDS):
                break
        return left

    def mounts_of(self, container_id: str) -> dict[str, tuple[str, frozenset[str]]]:
        """Give the mounts that a running container has: path, file system and options (proc(5), ``mountinfo``).

        One whose file system is read-only is read-only, as mount(8) shows it.
        """
        request = api.ContainerStatusRequest(container_id=container_id, verbose=True)
        inner = int(json.loads(self._crio.cleanup_client.container_status(request).info["info"])["pid"])
        found = {}
        for line in (self.root / f"proc/{inner}/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            fields, (kind, _, own) = before.split(), after.split(maxsplit=2)
            options = set(fields[5].split(","))
            if "ro" in own.split(","):
                options = options - {"rw"} | {"ro"}
            found[fields[4]] = (kind, frozenset(options))
        return found

    def keeps(self, part: Blob) -> bool:
        """Tell whether a part of an artifact is on the disk (an OCI layout; CRI-O internal/ociartifact/store.go)."""
        return (self.root / STORE / "artifacts" / "blobs" / part.digest.replace(":", "/")).exists()

    def restart_runtime(self) -> None:
        """Stop CRI-O as an administrator would, and start it again: its containers run on meanwhile."""
        self._crio.restart()

    def revive_runtime(self) -> None:
        """Start CRI-O again, which has ended or is about to, as a service manager would; nothing where it runs on."""
        if self._crio.process.wait(PATIENCE_SECONDS):
            self._crio.restart()

    def _json(self, path: str) -> list[dict[str, Any]]:
        """Read a list that the store keeps; what was never written is empty (containers/storage)."""
        try:
            text = (self.root / path).read_text()
        except FileNotFoundError:
            return []
        return json.loads(text) if text.strip() else []

    def _processes(self) -> list[str]:
        """Give PID and name of what runs, but for the node's own and CRI-O."""
        names = []
        for each in (self.root / "proc").iterdir():
            if each.name.isdigit() and each.name != "1" and self._crio.node.is_ours(each):
                try:
                    name = (each / "comm").read_text().strip()
                    ended = (each / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if name not in OWN_PROCESSES and not ended:
                    names.append(f"{each.name} {name}")
        return names

    def _cgroups(self) -> Iterator[str]:
        """List CRI-O's control groups below the node's, in any hierarchy (CRI-O internal/config/cgmgr)."""
        name = self._crio.cgroup_parent.strip("/")
        for hierarchy in (self._crio.node.cgroups, *self._crio.node.cgroups.iterdir()):
            for folder, _, _ in os.walk(hierarchy / name):
                if Path(folder).name.startswith("crio-") and Path(folder).name != name:
                    yield str(Path(folder).relative_to(hierarchy))

    def _interfaces(self) -> Iterator[str]:
        """Name the network interfaces (proc_pid_net(5), ``dev``)."""
        for line in (self._proc / "net" / "dev").read_text().splitlines()[2:]:
            yield line.partition(":")[0].strip()

    def _locks(self) -> Iterator[str]:
        """List the files of the store that somebody holds locked (proc(5), ``locks``)."""
        held = {line.split()[5] for line in Path("/proc/locks").read_text().splitlines() if "->" not in line}
        for folder in (self.root / STORE, self.root / RUN):
            for file in (*folder.glob("*.lock"), *folder.glob("overlay-*/*.lock")):
                if _lock_name(file.lstat()) in held:
                    yield str(file.relative_to(self.root))


def _pid(process: str) -> str:
    return process.partition(" ")[0]


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _lock_name(file: os.stat_result) -> str:
    """Give a file's device and inode as they stand in ``/proc/locks``; another world has files of the same inode."""
    return f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
