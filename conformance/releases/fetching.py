"""Releases fetched into the user's cache: whole and verified, or not at all.

One process at a time fetches; who waits finds what the other fetched.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.model.platform import Platform
from conformance.model.release import Release
from conformance.releases.cache import UNFINISHED, cached_programs, downloads_folder, half_fetched, part_name
from conformance.releases.download import Downloader, DownloadError, NotPublishedError, UnreachableError, UnusableError
from conformance.releases.download_options import DownloadOptions, mask_login
from conformance.releases.installation import COMMIT_PREFIX, RuntimeNotFoundError
from conformance.releases.signature import verify_signature
from conformance.releases.unpacking import UnpackingError
from conformance.releases.upstream import (
    RELEASE,
    RIGHT_SERVER,
    CrioUpstream,
    EtcdUpstream,
    KubeApiserverUpstream,
    KubernetesUpstream,
    Upstream,
)


def fetch_crio(wanted: str, options: DownloadOptions) -> Path:
    """Give the ``crio`` of a release, ``1.36``, ``latest``, ``main`` or a commit; fetched where it is not in the cache.

    Raises ``DownloadError``.
    """
    with Downloader(options.download_proxy) as downloader:
        return _fetch(CrioUpstream(options.crio_url, downloader), wanted)


def fetch_bundle(release: str, options: DownloadOptions, folder: Path) -> Path:
    """Put the bundle of a release of CRI-O into a folder, as it is published, and give its path.

    It is verified, and not kept in the cache. Raises ``DownloadError``, and ``OSError`` where the folder takes no more.
    """
    with Downloader(options.download_proxy) as downloader:
        upstream = CrioUpstream(options.crio_url, downloader)
        url = upstream.file_url(release)
        try:
            sha256 = upstream.published_sha256(release)
            with _downloads() as downloads:
                part, _ = _fetch_verified(upstream, release, downloads, sha256)
                return Path(shutil.move(part, folder / url.rpartition("/")[2]))
        except DownloadError as error:
            raise type(error)(f"the bundle of CRI-O {release} is needed, and {_remedied(error, upstream)}") from None


def fetch_kubelet(wanted: str, options: DownloadOptions) -> Path:
    """Give the kubelet of a release, ``1.36`` or ``latest``, as ``fetch_crio`` does; raises ``DownloadError``."""
    with Downloader(options.download_proxy) as downloader:
        return _fetch(KubernetesUpstream(options.kubernetes_url, downloader), wanted)


def fetch_kube_apiserver(wanted: str, options: DownloadOptions) -> Path:
    """Give the ``kube-apiserver`` of a release, as ``fetch_kubelet`` does; raises ``DownloadError``."""
    with Downloader(options.download_proxy) as downloader:
        return _fetch(KubeApiserverUpstream(options.kubernetes_url, downloader), wanted)


def fetch_etcd(wanted: str, options: DownloadOptions) -> Path:
    """Give the ``etcd`` of a release of etcd, or that belongs to one of Kubernetes; raises ``DownloadError``."""
    with Downloader(options.download_proxy) as downloader:
        return _fetch(EtcdUpstream(options.etcd_url, downloader), wanted)


def _fetch(upstream: Upstream, wanted: str) -> Path:
    lacking = _lacking(upstream, wanted)
    try:
        release = upstream.resolve(wanted)
        lacking = f"{upstream.program} {release.removeprefix(COMMIT_PREFIX)} is not in {upstream.folder}, and"
        folder = upstream.folder / release
        if not (folder / upstream.path).is_file():
            sha256 = upstream.published_sha256(release)
            with _downloads() as downloads:
                if not (folder / upstream.path).is_file():  # nobody fetched it meanwhile
                    _fetch_into(upstream, release, folder, downloads, sha256)
    except DownloadError as error:
        raise type(error)(f"{lacking} {_remedied(error, upstream)}") from None
    except OSError as error:
        raise DownloadError(
            f"{error.filename} cannot be used ({error.strerror}): make room, or mend its rights"
        ) from None
    return folder / upstream.path


def _lacking(upstream: Upstream, wanted: str) -> str:
    """Begin the sentence for where upstream does not say which release is wanted."""
    here = [each.version for each in cached_programs() if each.program == upstream.program]
    fitting = [
        each for each in here if RELEASE.fullmatch(each) and wanted.removeprefix("v") in {"latest", Release(each).line}
    ]
    if not fitting:
        return f"{upstream.program} {wanted} is not in {upstream.folder}, and"
    return f"{upstream.program} {fitting[-1]} is here, and whether there is a newer one cannot be asked:"


def _remedied(error: DownloadError, upstream: Upstream) -> str:
    """Say with an error what can be done about it."""
    if isinstance(error, UnreachableError):
        return f"{error}: go online, or name a proxy (--download-proxy) or a mirror ({upstream.mirror_option})"
    if isinstance(error, NotPublishedError):
        return f"{error}: write a release that is published for {Platform.host().architecture}"
    return str(error)


def _fetch_into(upstream: Upstream, release: str, folder: Path, downloads: Path, sha256: str) -> None:
    """Fetch a release, and let it appear whole; raises ``DownloadError``."""
    part, signed = _fetch_verified(upstream, release, downloads, sha256)
    try:
        _install(upstream, release, part, folder)
    except UnusableError:
        part.unlink()
        raise
    part.unlink()
    _tell(f"{upstream.program} {release} is in {folder}, its checksum{_and_signature(signed=signed)} verified")


def _fetch_verified(upstream: Upstream, release: str, downloads: Path, sha256: str) -> tuple[Path, bool]:
    """Fetch the file that holds a release; tell, too, whether its signature was verified. Raises ``DownloadError``."""
    url, title = upstream.file_url(release), f"{upstream.program} {release}"
    part = downloads / part_name(upstream.program, release, sha256)
    for each in half_fetched(upstream.program, release):
        if each != part:  # of a file that upstream has replaced
            each.unlink()
    _tell(f"fetching {title} from {url}")
    upstream.downloader.file(url, part, title)
    try:
        _verify_sha256(upstream, url, part, sha256)
        signed = upstream.signature is not None and verify_signature(upstream.signature, part, url, upstream.downloader)
    except UnusableError:
        part.unlink()
        raise
    return part, signed


def _and_signature(*, signed: bool) -> str:
    return " and its signature" if signed else ""


def _verify_sha256(upstream: Upstream, url: str, part: Path, sha256: str) -> None:
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise UnusableError(f"{url} came with SHA-256 {digest}, not {sha256} as {upstream.checksum} says: try again")


def _check_release(upstream: Upstream, release: str, made: Path) -> None:
    """Let the program say which release it is; any may be a commit's. Raises ``RuntimeNotFoundError``."""
    found = upstream.release_in(made)
    if not release.startswith(COMMIT_PREFIX) and found != Release(release):
        raise RuntimeNotFoundError(f"it is {upstream.program} {found}: {RIGHT_SERVER}")


