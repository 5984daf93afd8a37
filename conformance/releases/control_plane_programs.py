"""Finding a control plane for a cluster of our own: kube-apiserver in the cache folder or on PATH, and its etcd."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from conformance.model.release import Release
from conformance.releases.etcd_binary import find_etcd
from conformance.releases.installation import RuntimeNotFoundError, release_of, releases_folder

KUBE_APISERVER = "kube-apiserver"
SKEW = 3
"""By how many minor releases a kubelet may be older than its API server (kubernetes.io/releases/version-skew-policy);
newer it may not be."""


@dataclass(frozen=True)
class ControlPlanePrograms:
    """The programs of a control plane, and the Kubernetes release that it is."""

    kube_apiserver: Path
    etcd: Path
    release: Release

    @property
    def title(self) -> str:
        """Say which control plane, and where its programs are."""
        etcd = f", etcd ({self.etcd})" if self.etcd.parent != self.kube_apiserver.parent else ", etcd beside it"
        return f"kube-apiserver {self.release} ({self.kube_apiserver}){etcd}"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that must be visible where it runs."""
        programs = (self.kube_apiserver, self.etcd)
        return tuple(sorted({folder for each in programs for folder in (each.parent, each.resolve().parent)}))


def find_control_plane(kubelet: Release) -> ControlPlanePrograms:
    """Find one that a kubelet of a release may belong to: of its own line, else the newest.

    Raises ``RuntimeNotFoundError``.
    """
    there = cached_control_planes()
    if (on_path := shutil.which(KUBE_APISERVER)) is not None:
        path = Path(on_path).absolute()
        there.setdefault(kube_apiserver_release(path, _forms(kubelet)), path)
    able = sorted(release for release in there if _takes(release, kubelet))
    if not able:
        found = ", ".join(map(str, sorted(there))) or "none"
        msg = (
            f"there is no kube-apiserver for a kubelet {kubelet}, neither in {control_planes_folder()} nor on PATH"
            f" (there: {found}; it must be of the kubelet's line, or up to {SKEW} newer): {_forms(kubelet)}"
        )
        raise RuntimeNotFoundError(msg)
    best = ([each for each in able if each.line == kubelet.line] or able)[-1]
    return ControlPlanePrograms(there[best], find_etcd(there[best], best), best)


def control_planes_folder() -> Path:
    """Give the folder with one folder per release, ``$XDG_CACHE_HOME/crio-conformance/kubernetes``.

    In a release's ``bin`` lies ``kube-apiserver``, and ``etcd`` may.
    """
    return releases_folder().parent / "kubernetes"


def cached_control_planes() -> dict[Release, Path]:
    """Give the releases in the cache and the ``kube-apiserver`` of each that can be run."""
    found = {}
    for path in control_planes_folder().glob("*/bin/kube-apiserver"):
        try:
            release = Release(path.parent.parent.name)
        except ValueError:
            continue
        if path.is_file() and os.access(path, os.X_OK):
            found[release] = path
    return found


def _takes(release: Release, kubelet: Release) -> bool:
    return release.major == kubelet.major and 0 <= release.minor - kubelet.minor <= SKEW


def kube_apiserver_release(path: Path, forms: str) -> Release:
    """Ask a kube-apiserver which release it is; raises ``RuntimeNotFoundError``, which ends with ``forms``."""
    return release_of(path, r"Kubernetes v(\d+\.\d+\.\d+)", KUBE_APISERVER, forms)


def _forms(kubelet: Release) -> str:
    return f"fetch it (crio-conformance releases fetch {kubelet} --kube-apiserver), or put it into <release>/bin there"
