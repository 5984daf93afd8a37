"""A bundle as it is published, unpacked without trust in what its names say."""

import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath


class UnpackingError(Exception):
    """An archive that is broken, or that holds what a bundle does not: one clause that says what."""


def unpack_bundle(archive: Path, folder: Path) -> None:
    """Write the files of a gzipped tar below a folder, without the one folder that all are in.

    Only files and folders are written, and only the right to run them is taken over: no link is ever made, so none
    leads out. Raises ``UnpackingError``, and ``OSError`` where something cannot be written.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _unpack(tar, member, folder)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise UnpackingError(f"it is no gzipped tar that can be read ({error})") from None


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise UnpackingError(f"{member.name!r} in it leads out of its folder")
    if not (member.isfile() or member.isdir()):
        kind = "link" if member.issym() or member.islnk() else "special file"
        raise UnpackingError(f"{member.name!r} in it is a {kind}, which no bundle has")
    path = folder.joinpath(*name.parts[1:])
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    if content is None or path.is_dir():
        raise UnpackingError(f"{member.name!r} in it is no file of a bundle")
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)
