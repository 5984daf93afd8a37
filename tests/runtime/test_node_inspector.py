"""Looking at the machine below a CRI-O: what is there, and what was left behind. A folder stands for its files."""

import fcntl
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.images.builder import Blob
from conformance.runtime import node_inspector as looking
from conformance.runtime.node_inspector import RUN, STORE, NodeInspector, NodeResources

WORLD = "crio-conformance-test"
NODES_OWN = ("2", "3")
"""Processes that the node has without us."""

MOUNTINFO = """\
21 1 0:20 / / rw - overlay overlay rw
40 21 0:30 / /var/lib/containers/storage/overlay/ab/merged ro - overlay overlay ro
"""


class Folder(NodeInspector):
    """A node whose root is a folder; its CRI-O is what the test says."""

    def __init__(self, folder: Path, crio: Any = None) -> None:
        running = SimpleNamespace(wait=time.sleep)
        node = SimpleNamespace(cgroups=folder / "cgroup", is_ours=lambda each: each.name not in NODES_OWN)
        known: Any = crio or SimpleNamespace(cgroup_parent=f"/{WORLD}", process=running, cleanup_client=self, node=node)
        super().__init__(known)
        self.folder = folder

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        """Answer as CRI-O does when it is asked to be verbose: the container's process is 12."""
        return api.ContainerStatusResponse(info={"info": '{"pid":12}'} if request.verbose else {})

    @property
    def _proc(self) -> Path:
        return self.folder / "crio"

    @property
    def root(self) -> Path:
        return self.folder


