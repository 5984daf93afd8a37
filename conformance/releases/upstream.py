"""What upstream publishes: which release a name stands for, and the file that holds it."""

import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from conformance.model.platform import Platform
from conformance.model.profile import newest_line
from conformance.model.release import Release
from conformance.releases.control_plane_programs import KUBE_APISERVER, control_planes_folder, kube_apiserver_release
from conformance.releases.download import Downloader, DownloadError, NotPublishedError, UnusableError
from conformance.releases.etcd_binary import ETCD, OF_KUBERNETES, etcd_of, etcd_release, etcds_folder
from conformance.releases.installation import (
    COMMIT,
    COMMIT_PREFIX,
    CRIO,
    NUMBER,
    RuntimeNotFoundError,
    crio_release,
    releases_folder,
)
from conformance.releases.kubelet_binary import kubelet_release, kubelets_folder
from conformance.releases.signature import Signature
from conformance.releases.unpacking import unpack_bundle

RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)", re.ASCII)
RIGHT_SERVER = "is that the right server?"
KUBERNETES_MAJOR = 1
SHA256 = re.compile(r"([0-9a-f]{64})(\s.*)?", re.DOTALL)


@dataclass(frozen=True)
class Upstream(ABC):
    """A server of releases of one program, at a URL."""

    url: str
    downloader: Downloader

    program: ClassVar[str]
    mirror_option: ClassVar[str]
    checksum: ClassVar[str]
    """How the file that holds a file's SHA-256 ends, or is called."""
    signature: ClassVar[Signature | None] = None
    path: ClassVar[str]
    """Where the program is below the folder of its release."""

    @property
    @abstractmethod
    def folder(self) -> Path:
        """The folder in the cache with a folder for each release."""

    @abstractmethod
    def resolve(self, wanted: str) -> str:
        """Give the release that a name stands for; the server is asked where it is no release itself.

        Raises ``DownloadError``.
        """

    @abstractmethod
    def file_url(self, release: str) -> str:
        """Give the URL of what holds a release, for this machine's architecture."""

    @abstractmethod
    def install(self, file: Path, folder: Path) -> None:
        """Make a release's folder of what was fetched.

        Raises ``UnpackingError``, ``RuntimeNotFoundError`` and ``OSError``.
        """

    @abstractmethod
    def release_in(self, folder: Path) -> Release:
        """Ask the program in such a folder which release it is; raises ``RuntimeNotFoundError``."""

    def published_sha256(self, release: str) -> str:
        """Give the SHA-256 that what holds a release must have; raises ``DownloadError``."""
        url = f"{self.file_url(release)}{self.checksum}"
        said = self.downloader.text(url)
        if (match := SHA256.fullmatch(said)) is None:
            raise UnusableError(f"{url} says {said[:40]!r}, which is no SHA-256: {RIGHT_SERVER}")
        return match[1]

    def marker(self, name: str, form: re.Pattern[str]) -> str:
        """Read a file that names a release or a commit; raises ``DownloadError``."""
        url = f"{self.url}/{name}"
        text = self.downloader.text(url)
        if (match := form.fullmatch(text)) is None:
            raise DownloadError(f"{url} should name a release, and says {text[:40]!r}: {RIGHT_SERVER}")
        return match[match.lastindex or 0]

    def newest_of_line(self, name: str, line: str) -> str:
        """Read a file that names the newest release of a line; raises ``DownloadError``."""
        release = self.marker(name, RELEASE)
        if Release(release).line != line:
            raise DownloadError(f"{self.url}/{name} says v{release}, which is not of the line {line}: {RIGHT_SERVER}")
        return release


class CrioUpstream(Upstream):
    """CRI-O's static bundles (cri-o/packaging scripts/bundle/build), and the files that say which is the newest."""

    program = CRIO
    mirror_option = "--crio-mirror"
    checksum = ".sha256sum"
    path = "bin/crio"
    # cri-o/packaging get, and scripts/sign-artifacts
    signature = Signature(
        {"--bundle": ".bundle"},
        (
            "--certificate-identity=https://github.com/cri-o/packaging/.github/workflows/obs.yml@refs/heads/main",
            "--certificate-oidc-issuer=https://token.actions.githubusercontent.com",
            "--certificate-github-workflow-repository=cri-o/packaging",
            "--certificate-github-workflow-ref=refs/heads/main",
        ),
    )

    @property
    def folder(self) -> Path:
        """The folder of releases; one of a commit is called ``commit-<commit>`` there, which is no release."""
        return releases_folder()

    def resolve(self, wanted: str) -> str:
        """Give ``1.36.3``, or ``commit-<commit>``, for a release, ``1.36``, ``latest``, ``main`` or a commit.

        Markers: ``latest-1.36.txt`` (cri-o/cri-o scripts/upload-artifacts) and ``latest-bundle-main.txt``
        (cri-o/packaging .github/workflows/obs.yml).
        """
        if match := RELEASE.fullmatch(wanted):
            return match[1]
        if COMMIT.fullmatch(wanted):
            return f"{COMMIT_PREFIX}{wanted}"
        if wanted == "main":
            return COMMIT_PREFIX + self.marker("latest-bundle-main.txt", COMMIT)
        if wanted == "latest":
            return self._latest()
        return self._newest_of_line(wanted.removeprefix("v"))

    def _newest_of_line(self, line: str) -> str:
        return self.newest_of_line(f"latest-{line}.txt", line)

    def _latest(self) -> str:
        """Give the newest release; no marker names it, but each line's newest has one."""
        line = Release(newest_line())
        found = self._newest_of_line(str(line))
        while True:
            line = Release(f"{line.major}.{line.minor + 1}")
            try:
                found = self._newest_of_line(str(line))
            except NotPublishedError:
                return found

    def file_url(self, release: str) -> str:
        """Give ``…/artifacts/cri-o.amd64.v1.36.3.tar.gz``, or the same with a commit."""
        build = release.removeprefix(COMMIT_PREFIX) if release.startswith(COMMIT_PREFIX) else f"v{release}"
        return f"{self.url}/artifacts/cri-o.{Platform.host().architecture}.{build}.tar.gz"

    def install(self, file: Path, folder: Path) -> None:
        """Unpack the bundle."""
        unpack_bundle(file, folder)

    def release_in(self, folder: Path) -> Release:
        """Ask ``crio``; it cannot run without ``pinns``."""
        release = crio_release(folder / self.path, RIGHT_SERVER)
        if not os.access(folder / "bin" / "pinns", os.X_OK):
            raise RuntimeNotFoundError(f"bin/pinns, which CRI-O needs, is not in it, or cannot be run: {RIGHT_SERVER}")
        return release


