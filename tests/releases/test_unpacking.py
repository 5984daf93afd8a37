"""What is unpacked of a bundle, and what never is."""

import io
import tarfile
from pathlib import Path

import pytest

from conformance.releases.unpacking import UnpackingError, unpack_bundle
from tests.releases.release_server import tar


def unpacked(tmp_path: Path, content: bytes) -> Path:
    """Unpack an archive into a folder of its own."""
    archive, folder = tmp_path / "archive", tmp_path / "here" / "release"
    archive.write_bytes(content)
    folder.mkdir(parents=True)
    unpack_bundle(archive, folder)
    return folder


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


def test_files_and_folders_are_unpacked_without_the_one_that_all_are_in(tmp_path: Path) -> None:
    content = tar({"a": member("cri-o/empty", tarfile.DIRTYPE), "cri-o/bin/crio": b"#!", "./cri-o/man/crio.8": b"8"})
    folder = unpacked(tmp_path, content)
    assert {str(path.relative_to(folder)) for path in folder.rglob("*")} == {
        "empty",
        "bin",
        "bin/crio",
        "man",
        "man/crio.8",
    }
    assert [oct((folder / each).stat().st_mode & 0o7777) for each in ("bin/crio", "man/crio.8")] == ["0o755", "0o644"]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (member("cri-o/../../outside", tarfile.REGTYPE), "'cri-o/../../outside' in it leads out of its folder"),
        (member("../outside", tarfile.REGTYPE), "'../outside' in it leads out of its folder"),
        (member("/outside", tarfile.REGTYPE), "'/outside' in it leads out of its folder"),
        (member("cri-o/../../outside", tarfile.DIRTYPE), "leads out of its folder"),
        (member("cri-o/link", tarfile.SYMTYPE, "/etc/passwd"), "'cri-o/link' in it is a link"),
        (member("cri-o/link", tarfile.SYMTYPE, "bin"), "'cri-o/link' in it is a link"),
        (member("cri-o/link", tarfile.LNKTYPE, "../../outside"), "'cri-o/link' in it is a link"),
        (member("cri-o/pipe", tarfile.FIFOTYPE), "'cri-o/pipe' in it is a special file"),
        (member("cri-o/disk", tarfile.BLKTYPE), "'cri-o/disk' in it is a special file"),
        (member("cri-o", tarfile.REGTYPE), "'cri-o' in it is no file of a bundle"),
    ],
)
def test_what_leads_out_or_is_no_file_is_refused(tmp_path: Path, made: tarfile.TarInfo, why: str) -> None:
    with pytest.raises(UnpackingError) as caught:
        unpacked(tmp_path, tar({"cri-o/bin/crio": b"", "made": made}))
    assert why in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "here"]
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["release"]


def test_nothing_is_written_through_a_link_that_was_unpacked_before(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    content = tar({"a": member("cri-o/bin", tarfile.SYMTYPE, str(tmp_path / "outside")), "cri-o/bin/crio": b"#!"})
    with pytest.raises(UnpackingError):
        unpacked(tmp_path, content)
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_bits_that_give_rights_away_are_left_out(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        made = member("cri-o/bin/su", tarfile.REGTYPE)
        made.mode = 0o6777
        archive.addfile(made)
    assert oct((unpacked(tmp_path, packed.getvalue()) / "bin" / "su").stat().st_mode & 0o7777) == "0o755"
