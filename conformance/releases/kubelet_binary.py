"""Finding a kubelet: a path, or a release in the user's cache folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from conformance.model.release import Release
from conformance.releases.installation import NUMBER, RuntimeNotFoundError, release_of, releases_folder

FORMS = "write the path of a kubelet, or a release such as 1.36.2"
NONE_AT_HAND = "there is none in the cache folder, and --kubelet names none"
VERSION = re.compile(r"Kubernetes v(\d+\.\d+\.\d+)")
"""What it answers when it is asked for its version."""
TAKES_IMAGE_VOLUMES = Release("1.33")
"""Before, a static pod with an image volume was refused, feature gate or not (kubernetes/kubernetes
pkg/kubelet/config/common.go)."""


@dataclass(frozen=True)
class KubeletBinary:
    """A kubelet that can be started, and the release that it is."""

    path: Path
    release: Release

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that must be visible where it runs."""
        return tuple(sorted({self.path.parent, self.path.resolve().parent}))


class NodesKubelet(KubeletBinary):
    """A kubelet that is among the files of the node where it is started."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that must be made visible there: none."""
        return ()


def find_kubelet(wanted: str | None, crio: Release) -> KubeletBinary | None:
    """Find the kubelet that ``--kubelet`` names; without that the one in the cache that suits a CRI-O best.

    That is one of its own line, else the newest older one, else the oldest; none where there is none that takes static
    pods with image volumes. Raises ``RuntimeNotFoundError`` when what is named cannot be had.
    """
    found = cached_kubelets()
    if wanted is None:
        able = sorted(release for release in found if release.base >= TAKES_IMAGE_VOLUMES)
        of_line = [release for release in able if release.line == crio.line]
        older = [release for release in able if release <= crio]
        best = (of_line or older)[-1:] or able[:1]
        return KubeletBinary(found[best[0]], best[0]) if best else None
    if "/" in wanted:
        path = Path(wanted).absolute()
        return KubeletBinary(path, kubelet_release(path))
    matching = _matching(wanted)
    if not matching:
        there = ", ".join(str(release) for release in sorted(found)) or "none"
        msg = f"kubelet {wanted} is not in {kubelets_folder()} (there: {there}): {FORMS}"
        raise RuntimeNotFoundError(msg)
    return KubeletBinary(found[max(matching)], max(matching))


def kubelet_must_be_fetched(wanted: str) -> bool:
    """Tell whether ``--kubelet`` names what upstream publishes, and the cache cannot answer for."""
    return wanted == "latest" or (NUMBER.fullmatch(wanted) is not None and not _matching(wanted))


def _matching(wanted: str) -> list[Release]:
    """Give what the cache has of a release or a line."""
    return [release for release in cached_kubelets() if wanted.removeprefix("v") in {str(release), release.line}]


def kubelet_release(kubelet: Path, forms: str = FORMS) -> Release:
    """Ask a kubelet which release it is; raises ``RuntimeNotFoundError``, which ends with what there is to do."""
    return release_of(kubelet, VERSION.pattern, "kubelet", forms)


def kubelets_folder() -> Path:
    """Give the folder with one folder per release, ``$XDG_CACHE_HOME/crio-conformance/kubelets``."""
    return releases_folder().parent / "kubelets"


def cached_kubelets() -> dict[Release, Path]:
    """Give the kubelets in the cache that can be run."""
    found = {}
    for path in kubelets_folder().glob("*/kubelet"):
        if not (path.is_file() and os.access(path, os.X_OK)):
            continue
        try:
            found[Release(path.parent.name)] = path
        except ValueError:
            continue
    return found