def write(path: Path, content: object = "") -> Path:
    """Make a file with its folders; what is no text is written as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def process(folder: Path, pid: int, name: str, state: str = "S") -> None:
    """Make a process (proc(5))."""
    write(folder / f"proc/{pid}/comm", f"{name}\n")
    write(folder / f"proc/{pid}/stat", f"{pid} ({name}) {state} 1 1\n")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A world in which nothing was done yet. It lies in memory: elsewhere a file may be locked under another device."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        write(folder / "crio/mountinfo", MOUNTINFO)
        write(folder / "crio/net/dev", "Inter-| Receive\n face |bytes\n")
        process(folder, 1, "python3")
        process(folder, 7, "crio")
        (folder / "cgroup/pids").mkdir(parents=True)
        write(folder / "cgroup/cgroup.procs")
        yield folder


def test_a_fresh_world_has_its_mounts_only(folder: Path) -> None:
    assert Folder(folder).resources == NodeResources(mounts=("/", "/var/lib/containers/storage/overlay/ab/merged"))


def test_the_store_tells_containers_and_how_often_a_layer_is_mounted(folder: Path) -> None:
    write(folder / RUN / "overlay-layers/mountpoints.json", [{"id": "ab", "count": 2}, {"id": "cd", "count": 1}])
    write(folder / STORE / "overlay-containers/containers.json", [{"id": "c2"}, {"id": "c1"}])
    write(folder / STORE / "overlay-containers/volatile-containers.json", [{"id": "c1"}])
    traces = Folder(folder).resources
    assert (traces.layers, traces.containers) == (("ab", "ab", "cd"), ("c1", "c2"))
    write(folder / STORE / "overlay-containers/containers.json")
    assert Folder(folder).resources.containers == ("c1",), "an empty file is an empty list"


def test_processes_that_have_ended_are_none(folder: Path) -> None:
    process(folder, 8, "conmon")
    process(folder, 9, "sleep", "Z")
    process(folder, 10, "conmon")
    (folder / "proc/11").mkdir()
    assert Folder(folder).resources.processes == ("10 conmon", "8 conmon")


def test_control_groups_are_crios_and_count_once(folder: Path) -> None:
    for hierarchy in ("pids", "memory"):
        (folder / f"cgroup/{hierarchy}/{WORLD}/pod-1/crio-c1").mkdir(parents=True)
        (folder / f"cgroup/{hierarchy}/another-world/pod-2/crio-c2").mkdir(parents=True)
    assert Folder(folder).resources.cgroups == (f"{WORLD}/pod-1/crio-c1",)


def test_locks_are_seen_by_file(folder: Path) -> None:
    locked = write(folder / STORE / "overlay-layers/layers.lock")
    write(folder / RUN / "storage.lock")
    with locked.open("w") as handle:
        fcntl.lockf(handle, fcntl.LOCK_EX)
        assert Folder(folder).resources.locks == (f"{STORE}/overlay-layers/layers.lock",)
    assert Folder(folder).resources.locks == ()


def test_what_was_there_is_not_left() -> None:
    before = NodeResources(mounts=("/", "/a"), processes=("8 conmon", "9 runc"), layers=("ab",))
    processes = ("10 sleep", "8 conmon", "9 sleep", "90 conmon")
    after = NodeResources(mounts=("/", "/b"), processes=processes, layers=("ab", "ab"), locks=("x",))
    left = after.minus(before)
    assert left == NodeResources(mounts=("/b",), processes=("10 sleep", "90 conmon"), layers=("ab",), locks=("x",))
    assert before.minus(before) == NodeResources()


def test_what_is_left_is_told_by_names_that_do_not_change() -> None:
    layer, container = "8" * 64, "c" * 64
    left = NodeResources(mounts=(f"/overlay/{layer}/merged",), layers=(layer, layer), cgroups=(f"a/crio-{container}",))
    assert left.named({f"sha256:{layer}": "models"}) == {
        "mounts": ["/overlay/models/merged"],
        "layers": ["models", "models"],
        "cgroups": ["crio-ID"],
    }
    assert NodeResources().named({}) == {}


@pytest.mark.parametrize(
    ("traces", "passes"),
    [
        (NodeResources(processes=("conmon",)), True),
        (NodeResources(locks=("layers.lock",)), True),
        (NodeResources(mounts=("/a",), layers=("ab",), containers=("c1",), cgroups=("crio-c1",)), False),
        (NodeResources(), False),
    ],
)
def test_only_what_ends_by_itself_passes(traces: NodeResources, *, passes: bool) -> None:
    assert traces.is_transient is passes


def test_what_is_about_to_end_is_waited_for(folder: Path) -> None:
    node = Folder(folder)
    before = node.resources
    process(folder, 8, "conmon")
    with subprocess.Popen(["/bin/sh", "-c", f"sleep 0.2; rm {folder}/proc/8/comm"]):
        assert node.left_since(before) == NodeResources()


def test_what_does_not_end_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PATIENCE_SECONDS", 0.1)
    node = Folder(folder)
    before = node.resources
    process(folder, 8, "conmon")
    begin = time.monotonic()
    assert node.left_since(before) == NodeResources(processes=("8 conmon",))
    assert time.monotonic() - begin >= 0.1


def test_the_mounts_of_a_container_are_read_by_its_process(folder: Path) -> None:
    write(folder / "proc/12/mountinfo", "50 49 0:40 / /models ro,nosuid - overlay overlay rw,lowerdir=/x:/y\n")
    assert Folder(folder).mounts_of("c1") == {"/models": ("overlay", frozenset({"ro", "nosuid"}))}


def test_a_mount_of_a_read_only_file_system_is_read_only(folder: Path) -> None:
    write(folder / "proc/12/mountinfo", "50 49 0:40 / /models rw - overlay overlay ro,lowerdir=/x:/y\n")
    assert Folder(folder).mounts_of("c1") == {"/models": ("overlay", frozenset({"ro"}))}


def test_a_part_of_an_artifact_is_found_by_its_digest(folder: Path) -> None:
    part = Blob("text/plain", b"part")
    assert not Folder(folder).keeps(part)
    write(folder / STORE / "artifacts/blobs" / part.digest.replace(":", "/"))
    assert Folder(folder).keeps(part)


class Restarted:
    """A CRI-O that has ended or not, and counts how often it was started again; it is its own process."""

    def __init__(self, *, ended: bool) -> None:
        self.process = self
        self.ended = ended
        self.again = 0

    def wait(self, seconds: float) -> bool:
        """Tell whether it has ended."""
        assert seconds == looking.PATIENCE_SECONDS
        return self.ended

    def restart(self) -> None:
        """Count."""
        self.again += 1


@pytest.mark.parametrize("ended", [True, False])
def test_a_runtime_that_ended_is_started_again(folder: Path, *, ended: bool) -> None:
    crio = Restarted(ended=ended)
    node = Folder(folder, crio)
    node.revive_runtime()
    assert crio.again == int(ended)
    node.restart_runtime()
    assert crio.again == int(ended) + 1


def test_the_root_is_that_of_crios_process() -> None:
    crio: Any = SimpleNamespace(process=SimpleNamespace(outer_pid=1234))
    assert NodeInspector(crio).root == Path("/proc/1234/root")
