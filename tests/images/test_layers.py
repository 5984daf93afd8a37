"""Layers: what is in the tar, and which ones are refused."""

import gzip
import io
import tarfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.images.builder import (
    Device,
    Directory,
    Entry,
    File,
    Hardlink,
    Layer,
    Symlink,
    layer,
    opaque,
    raw_layer,
    whiteout,
)
from tests.images.hello_image import sha256


def members(made: Layer) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(made.blob.data), mode="r:gz") as archive:
        return {member.name: member for member in archive}


def read(made: Layer, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(made.blob.data), mode="r:gz") as archive:
        file = archive.extractfile(name)
        assert file is not None
        return file.read()


entries = st.dictionaries(
    st.sampled_from(["a/b", "a/c", "d", "e/f/g", ".wh.h", "zé", "x" * 120]), st.binary(max_size=9)
)


@settings(max_examples=25)
@given(entries, st.randoms())
def test_the_order_of_entries_does_not_change_a_layer(files: dict[str, bytes], random: Any) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)
    assert layer(dict(shuffled)) == layer(files)
    assert {name: read(layer(files), name) for name in files} == files


def test_a_layer_carries_nothing_of_the_time_and_user_that_made_it() -> None:
    made = layer({"a/b": "c"})
    assert made.blob.data[4:8] == bytes(4), "gzip's MTIME"
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members(made).values()} == {(0, 0, 0, "", "")}


def test_the_diff_id_is_the_digest_of_the_tar_before_compression() -> None:
    made = layer({"hello": "hello\n"})
    assert made.diff_id == sha256(gzip.decompress(made.blob.data))
    assert made.blob.digest == sha256(made.blob.data) != made.diff_id


def test_modes_and_owners_are_as_given() -> None:
    given: dict[str, Entry] = {
        "bin/su": File(b"#!", mode=0o4755, uid=1, gid=2),
        "home": Directory(mode=0o700, uid=1000, gid=3_000_000),
        "link": Symlink("/nowhere", uid=7, gid=8),
    }
    found = members(layer(given))
    assert (found["bin/su"].mode, found["bin/su"].uid, found["bin/su"].gid) == (0o4755, 1, 2)
    assert (found["home"].mode, found["home"].uid, found["home"].gid) == (0o700, 1000, 3_000_000)
    assert (found["link"].linkname, found["link"].uid, found["link"].gid) == ("/nowhere", 7, 8)
    assert found["home"].isdir()
    assert found["link"].issym()


def test_text_and_bytes_are_files() -> None:
    made = layer({"text": "é", "bytes": b"\xff"})
    assert (read(made, "text"), read(made, "bytes")) == ("é".encode(), b"\xff")
    assert {member.mode for member in members(made).values()} == {0o644}


def test_devices_have_their_kind_and_numbers() -> None:
    found = members(
        layer({"null": Device("char", 1, 3, mode=0o666), "sda": Device("block", 8), "pipe": Device("fifo")})
    )
    assert found["null"].ischr()
    assert (found["null"].devmajor, found["null"].devminor, found["null"].mode) == (1, 3, 0o666)
    assert found["sda"].isblk()
    assert found["sda"].devmajor == 8
    assert found["pipe"].isfifo()


def test_parents_are_created_before_what_is_in_them() -> None:
    found = members(layer({"/a/b/c": "", "./d": "", "a-b": ""}))
    assert list(found) == ["a", "a/b", "a/b/c", "a-b", "d"]
    assert found["a"].isdir()
    assert found["a/b"].mode == 0o755


def test_a_parent_that_is_given_keeps_its_mode() -> None:
    assert members(layer({"a/b": "", "a": Directory(mode=0o711)}))["a"].mode == 0o711


def test_the_root_is_in_a_layer_only_when_it_is_given() -> None:
    assert "." not in members(layer({"a": ""}))
    assert members(layer({"/": Directory(mode=0o700), "a": ""}))["."].mode == 0o700


def test_a_hard_link_follows_its_target_and_shares_its_mode_and_owners() -> None:
    made = layer({"a": Hardlink("/z/file"), "z/file": File(b"x", mode=0o600, uid=5, gid=6)})
    link = members(made)["a"]
    assert list(members(made)) == ["z", "z/file", "a"]
    assert link.islnk()
    assert (link.linkname, link.mode, link.uid, link.gid, link.size) == ("z/file", 0o600, 5, 6, 0)
    assert read(made, "a") == b"x"


def test_whiteouts_are_named_as_the_layer_spec_says_and_come_before_siblings() -> None:
    assert whiteout("a/b") == "a/.wh.b"
    assert whiteout("/b") == ".wh.b"
    assert opaque("a/") == "a/.wh..wh..opq"
    assert opaque("/") == ".wh..wh..opq"
    made = layer({"a/+new": "", whiteout("a/b"): "", opaque("c"): "", "c/-": ""})
    assert list(members(made)) == ["a", "a/.wh.b", "a/+new", "c", "c/.wh..wh..opq", "c/-"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"a/../../b": ""}, "lead out of the layer"),
        ({"a": "", "/a": ""}, "twice"),
        ({"a": "", "a/b": ""}, "'/a' must be a directory"),
        ({"/": ""}, "'/' must be a directory"),
        ({"a": Hardlink("b")}, "hard link '/a' needs a file of this layer"),
        ({"a": Hardlink("b"), "b/c": ""}, "hard link '/a' needs a file of this layer"),
        ({"a": Hardlink("b"), "b": Hardlink("a")}, "hard link '/a' needs a file of this layer"),
    ],
)
def test_a_layer_that_could_not_be_unpacked_is_refused(given: dict[str, str | Entry], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        layer(given)


def test_a_raw_layer_has_its_members_as_they_are_given() -> None:
    given: list[tuple[str, Entry]] = [
        ("../evil", File(b"x", mode=0o4755, uid=1, gid=2)),
        ("/out", Symlink("/etc")),
        ("out/.wh.b", File()),
        ("link", Hardlink("../../none")),
        ("../evil", Directory(mode=0o700)),
    ]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(raw_layer(given).blob.data))) as archive:
        found = archive.getmembers()
    assert [member.name for member in found] == [name for name, _ in given]
    assert (found[0].mode, found[0].uid, found[0].gid, found[0].size) == (0o4755, 1, 2, 1)
    assert [member.linkname for member in found] == ["", "/etc", "", "../../none", ""]
    assert (found[3].type, found[4].type, found[4].mode) == (tarfile.LNKTYPE, tarfile.DIRTYPE, 0o700)


def test_the_root_cannot_be_whited_out() -> None:
    with pytest.raises(ValueError, match="use opaque"):
        whiteout("/")
