"""The user's cache: what is in it, what is half fetched, and what goes from it."""

import glob
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance.releases.control_plane_programs import (
    KUBE_APISERVER,
    cached_control_planes,
    control_planes_folder,
)
from conformance.releases.etcd_binary import ETCD, cached_etcds, etcds_folder
from conformance.releases.installation import CRIO, RuntimeNotFoundError, cached_commits, cached_crios, releases_folder
from conformance.releases.kubelet_binary import cached_kubelets, kubelets_folder

UNFINISHED = "unfinished-"
"""How folders among the downloads begin that nobody needs when who made them has ended."""


@dataclass(frozen=True)
class CachedProgram:
    """A program in the cache: whose, of which release (or commit), where it is, and the folder of all beside it."""

    program: str
    version: str
    path: Path
    folder: Path

    @property
    def title(self) -> str:
        """Program and version, ``CRI-O 1.36.3``."""
        return f"{self.program} {self.version}"


def cached_programs() -> list[CachedProgram]:
    """Give the CRI-Os in the cache by release, those of commits, the kubelets, API servers and etcds.

    Raises ``RuntimeNotFoundError``.
    """
    crios = [*sorted(cached_crios().items()), *sorted(cached_commits().items())]
    return [
        *(CachedProgram(CRIO, str(version), path, path.parent.parent) for version, path in crios),
        *(
            CachedProgram("kubelet", str(release), path, path.parent)
            for release, path in sorted(cached_kubelets().items())
        ),
        *(
            CachedProgram(KUBE_APISERVER, str(release), path, path.parent.parent)
            for release, path in sorted(cached_control_planes().items())
        ),
        *(CachedProgram(ETCD, str(release), path, path.parent) for release, path in sorted(cached_etcds().items())),
    ]


def why_nothing_cached() -> str:
    """Say where nothing is, and how that changes."""
    return f"nothing is in {releases_folder().parent}: crio-conformance releases fetch latest"


def downloads_folder() -> Path:
    """Give the folder where downloads lie until they are whole; raises ``RuntimeNotFoundError``."""
    return releases_folder().parent / "downloads"


def part_name(program: str, version: str, sha256: str) -> str:
    """Give the name of a download that is not whole yet; the same only for the same file. A pattern makes one."""
    return f"{program}-{version}-{sha256[:16]}.part"


def half_fetched(program: str = "*", version: str = "*") -> list[Path]:
    """Give downloads that are not whole: the next fetch of the same file goes on with them."""
    return sorted(downloads_folder().glob(part_name(program, version, "*")))


def remove_release(program: str, version: str) -> list[Path]:
    """Remove a release, and what is half fetched of it; give what went.

    Raises ``RuntimeNotFoundError`` where there is none, or it is in use, or cannot be removed.
    """
    programs = [each for each in cached_programs() if each.program == program]
    gone = [each.folder for each in programs if each.version == version] + half_fetched(program, glob.escape(version))
    if not gone:
        there = ", ".join(each.version for each in programs) or "none"
        folders = {CRIO: releases_folder, KUBE_APISERVER: control_planes_folder, ETCD: etcds_folder}
        folder = folders.get(program, kubelets_folder)()
        msg = f"{program} {version} is not in {folder} (there: {there}): write one that is there"
        raise RuntimeNotFoundError(msg)
    for each in gone:
        if (pid := _process_in(each)) is not None:
            msg = f"{each} is in use by process {pid}: let that run end first"
            raise RuntimeNotFoundError(msg)
    for each in gone:
        try:
            _remove(each)
        except OSError as error:
            msg = f"{each} cannot be removed ({error.strerror}): mend its rights"
            raise RuntimeNotFoundError(msg) from None
    return gone


def _process_in(folder: Path) -> str | None:
    """Give the PID of a process that runs a program in a folder, in whatever mount namespace, if we may see one."""
    programs = {(stat.st_dev, stat.st_ino) for path in folder.rglob("*") if path.is_file() and (stat := path.stat())}
    for exe in Path("/proc").glob("[0-9]*/exe"):
        try:
            stat = exe.stat()
        except OSError:  # it has ended, or is somebody else's, or the kernel's
            continue
        if (stat.st_dev, stat.st_ino) in programs:
            return exe.parent.name
    return None


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder; a folder goes at once for whoever looks for it, then what is in it."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    downloads_folder().mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=downloads_folder()) as limbo:
        path.rename(Path(limbo) / path.name)
