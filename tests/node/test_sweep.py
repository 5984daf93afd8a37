"""What a sweep finds and leaves alone: groups of makers that were killed, strangers' files; and half-made worlds."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.node import World, WorldError, folders, init, sweep_worlds, world
from conformance.node.folders import cgroups_of, worlds_folder

pytestmark = pytest.mark.usefixtures("own_tmpdir")
KILLED = "from pathlib import Path; from conformance.node.folders import cgroups_of; print(cgroups_of(Path('xyz')))"


@pytest.fixture
def hierarchy() -> Path:
    """A folder in which this user may make control groups."""
    for each in map(Path, init.cgroup_hierarchies()):
        if os.access(each, os.W_OK) and (each / "cgroup.procs").exists():
            return each
    pytest.skip("no control groups can be made here")


@pytest.fixture
def groups(hierarchy: Path) -> Iterator[tuple[Path, Path]]:
    """Control groups of a world that this process might make, and of one whose maker has ended."""
    ended = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=True).stdout.strip()
    made = hierarchy / cgroups_of(Path("abc")), hierarchy / ended
    for each in made:
        (each / "pod" / "container").mkdir(parents=True)
    yield made
    for each in made:
        init.remove_cgroups(each.name)


def test_control_groups_go_whose_maker_has_ended_and_no_others(groups: tuple[Path, Path]) -> None:
    """Their world's folder is gone already."""
    living, abandoned = groups
    sweep_worlds()
    assert (living.exists(), abandoned.exists()) == (True, False)


def test_those_of_another_pid_namespace_are_nobodys_here(hierarchy: Path) -> None:
    foreign = hierarchy / "crio-conformance-abc-1-1-1"
    foreign.mkdir()
    sweep_worlds()
    assert foreign.exists()
    foreign.rmdir()


def test_a_group_in_which_a_process_is_still_ending_is_tried_again(hierarchy: Path) -> None:
    group = hierarchy / cgroups_of(Path("busy"))
    group.mkdir()
    with subprocess.Popen(["sleep", "1000"]) as sleeping:
        (group / "cgroup.procs").write_text(str(sleeping.pid))
        init.remove_cgroups(group.name)
        assert group.exists()
        ending = threading.Timer(0.3, sleeping.send_signal, [signal.SIGKILL])
        ending.start()
        init.remove_cgroups(group.name, 10.0)
        assert not group.exists()


def test_strangers_files_are_left_alone_and_block_nothing(tmp_path: Path) -> None:
    base = worlds_folder()
    (base / "file").touch()
    (base / "link").symlink_to(tmp_path)
    (base / "old").mkdir()
    assert sweep_worlds() == [base / "old"]
    assert {each.name for each in base.iterdir()} == {".lock", "file", "link"}
    for name in ("file", "link"):
        (base / name).unlink()


def test_a_folder_that_cannot_be_looked_into_blocks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    base = worlds_folder()
    (base / "forbidden").mkdir()
    (base / "old").mkdir()

    def refuse(parent: int, name: str) -> None:
        if name == "forbidden":
            raise PermissionError(13, "Permission denied", name)
        init.remove_tree(parent, name)

    monkeypatch.setattr(folders, "remove_tree", refuse)
    assert sweep_worlds() == [base / "old"]
    (base / "forbidden").rmdir()


def test_a_world_that_is_half_made_when_the_disk_is_full_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        folder.mkdir()
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(world, "write_etc", full)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(WorldError, match=f"^no world can be made in {worlds_folder()}: No space left on device$"):
        World()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [each.name for each in worlds_folder().iterdir()] == [".lock"]
