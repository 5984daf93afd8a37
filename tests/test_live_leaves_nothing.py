"""After a run on a real CRI-O nothing of it is on the machine: no process, mount, control group, file or setting.

The machine is looked at as it is, while others may use it: only what belongs to the run counts, and fixed paths.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from conformance.kubelet.sysctl_masks import SYSCTL, WANTED
from conformance.node import sweep_worlds
from conformance.releases.installation import RuntimeNotFoundError, find_crio
from conformance.releases.kubelet_binary import KubeletBinary, find_kubelet
from tests.node.world_traces import Traces, init_of, mentioning, mounts

pytestmark = [
    pytest.mark.usefixtures("namespaces"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has containers"),
]
CASES = ("--pyargs", "conformance.suite.volumes.test_image_volumes", "conformance.suite.kubelet.test_kubelet")
VOLUMES = "(TestOnBoth and (container_sees or removed))"
STATIC_PODS = "TestTheStoryWithAGoodEnd or (TestNever and named)"
PATIENCE = 60.0
LOOK_SECONDS = 0.05
SECONDS = 5.0
"""How soon everything must be gone, on a busy machine."""

FIXED = [
    *("/usr/libexec/kubernetes", "/etc/kubernetes", "/var/lib/kubelet", "/var/lib/cni", "/etc/cni", "/opt/cni"),
    *("/etc/crio", "/etc/containers", "/run/crio", "/run/containers", "/var/lib/containers", "/var/lib/crio"),
    *("/run/runc", "/run/crun", "/var/run/crio", "/var/log/pods", "/var/log/crio", "/var/log/containers"),
]
"""Where CRI-O, the OCI runtimes and a kubelet keep things unless they are told otherwise."""

OURS = ("crio-conformance-", "crio", "conmon", "kube")
"""How control groups begin that such programs make; the first are those of worlds, which others have, too."""


@pytest.fixture(scope="module")
def crio() -> str:
    """The CRI-O to run."""
    try:
        return str(find_crio("auto").crio)
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture
def kubelet(crio: str) -> KubeletBinary:
    """The kubelet in the cache that suits it."""
    found = find_kubelet(None, find_crio(crio).release)
    if found is None:
        pytest.skip("there is no kubelet in the cache folder")
    return found


# The machine


@dataclass(frozen=True)
class Machine:
    """What of the machine a run must leave as it is."""

    parameters: dict[str, str]
    files: dict[str, tuple[int, ...]]
    mounts: frozenset[str]
    cgroups: frozenset[str]

    @classmethod
    def now(cls) -> Self:
        """Look at it."""
        paths = [path for top in map(Path, FIXED) if top.exists() for path in (top, *top.rglob("*"))]
        facts = {str(path): path.lstat() for path in paths}
        return cls(
            {name: (SYSCTL / name).read_text() for name in WANTED},
            {path: (each.st_ino, each.st_mode, each.st_size, each.st_mtime_ns) for path, each in facts.items()},
            frozenset(line for line in mounts() if any(word in line for word in ("conformance", "containers", "kube"))),
            frozenset(
                str(group)
                for hierarchy in [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]
                for group in hierarchy.iterdir()
                if group.name.startswith(OURS[1:]) and not group.name.startswith(OURS[0])
            ),
        )


@pytest.fixture(autouse=True)
def _machine_stays_as_it_is(own_tmpdir: Path) -> Iterator[None]:
    """Whatever becomes of the run. Its temporary folder is empty but for the lock of the folder for worlds."""
    before = Machine.now()
    yield
    assert Machine.now() == before
    home = f"crio-conformance-{os.geteuid()}"
    assert {str(each.relative_to(own_tmpdir)) for each in own_tmpdir.rglob("*")} <= {home, f"{home}/.lock"}
    assert [line for line in mounts() if str(own_tmpdir) in line] == []
    assert mentioning(str(own_tmpdir)) == []


# A run


class LiveRun:
    """A run of cases in a process of its own, and its worlds: by folder, with all who were ever seen there."""

    def __init__(self, folder: Path, tmpdir: Path, cases: str, *options: str) -> None:
        self.output = folder / "output"
        command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--stories=none", *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *CASES, "-k", cases],
                cwd=folder,
                env={**os.environ, "TMPDIR": str(tmpdir)} | {"PYTEST_ADDOPTS": ""},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.worlds: dict[Path, Traces] = {}

    def watch(self, until: Callable[[], bool]) -> None:
        """Look at its worlds again and again until something is the case."""
        last = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < last, self.output.read_text()
            time.sleep(LOOK_SECONDS)
            for unshare in self.unshares():
                try:
                    argv = Path(f"/proc/{unshare}/cmdline").read_text().split("\0")
                    seen = Traces.of(Path(argv[-3]), unshare)
                except (AssertionError, IndexError, OSError):  # it is not yet made, or has ended
                    continue
                known = self.worlds.get(seen.folder, seen)
                self.worlds[seen.folder] = replace(seen, inhabitants=seen.inhabitants | known.inhabitants)

    def unshares(self) -> list[int]:
        """Give the processes that hold its worlds."""
        return [pid for pid in children(self.process.pid) if name(pid) == "unshare"]

    def has(self, *programs: str) -> bool:
        """Tell whether all of these run in its worlds now."""
        return set(programs) <= {name(pid) for world in self.worlds.values() for pid, _ in world.inhabitants}

    def has_cgroups(self) -> bool:
        """Tell whether there are control groups of its worlds now: conmon is there before they are."""
        return any(trace.startswith("/sys/fs/cgroup") for trace in self.left())

    def left(self) -> list[str]:
        """Tell what is still there of its worlds."""
        return [trace for world in self.worlds.values() for trace in world.left()]


def children(parent: int) -> list[int]:
    """Give the children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(parent):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def name(pid: int) -> str:
    """Give the name of a process, nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@pytest.fixture
def live(tmp_path: Path, own_tmpdir: Path, crio: str) -> Iterator[Callable[..., LiveRun]]:
    """Starts a run."""
    started: list[LiveRun] = []

    def start(cases: str, *options: str) -> LiveRun:
        started.append(LiveRun(tmp_path, own_tmpdir, cases, f"--runtime={crio}", *options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def test_nothing_is_left_of_a_run_that_went_to_its_end(
    live: Callable[..., LiveRun], kubelet: KubeletBinary, tmp_path: Path
) -> None:
    link = tmp_path / "kubelet"  # below a folder that worlds cover
    link.symlink_to(kubelet.path)
    run = live(f"{VOLUMES} or {STATIC_PODS}", f"--kubelet={link}", "--require=kubelet")
    run.watch(lambda: run.has("crio", "conmon", "kubelet"))
    run.watch(lambda: run.process.poll() is not None)
    assert run.process.returncode == 0, run.output.read_text()
    assert run.left() == []


def end(run: LiveRun, *others: int) -> None:
    """Kill a run and others, and wait until its worlds have ended."""
    handles = [os.pidfd_open(pid) for pid in run.unshares()]
    for pid in (*others, run.process.pid):
        os.kill(pid, signal.SIGKILL)
    run.process.wait()
    for handle in handles:
        assert select.select([handle], [], [], SECONDS)[0], "a world goes on"
        os.close(handle)


def test_nothing_is_left_of_a_run_that_was_killed_while_static_pods_ran(
    live: Callable[..., LiveRun], kubelet: KubeletBinary
) -> None:
    run = live(STATIC_PODS, f"--kubelet={kubelet.release}")
    run.watch(lambda: run.has("crio", "kubelet", "conmon"))
    assert len(run.left()) > 5, "processes, the folder, control groups"
    end(run)
    assert run.left() == []


def test_nothing_is_left_after_a_sweep_even_if_the_worlds_init_was_killed_as_well(live: Callable[..., LiveRun]) -> None:
    run = live(VOLUMES)
    run.watch(lambda: run.has("crio", "conmon") and run.has_cgroups())
    end(run, *map(init_of, run.unshares()))
    left = run.left()
    assert [trace for trace in left if trace.startswith(("process", "mount"))] == []
    (folder,) = run.worlds
    assert str(folder) in left
    assert run.has_cgroups()
    assert sweep_worlds() == [folder]
    assert run.left() == []