class KubernetesUpstream(Upstream):
    """Kubernetes' programs, each a file (kubernetes.io/releases/download; "Verify Signed Kubernetes Artifacts")."""

    program = "kubelet"
    mirror_option = "--kubernetes-mirror"
    checksum = ".sha256"
    path = "kubelet"
    signature = Signature(
        {"--signature": ".sig", "--certificate": ".cert"},
        (
            "--certificate-identity=krel-staging@k8s-releng-prod.iam.gserviceaccount.com",
            "--certificate-oidc-issuer=https://accounts.google.com",
        ),
    )

    @property
    def folder(self) -> Path:
        """The folder of kubelets."""
        return kubelets_folder()

    def resolve(self, wanted: str) -> str:
        """Give ``1.36.2`` for a release, ``1.36`` or ``latest``; markers: ``stable-1.36.txt``, ``stable.txt``."""
        if match := RELEASE.fullmatch(wanted):
            return match[1]
        if wanted == "latest":
            return self.marker("release/stable.txt", RELEASE)
        line = wanted.removeprefix("v")
        return self.newest_of_line(f"release/stable-{line}.txt", line)

    def file_url(self, release: str) -> str:
        """Give ``…/release/v1.36.2/bin/linux/amd64/kubelet``."""
        return f"{self.url}/release/v{release}/bin/linux/{Platform.host().architecture}/{self.program}"

    def install(self, file: Path, folder: Path) -> None:
        """Make a copy that can be run."""
        path = folder / self.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(file.read_bytes())
        path.chmod(0o755)

    def release_in(self, folder: Path) -> Release:
        """Ask the kubelet."""
        return kubelet_release(folder / self.path, RIGHT_SERVER)


class KubeApiserverUpstream(KubernetesUpstream):
    """The API server, from where kubelets come."""

    program = KUBE_APISERVER
    path = f"bin/{KUBE_APISERVER}"

    @property
    def folder(self) -> Path:
        """The folder of control planes."""
        return control_planes_folder()

    def release_in(self, folder: Path) -> Release:
        """Ask it."""
        return kube_apiserver_release(folder / self.path, RIGHT_SERVER)


class EtcdUpstream(Upstream):
    """etcd's releases (etcd-io/etcd scripts/release.sh): a tar for each architecture, one file with all checksums."""

    program = ETCD
    mirror_option = "--etcd-mirror"
    checksum = "SHA256SUMS"
    path = ETCD

    @property
    def folder(self) -> Path:
        """The folder of etcds."""
        return etcds_folder()

    def resolve(self, wanted: str) -> str:
        """Give ``3.6.8`` for itself, or for Kubernetes, ``1.36.3`` or ``1.36``; ``latest`` is its newest line."""
        if wanted == "latest":
            return str(etcd_of(Release(max(OF_KUBERNETES, key=Release))))
        if (match := NUMBER.fullmatch(wanted)) and (release := Release(match[1])).major == KUBERNETES_MAJOR:
            return str(etcd_of(release))
        if match := RELEASE.fullmatch(wanted):
            return match[1]
        raise DownloadError("no etcd is called so: write a release of etcd (3.6.8), or of Kubernetes (1.36.3, 1.36)")

    def file_url(self, release: str) -> str:
        """Give ``…/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz``."""
        return f"{self.url}/v{release}/{ETCD}-v{release}-linux-{Platform.host().architecture}.tar.gz"

    def published_sha256(self, release: str) -> str:
        """Find it in the file that has those of all architectures."""
        url, name = f"{self.url}/v{release}/{self.checksum}", self.file_url(release).rpartition("/")[2]
        for line in self.downloader.text(url).splitlines():
            if (match := SHA256.fullmatch(line)) and line.split()[-1].lstrip("*") == name:
                return match[1]
        raise UnusableError(f"{url} has no SHA-256 of {name}: {RIGHT_SERVER}")

    def install(self, file: Path, folder: Path) -> None:
        """Unpack it."""
        unpack_bundle(file, folder)

    def release_in(self, folder: Path) -> Release:
        """Ask it."""
        return etcd_release(folder / self.path, RIGHT_SERVER)
