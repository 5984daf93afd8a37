"""Finding an etcd: which one belongs to a Kubernetes, and where one is: beside an API server, in the cache, on PATH."""

import os
import shutil
from pathlib import Path

from conformance.model.release import Release
from conformance.releases.installation import RuntimeNotFoundError, release_of, releases_folder

ETCD = "etcd"
OF_KUBERNETES = {
    "1.31": "3.5.24",
    "1.32": "3.5.24",
    "1.33": "3.5.24",
    "1.34": "3.6.8",
    "1.35": "3.6.8",
    "1.36": "3.6.8",
}
"""The etcd of each line of Kubernetes (kubernetes/kubernetes cmd/kubeadm/app/constants/constants.go,
``SupportedEtcdVersion``, of the last branch that names the line)."""


def etcd_of(kubernetes: Release) -> Release:
    """Give the etcd that belongs to a Kubernetes; of a line that is not known, that of the one nearest to it."""
    lines = {Release(line): Release(etcd) for line, etcd in OF_KUBERNETES.items()}
    older = [line for line in lines if line <= Release(kubernetes.line)]
    return lines[max(older, default=min(lines))]


def find_etcd(kube_apiserver: Path, kubernetes: Release) -> Path:
    """Find one for an API server: beside it, in the cache the one that belongs to it, else the newest, or on PATH.

    Raises ``RuntimeNotFoundError``.
    """
    if beside := shutil.which(ETCD, path=str(kube_apiserver.parent)):
        return Path(beside).absolute()
    if cached := cached_etcds():
        return cached.get(etcd_of(kubernetes), cached[max(cached)])
    if on_path := shutil.which(ETCD):
        return Path(on_path).absolute()
    msg = (
        f"etcd, which kube-apiserver needs, is neither beside {kube_apiserver} nor in {etcds_folder()} nor on PATH:"
        f" fetch it (crio-conformance releases fetch {kubernetes} --etcd), or install it (apt install etcd-server)"
    )
    raise RuntimeNotFoundError(msg)


def etcds_folder() -> Path:
    """Give the folder with one folder per release, ``$XDG_CACHE_HOME/crio-conformance/etcd``."""
    return releases_folder().parent / "etcd"


def cached_etcds() -> dict[Release, Path]:
    """Give the releases in the cache and the ``etcd`` of each that can be run."""
    found = {}
    for path in etcds_folder().glob("*/etcd"):
        if not (path.is_file() and os.access(path, os.X_OK)):
            continue
        try:
            found[Release(path.parent.name)] = path
        except ValueError:
            continue
    return found


def etcd_release(etcd: Path, forms: str) -> Release:
    """Ask an etcd which release it is; raises ``RuntimeNotFoundError``, which ends with ``forms``."""
    return release_of(etcd, r"etcd Version: (\S+)", ETCD, forms)
