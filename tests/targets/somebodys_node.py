"""A CRI-O as somebody has it: with images, pods and files of their own, in namespaces of its own."""

import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from conformance.cri.v1 import api_pb2 as api
from conformance.evidence.log import REGISTRIES_APPLIED, RELOADED
from conformance.kubelet import Pod
from conformance.model.registries import Mirror, Registry
from conformance.node_config.drop_in import PREFIX
from conformance.node_config.running_crio import read_crio_table
from conformance.releases.installation import find_crio
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, start_in_world

CONFIGURATION = Configuration(
    registries=(
        Registry(prefix="quay.io/theirs", location="quay.io/theirs", mirrors=(Mirror("mirror.theirs.example/m"),)),
        Registry(prefix="127.0.0.1", location="127.0.0.1", insecure=True),
    )
)
"""Theirs: an entry with a mirror, and one by which their CRI-O asks this machine's loopback in plain HTTP."""

LOOK_SECONDS = 0.01
SECONDS = 400.0
"""How long a run may take on a busy machine."""

WATCHED = ("etc", "var/log/pods", "var/lib/crio")


@dataclass(frozen=True)
class NodeState:
    """What of a node must be the same before and after a run.

    ``files`` are paths with inode, mode, size, time of modification and content, ``images`` IDs with names and whether
    they are pinned, ``pods`` and ``containers`` IDs with states, ``table`` is the configuration that CRI-O says counts,
    ``stored`` are the layers and the parts of artifacts that are on the disk, ``left`` what a run may have made in
    other places.
    """

    files: dict[str, tuple[object, ...]]
    images: tuple[tuple[object, ...], ...]
    pods: tuple[tuple[object, ...], ...]
    containers: tuple[tuple[object, ...], ...]
    table: str
    stored: tuple[str, ...]
    left: tuple[str, ...]

    def minus(self, other: "NodeState") -> dict[str, object]:
        """Give what differs from another state, both sides of it."""
        found: dict[str, object] = {}
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if each.name == "files":
                found |= {
                    name: (mine.get(name), theirs.get(name))
                    for name in {*mine, *theirs}
                    if mine.get(name) != theirs.get(name)
                }
            elif mine != theirs:
                found[each.name] = (set(mine) ^ set(theirs)) if each.name == "stored" else (mine, theirs)
        return found


class SomebodysNode:
    """A running CRI-O with what is theirs on it."""

    def __init__(self, crio: Crio) -> None:
        self.crio = crio
        for host, name in (("quay.io", "theirs/app"), ("docker.io", "library/busybox")):
            crio.internet.host(host).offer(name)
            assert crio.pull(f"{host}/{name}").succeeded
        self.pod = Pod(crio)
        assert self.pod.start().error is None
        self._reload()

    def _reload(self) -> None:
        """Have CRI-O reload as its owner would: what it says of ``pinned_images`` changes whoever does it."""
        self.crio.process.signal(signal.SIGHUP)
        until = time.monotonic() + SECONDS
        while not self.reloads:
            assert time.monotonic() < until
            select.select([], [], [], LOOK_SECONDS)

    @property
    def socket(self) -> Path:
        return self.crio.socket

    @property
    def root(self) -> Path:
        return Path("/proc", str(self.crio.process.outer_pid), "root")

    @property
    def drop_ins(self) -> list[Path]:
        """What runs have in the folder of registries.conf."""
        return sorted(self.root.glob(f"etc/containers/registries.conf.d/*{PREFIX}*"))

    def state(self) -> NodeState:
        """Look at it."""
        client = self.crio.cleanup_client
        images = client.list_images(api.ListImagesRequest()).images
        pods = client.list_pod_sandbox(api.ListPodSandboxRequest()).items
        containers = client.list_containers(api.ListContainersRequest()).containers
        left = [*self.root.glob("run/crio-conformance-*"), *self.root.glob("etc/containers/registries.conf.d/.*")]
        return NodeState(
            files=dict(self._files()),
            images=tuple(
                sorted((each.id, tuple(each.repo_tags), tuple(each.repo_digests), each.pinned) for each in images)
            ),
            pods=tuple(sorted((each.id, each.state) for each in pods)),
            containers=tuple(sorted((each.id, each.state) for each in containers)),
            table=str(read_crio_table(self.socket)),
            stored=tuple(sorted(self._stored())),
            left=tuple(map(str, left)),
        )

    def _stored(self) -> Iterator[str]:
        store = self.root / "var/lib/containers/storage"
        yield from (path.name for path in store.glob("artifacts/blobs/*/*"))
        yield from (each["id"] for each in json.loads((store / "overlay-layers/layers.json").read_text()))

    def _files(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        for top in (*(self.root / each for each in WATCHED), self.crio.node.folder / "home"):
            for path in [top, *top.rglob("*")] if top.exists() else []:
                facts = path.lstat()
                is_read = path.is_file() and not path.is_symlink() and path.suffix != ".log"
                content = hashlib.sha256(path.read_bytes()).hexdigest() if is_read else ""
                yield (
                    str(path),
                    (facts.st_ino, facts.st_mode, facts.st_size, facts.st_mtime_ns, content),
                )

    @property
    def reloads(self) -> int:
        """How often it has reloaded, its owner's included, by its log."""
        return sum(line.message.startswith(RELOADED) for line in self.crio.log.since(0))

    @property
    def redirects_last_applied(self) -> bool:
        """Whether CRI-O's log says that what it read last has names of a run in it."""
        applied = [line.message for line in self.crio.log.since(0) if line.message.startswith(REGISTRIES_APPLIED)]
        return bool(applied) and "/conformance-" in applied[-1]


@contextmanager
def somebodys_node(release: str, configuration: Configuration = CONFIGURATION) -> Iterator[SomebodysNode]:
    """Start one; raises ``RuntimeNotFoundError`` where that release is not here."""
    with start_in_world(find_crio(release), configuration) as crio:
        yield SomebodysNode(crio)


class NodeRun:
    """A run on somebody's node, in a process of its own."""

    def __init__(self, node: SomebodysNode, folder: Path, *options: str) -> None:
        self.output = folder / "output"
        command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "--stories=none"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--runtime", f"unix://{node.socket}", *options],
                cwd=folder,
                env=os.environ | {"PYTEST_ADDOPTS": ""},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def end(self, number: signal.Signals | None = None) -> tuple[int, str]:
        """Wait until it has ended, told to or not; give its exit code and what it printed."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(SECONDS), self.output.read_text()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is the case, while it runs."""
        until = time.monotonic() + SECONDS
        while not is_so():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < until, self.output.read_text()
            select.select([], [], [], LOOK_SECONDS)