def _install(upstream: Upstream, release: str, part: Path, folder: Path) -> None:
    """Make the folder of a release beside, try the program in it, and move it to its place."""
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=part.parent) as unfinished:
        made = Path(unfinished) / release
        try:
            made.mkdir()
            upstream.install(part, made)
            _check_release(upstream, release, made)
            folder.parent.mkdir(parents=True, exist_ok=True)
            made.rename(folder)
        except (UnpackingError, RuntimeNotFoundError) as error:
            what = str(error).replace(f"{made}/", "")
            raise UnusableError(f"what came from {upstream.url} is not used: {what}") from None
        except OSError as error:
            if folder.exists():
                raise DownloadError(f"{folder} is there, without {upstream.path}: remove that folder") from None
            raise DownloadError(f"{folder} cannot be made ({error.strerror}): make room, or mend its rights") from None


@contextmanager
def _downloads() -> Iterator[Path]:
    """Give the folder of downloads to one process at a time; what a killed one unpacked there goes."""
    folder = _writable_folder()
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(f"waiting for another process that fetches into {folder}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for each in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(each, ignore_errors=True)
        yield folder


def _writable_folder() -> Path:
    """Give the folder of downloads, made if need be; raises ``DownloadError``."""
    folder = downloads_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be made ({error.strerror}): let XDG_CACHE_HOME name a folder of your own"
        raise DownloadError(msg) from None
    if not os.access(folder, os.W_OK):
        raise DownloadError(f"{folder} cannot be written to: let XDG_CACHE_HOME name a folder of your own")
    return folder


def _tell(sentence: str) -> None:
    print(f"crio-conformance: {mask_login(sentence)}", file=sys.stderr, flush=True)
