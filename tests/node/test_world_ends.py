"""However the process that made them ends, its worlds end with it."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from conformance.node import World, WorldError, sweep_worlds
from conformance.node.folders import worlds_folder
from tests.node.world_traces import PATIENCE, Traces, init_of, traces

pytestmark = pytest.mark.usefixtures("namespaces", "own_tmpdir")
SECONDS = 2.0
"""How soon everything must be gone."""

RUN = """
import json, os, signal, sys
from conformance.node import World

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with SIGINT ignored
worlds = [World(), World()]
for world in worlds:
    world.spawn(["sleep", "1000"], {"PATH": os.defpath}, "log")
    daemon = ["sh", "-c", "(trap '' HUP INT TERM; setsid sleep 1001 &)"]
    world.spawn(daemon, {"PATH": os.defpath}, "log").wait()
print(json.dumps([[str(world.folder), world._unshare.pid] for world in worlds]), flush=True)
exec(sys.stdin.readline())
"""
KILLED_WHILE_MAKING_A_WORLD = """
import json, os, sys
from conformance.node import World

def told(self, visible):
    print(json.dumps([[str(self.folder), self._unshare.pid]]), flush=True)
    sys.stdin.readline()
    control = self._control._socket
    {act}
    os.kill(os.getpid(), 9)

