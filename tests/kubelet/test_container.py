"""What is read of a container's files: the programs run here instead, or their output is given."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cri.v1 import api_pb2 as api
from conformance.images.builder import Device, Directory, Entry, File, Hardlink, Symlink
from conformance.kubelet import Container, ExecResult
from conformance.kubelet.container import _entries

ME = (os.getuid(), os.getgid())


def container(response: api.ExecSyncResponse | None = None) -> tuple[Container, list[Sequence[str]]]:
    """Make a container in which programs give this answer, or run here where there is none; and what they were."""
    asked: list[Sequence[str]] = []

    def exec_sync(request: api.ExecSyncRequest) -> api.ExecSyncResponse:
        asked.append(list(request.cmd))
        if response is not None:
            return response
        done = subprocess.run(request.cmd, capture_output=True, check=False)
        return api.ExecSyncResponse(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    runtime: Any = SimpleNamespace(client=SimpleNamespace(exec_sync=exec_sync), model_monitor=None)
    return Container(runtime, "c"), asked


HERE, _ = container()


def answering(status: int, stdout: bytes = b"", stderr: bytes = b"") -> Container:
    """Make a container in which every program ends so."""
    return container(api.ExecSyncResponse(exit_code=status, stdout=stdout, stderr=stderr))[0]


# The tree


def test_a_tree_is_told_in_the_builder_s_words(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"\0\n\0>\n\n")
    (tmp_path / "folder" / "file").chmod(0o640)
    (tmp_path / "folder").chmod(0o2750)
    (tmp_path / "empty").touch(0o600)
    (tmp_path / "link").symlink_to("no\nwhere")
    os.mkfifo(tmp_path / "fifo", 0o600)
    tmp_path.chmod(0o711)
    assert HERE.tree(str(tmp_path)) == {
        ".": Directory(0o711, *ME),
        "folder": Directory(0o2750, *ME),
        "folder/file": File(b"\0\n\0>\n\n", 0o640, *ME),
        "empty": File(b"", 0o600, *ME),
        "link": Symlink("no\nwhere", *ME),
        "fifo": Device("fifo", 0, 0, 0o600, *ME),
    }


def test_further_names_of_a_file_are_hard_links_to_the_first(tmp_path: Path) -> None:
    (tmp_path / "z").write_bytes(b"one")
    for name in ("b", "a", "c"):
        (tmp_path / name).hardlink_to(tmp_path / "z")
    (tmp_path / "other").write_bytes(b"one")
    (tmp_path / "link").symlink_to("nowhere")
    os.link(tmp_path / "link", tmp_path / "twin", follow_symlinks=False)
    seen = HERE.tree(str(tmp_path))
    assert [seen[name] for name in "bcz"] == [Hardlink("a")] * 3
    assert seen["a"] == File(b"one", (tmp_path / "a").stat().st_mode & 0o7777, *ME)
    assert isinstance(seen["other"], File)
    assert (seen["link"], seen["twin"]) == (Symlink("nowhere", *ME), Hardlink("link"))


NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."}
)


@settings(max_examples=30)
@given(files=st.dictionaries(NAMES | st.sampled_from(["\n", ">", "\udcff"]), st.binary(max_size=50), max_size=5))
def test_any_name_and_content_is_told(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tree")
    for name, content in files.items():
        (folder / name).write_bytes(content)
    listing = HERE.tree(str(folder))
    assert {name: entry.content for name, entry in listing.items() if isinstance(entry, File)} == files
    assert len(listing) == len(files) + 1


def listing(*entries: str, devices: str = "", content: bytes = b"") -> bytes:
    """Put together what the programs print."""
    return "".join(entry + "\0" for entry in entries).encode() + b"\n" + devices.encode() + b"\n" + content


@pytest.mark.parametrize("content", [b"", b"text", b"\n", b"\n\n\n", b"\0\n4 40\n\n"])
def test_devices_have_their_numbers(content: bytes) -> None:
    output = listing(
        "d 755 0 0 60 2 1:1\0.\0>",
        "b 660 0 6 0 1 1:2\0./disk\0>",
        f"f 644 0 0 {len(content)} 1 1:3\0./file\0>",
        "p 600 0 0 0 1 1:4\0./fifo\0>",
        "c 620 7 5 0 1 1:5\0./terminal\0>",
        devices="8 11\n4 40\n",
        content=content,
    )
    expected: dict[str, Entry] = {
        ".": Directory(),
        "disk": Device("block", 8, 17, 0o660, 0, 6),
        "file": File(content),
        "fifo": Device("fifo"),
        "terminal": Device("char", 4, 64, 0o620, 7, 5),
    }
    assert _entries(output) == expected


@pytest.mark.parametrize("content", [b"", b"text", b"\n", b"\n\nx\n\n"])
def test_where_there_is_no_device_all_the_rest_is_content(content: bytes) -> None:
    assert _entries(listing(f"f 4755 1 2 {len(content)} 1 1:3\0./file\0>", content=content)) == {
        "file": File(content, 0o4755, 1, 2)
    }


def test_what_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        HERE.tree(str(tmp_path / "nowhere"))


# Programs


def test_what_a_program_printed_need_be_no_text() -> None:
    assert answering(3, b"\xff\n", b"\xfe").run("/bin/cat", "f") == ExecResult(3, "\udcff\n", "\udcfe")


@pytest.mark.parametrize(
    ("status", "text", "read_only", "denied"),
    [
        (1, "touch: cannot touch '/m/new': Read-only file system", True, False),
        (2, "/bin/sh: 1: cannot open /m/disk: Operation not permitted", False, True),
        (1, "cat: /m/secret: Permission denied", False, True),
        (1, "cat: /m/nothing: No such file or directory", False, False),
        (0, "Read-only file system, Permission denied", False, False),
    ],
)
def test_why_a_program_failed(status: int, text: str, read_only: bool, denied: bool) -> None:
    output = ExecResult(status, "", text)
    assert (output.is_read_only, output.is_denied) == (read_only, denied)


def test_a_file_is_read_or_not() -> None:
    asking, asked = container(api.ExecSyncResponse(stdout=b"text\n"))
    assert (asking.read("/m/file"), asked) == ("text\n", [["/bin/cat", "/m/file"]])
    with pytest.raises(OSError, match=r"^cat: no$"):
        answering(1, stderr=b"cat: no\n").read("/m/file")


@pytest.mark.parametrize("status", [0, 1])
def test_whether_a_file_can_be_written(status: int) -> None:
    assert answering(status).can_write("/m/new") is (status == 0)
