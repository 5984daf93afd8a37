"""One file of ours in somebody's registries.conf.d: there while its run is, and not a moment longer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.node_config.drop_in import DropIn, DropInError, abandoned_drop_ins, discard_drop_ins, words_in_use

TEXT = "[[registry]]\n"
WRITER = """
import sys, signal
from pathlib import Path
from conformance.node_config.drop_in import DropIn
DropIn(Path(sys.argv[1]), "ab12").write("text")
print("written", flush=True)
signal.pause()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of theirs, last changed long ago."""
    folder = tmp_path / "registries.conf.d"
    folder.mkdir()
    (folder / "crio.conf").write_text("theirs")
    os.utime(folder, ns=(1, 1))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_read_last_and_leaves_nothing(folder: Path) -> None:
    drop_in = DropIn(folder, "ab12")
    assert names(folder) == ["crio.conf"]
    drop_in.write(TEXT)
    drop_in.write(TEXT * 2)
    assert names(folder) == ["crio.conf", "zz-crio-conformance-ab12.conf"]
    assert drop_in.path.read_text() == f"{TEXT * 2}# folder modified at: 1\n"
    assert (words_in_use(folder), abandoned_drop_ins(folder)) == ({"ab12"}, [])
    drop_in.remove()
    drop_in.remove()
    assert names(folder) == ["crio.conf"]
    assert folder.stat().st_mtime_ns == 1


def test_what_a_killed_run_left_is_known_by_its_lock_and_counts_until_it_was_read_empty(folder: Path) -> None:
    ours = DropIn(folder, "cd34")
    ours.write(TEXT)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert (words_in_use(folder), abandoned_drop_ins(folder)) == ({"ab12", "cd34"}, [])
        writer.send_signal(signal.SIGKILL)
    (folder / ".zz-crio-conformance-ab12.new").write_text("half")
    os.utime(folder, ns=(1, 1))
    (abandoned,) = [path for path in abandoned_drop_ins(folder) if path.suffix == ".conf"]
    read = []
    discard_drop_ins(abandoned_drop_ins(folder), lambda: read.append(abandoned.read_text()))
    assert read == [""]
    assert names(folder) == ["crio.conf", ours.path.name]
    assert folder.stat().st_mtime_ns == 1


def test_one_killed_before_it_gave_the_folder_its_time_is_known(folder: Path) -> None:
    drop_in = DropIn(folder, "ab12")
    drop_in.write(TEXT)
    text = drop_in.path.read_text()
    drop_in.remove()
    drop_in.path.write_text(text)
    assert folder.stat().st_mtime_ns != 1
    discard_drop_ins(abandoned_drop_ins(folder), lambda: None)
    assert folder.stat().st_mtime_ns == 1


def test_nothing_left_is_no_reason_to_reload(folder: Path) -> None:
    discard_drop_ins(abandoned_drop_ins(folder), lambda: pytest.fail("reloaded"))
    assert abandoned_drop_ins(folder / "nowhere") == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DropInError, match=r"/nowhere is no folder, and a drop-in has its place in one: make it$"):
        DropIn(tmp_path / "nowhere", "ab12")


def test_one_that_cannot_be_written_to_is_told(folder: Path) -> None:
    drop_in = DropIn(folder, "ab12")
    drop_in.path.with_name(f".{drop_in.path.stem}.new").mkdir()
    with pytest.raises(DropInError, match=r"cannot be written to \((?:File exists|Is a directory)\): run as root"):
        drop_in.write(TEXT)


def test_the_folder_is_held_whatever_becomes_of_the_path_to_it(folder: Path) -> None:
    drop_in = DropIn(folder, "ab12")
    moved = folder.rename(folder.with_name("moved"))
    drop_in.write(TEXT)
    assert names(moved) == ["crio.conf", drop_in.path.name]
    drop_in.close()
    assert names(moved) == ["crio.conf"]
