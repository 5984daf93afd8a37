"""Where releases are fetched from, as options and environment variables say it; nothing heavy is imported."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CRIO_STORAGE = "https://storage.googleapis.com/cri-o"
"""Where upstream publishes CRI-O (cri-o/packaging get, ``GCB_URL``)."""
KUBERNETES_STORAGE = "https://dl.k8s.io"
CRIO_VARIABLE = "CRIO_CONFORMANCE_CRIO_MIRROR"
KUBERNETES_VARIABLE = "CRIO_CONFORMANCE_KUBERNETES_MIRROR"


@dataclass(frozen=True)
class DownloadOptions:
    """Mirrors, else what our variables say, else upstream; a proxy, else what the usual variables say."""

    crio_mirror: str | None = None
    kubernetes_mirror: str | None = None
    download_proxy: str | None = None

    @property
    def crio_url(self) -> str:
        """The server of CRI-O's bundles, without a slash at the end."""
        return (self.crio_mirror or os.environ.get(CRIO_VARIABLE) or CRIO_STORAGE).rstrip("/")

    @property
    def kubernetes_url(self) -> str:
        """The server of Kubernetes' programs, without a slash at the end."""
        return (self.kubernetes_mirror or os.environ.get(KUBERNETES_VARIABLE) or KUBERNETES_STORAGE).rstrip("/")


def add_download_options(add_option: Callable[..., Any]) -> None:
    """Add them to a parser of command lines by its ``add_argument``, or what pytest has in its place."""
    add_option(
        "--crio-mirror",
        metavar="URL",
        help=f"fetch CRI-O from here instead of {CRIO_STORAGE} (also {CRIO_VARIABLE})",
    )
    add_option(
        "--kubernetes-mirror",
        metavar="URL",
        help=f"fetch kubelets from here instead of {KUBERNETES_STORAGE} (also {KUBERNETES_VARIABLE})",
    )
    add_option(
        "--download-proxy",
        metavar="URL",
        help="fetch through this proxy, whatever HTTPS_PROXY, HTTP_PROXY and NO_PROXY say",
    )


def read_download_options(get: Callable[[str], Any]) -> DownloadOptions:
    """Give them as they were parsed; ``get`` gives an option's value by its name."""
    return DownloadOptions(**{name: get(name) for name in DownloadOptions.__dataclass_fields__})
