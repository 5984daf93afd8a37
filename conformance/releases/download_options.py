"""Where releases are fetched from, as options and environment variables say it; nothing heavy is imported."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CRIO_STORAGE = "https://storage.googleapis.com/cri-o"
"""Where upstream publishes CRI-O (cri-o/packaging get, ``GCB_URL``)."""
KUBERNETES_STORAGE = "https://dl.k8s.io"
ETCD_STORAGE = "https://github.com/etcd-io/etcd/releases/download"
CRIO_VARIABLE = "CRIO_CONFORMANCE_CRIO_MIRROR"
KUBERNETES_VARIABLE = "CRIO_CONFORMANCE_KUBERNETES_MIRROR"
ETCD_VARIABLE = "CRIO_CONFORMANCE_ETCD_MIRROR"
LOGIN = re.compile(r"(?<=://)\S*@")


def mask_login(sentence: str) -> str:
    """Put stars in place of the logins of the URLs in a sentence; a password may be in any way that users write it."""
    return LOGIN.sub("***@", sentence)


class DownloadOptionError(Exception):
    """A mirror or a proxy whose URL is none: one sentence that says what to write."""


@dataclass(frozen=True)
class DownloadOptions:
    """Mirrors, else what our variables say, else upstream; a proxy, else what the usual variables say.

    Raises ``DownloadOptionError`` for what is no URL; for that of a variable only where it is used.
    """

    crio_mirror: str | None = None
    kubernetes_mirror: str | None = None
    etcd_mirror: str | None = None
    download_proxy: str | None = None

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if (url := getattr(self, name)) is not None:
                _check_url(f"--{name.replace('_', '-')}", url)

    @property
    def crio_url(self) -> str:
        """The server of CRI-O's bundles, without a slash at the end."""
        return (self.crio_mirror or _url_in(CRIO_VARIABLE) or CRIO_STORAGE).rstrip("/")

    @property
    def kubernetes_url(self) -> str:
        """The server of Kubernetes' programs, without a slash at the end."""
        return (self.kubernetes_mirror or _url_in(KUBERNETES_VARIABLE) or KUBERNETES_STORAGE).rstrip("/")

    @property
    def etcd_url(self) -> str:
        """The server of etcd's releases, without a slash at the end."""
        return (self.etcd_mirror or _url_in(ETCD_VARIABLE) or ETCD_STORAGE).rstrip("/")


def _url_in(variable: str) -> str:
    """Give the URL that a variable names, if any; raises ``DownloadOptionError``."""
    if url := os.environ.get(variable, ""):
        _check_url(variable, url)
    return url


def _check_url(named: str, url: str) -> None:
    """Raise ``DownloadOptionError`` for what is no URL of a server, without the login in it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", url):
        shown = re.sub(r"(\w+://)?.*@", r"\1***@", url, flags=re.DOTALL)
        msg = f"{named} {shown!r} is no server's URL: write a URL that begins with http:// or https://"
        raise DownloadOptionError(msg)


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
        "--etcd-mirror",
        metavar="URL",
        help=f"fetch etcd from here instead of {ETCD_STORAGE} (also {ETCD_VARIABLE})",
    )
    add_option(
        "--download-proxy",
        metavar="URL",
        help="fetch through this proxy, whatever HTTPS_PROXY, HTTP_PROXY and NO_PROXY say",
    )


def read_download_options(get: Callable[[str], Any]) -> DownloadOptions:
    """Give them as they were parsed; ``get`` gives an option's value by its name; raises ``DownloadOptionError``."""
    return DownloadOptions(**{name: get(name) for name in DownloadOptions.__dataclass_fields__})