World._prepare = told
World()
"""
Run = subprocess.Popen[str]


@pytest.fixture
def python() -> Iterator[Callable[[str], Run]]:
    """Starts a script with pipes to talk to it."""
    running: list[Run] = []

    def start(script: str) -> Run:
        command = [sys.executable, "-c", script]
        pipe = subprocess.PIPE
        running.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.communicate()


def told(pipe: IO[str] | None) -> list[tuple[Path, int]]:
    """Read which worlds a script made: their folders, and the numbers of their ``unshare``."""
    assert pipe is not None
    return [(Path(folder), unshare) for folder, unshare in json.loads(pipe.readline() or "[]")]


def say(run: Run, line: str) -> None:
    assert run.stdin is not None
    run.stdin.write(line + "\n")
    run.stdin.flush()


def assert_ended(pidfds: list[int]) -> None:
    """Wait until each of these processes has ended."""
    for handle in pidfds:
        assert select.select([handle], [], [], SECONDS)[0], "a world goes on"
        os.close(handle)


ENDS: dict[str, Callable[[Run], None]] = {
    "SIGKILL": lambda run: run.send_signal(signal.SIGKILL),
    "SIGTERM": lambda run: run.send_signal(signal.SIGTERM),
    "SIGINT": lambda run: run.send_signal(signal.SIGINT),
    "its last line": lambda run: say(run, "pass"),
    "an exception": lambda run: say(run, "raise LookupError('on purpose')"),
    "os._exit": lambda run: say(run, "os._exit(3)"),
}


@pytest.mark.parametrize("end", ENDS)
def test_worlds_end_with_the_process_that_made_them(python: Callable[[str], Run], end: str) -> None:
    run = python(RUN)
    worlds = told(run.stdout)
    assert len(worlds) == 2, run.communicate()[1]
    seen = [Traces.of(folder, unshare) for folder, unshare in worlds]
    assert [len(each.inhabitants) for each in seen] == [4, 4]
    pidfds = [os.pidfd_open(unshare) for _, unshare in worlds]
    ENDS[end](run)
    assert_ended(pidfds)
    assert [each.left() for each in seen] == [[], []]
    run.wait(PATIENCE)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param("pass", id="before it says what it wants"),
        pytest.param(
            "control.send(json.dumps({'etc': str(self.etc), 'private': [], 'visible': []}).encode())",
            id="before the answer",
        ),
        pytest.param("control.send(b'{}'); control.shutdown(0)", id="in the middle of a word"),
    ],
)
def test_a_world_ends_whose_run_is_killed_while_making_it(python: Callable[[str], Run], act: str) -> None:
    run = python(KILLED_WHILE_MAKING_A_WORLD.format(act=act))
    ((folder, unshare),) = told(run.stdout)
    pidfds = [os.pidfd_open(unshare)]
    say(run, "now")
    assert_ended(pidfds)
    assert run.wait(PATIENCE) == -signal.SIGKILL
    assert not folder.exists()


def test_a_world_outside_the_covered_folders_ends_as_well(
    python: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.access(Path.home(), os.W_OK):
        pytest.skip("the home folder cannot be written to")
    with tempfile.TemporaryDirectory(prefix="c", dir=Path.home()) as elsewhere:
        monkeypatch.setenv("TMPDIR", elsewhere)
        run = python(RUN)
        worlds = told(run.stdout)
        assert [folder.parent.parent for folder, _ in worlds] == [Path(elsewhere).resolve()] * 2
        pidfds = [os.pidfd_open(unshare) for _, unshare in worlds]
        run.kill()
        assert_ended(pidfds)
        assert [folder for folder, _ in worlds if folder.exists()] == []


def test_a_world_inside_a_visible_folder_ends_as_well(own_tmpdir: Path) -> None:
    with World(visible=[own_tmpdir]) as world:
        world.end()
        world._unshare.wait(PATIENCE)
        assert not world.folder.exists(), "its init removed it"


# What even a killed init leaves


def abandoned() -> World:
    """Make a world and kill its init, so that its folder stays."""
    world = World()
    os.kill(init_of(world._unshare.pid), signal.SIGKILL)
    world._unshare.wait()
    assert world.folder.exists()
    return world


def test_sweep_removes_what_a_killed_init_left_and_leaves_the_living_alone() -> None:
    with World() as living:
        dead = abandoned()
        assert sweep_worlds() == [dead.folder]
        assert not dead.folder.exists()
        assert (living.etc / "passwd").exists()
        process = living.spawn(["true"], {"PATH": os.defpath}, "log")
        assert process.wait(PATIENCE)
        assert process.status() == 0
        dead.close()


def test_sweep_removes_folders_in_folders_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    dead = abandoned()
    (dead.folder / "deep" / "er").mkdir(parents=True)
    (dead.folder / "deep" / "er" / "file").touch()
    (dead.folder / "link").symlink_to(tmp_path)
    (dead.folder / "broken").symlink_to("nowhere")
    sweep_worlds()
    assert not dead.folder.exists()
    assert (tmp_path / "precious").exists()
    dead.close()


def test_close_does_the_same_for_its_own() -> None:
    dead = abandoned()
    dead.close()
    assert not dead.folder.exists()
    assert sweep_worlds() == []


def test_sweep_finds_nothing_where_nothing_was(own_tmpdir: Path) -> None:
    assert sweep_worlds() == []
    assert worlds_folder().parent == own_tmpdir


# Where worlds must not be made


@pytest.mark.parametrize("attempt", [World, sweep_worlds])
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_may_enter_is_refused(attempt: Callable[[], object], mode: int) -> None:
    folder = worlds_folder()
    folder.chmod(mode)
    with pytest.raises((WorldError, OSError)) as caught:
        attempt()
    assert str(caught.value) == (
        f"{folder} is not a private folder of this user: remove it, or set TMPDIR to a folder of your own"
    )
    folder.chmod(0o700)


def test_a_link_or_a_file_in_the_folders_place_is_refused(tmp_path: Path, own_tmpdir: Path) -> None:
    tmp_path.chmod(0o700)
    folder = own_tmpdir / f"crio-conformance-{os.geteuid()}"
    folder.symlink_to(tmp_path)
    with pytest.raises(WorldError, match=f"^{folder} is not a private folder of this user"):
        World()
    assert list(tmp_path.iterdir()) == []
    folder.unlink()
    folder.touch(mode=0o600)
    with pytest.raises(WorldError, match=f"^{folder} is not a private folder of this user"):
        World()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_refused() -> None:
    folder = worlds_folder()
    os.chown(folder, 12345, 12345)
    with pytest.raises(WorldError, match=f"^{folder} is not a private folder of this user"):
        World()
    os.chown(folder, 0, 0)


def test_a_path_too_long_for_sockets_is_refused(own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By one byte for the socket that a kubelet has, which is the longest below a world's folder."""
    base = len(f"{own_tmpdir}//crio-conformance-{os.geteuid()}")
    longest = 107 - len("/12345678/kubelet/cri.sock") - base + 1
    deep = own_tmpdir / ("x" * longest)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(WorldError) as caught:
        World()
    folder = deep / f"crio-conformance-{os.geteuid()}"
    assert str(caught.value) == (f"{folder} is too long a path for a Unix socket in it: set TMPDIR to a shorter one")
    assert list(deep.iterdir()) == []


def test_a_link_to_the_temporary_folder_is_as_good_as_the_folder(
    own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_tmpdir / "real").mkdir()
    (own_tmpdir / "link").symlink_to("real")
    monkeypatch.setattr(tempfile, "tempdir", str(own_tmpdir / "link"))
    with World() as world:
        assert traces(world).left()
        assert world.folder.is_relative_to(own_tmpdir / "real")
