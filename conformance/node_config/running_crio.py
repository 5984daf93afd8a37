"""What a CRI-O that runs says of itself, and what its files say, without changing anything.

Its socket answers HTTP as well, as ``crio status`` asks it (CRI-O server/inspect.go, ``GetExtendInterfaceMux``):
``/config`` is the configuration that counts, in TOML, whatever files and command line it is made of.
"""

import socket
import tomllib
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from conformance.model.profile import Profile
from conformance.model.registries import InvalidRegistriesConfError, Registries
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.node.inner_path import inner_path
from conformance.node.node import NodeError
from conformance.node.socket_process import SocketProcess
from conformance.node_config.node_config import NodeConfigError

SECONDS = 10.0
OK = 200

RESET_BY_RELOAD = ("--pause-image", "--pinned-images", "--log-level", "-l", "--log-filter")
"""Options that count until a reload, which begins at defaults and files again (CRI-O pkg/config/reload.go)."""


class _SocketConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def read_crio_table(path: Path) -> Mapping[str, Any]:
    """Ask the CRI-O on a socket for its configuration, the table ``crio``; raises ``NodeConfigError``."""
    connection = _SocketConnection(path)
    try:
        connection.request("GET", "/config")
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != OK:
            msg = f"the CRI-O on {path} does not say how it is configured (HTTP {answer.status})"
            raise NodeConfigError(msg)
        table: Mapping[str, Any] = tomllib.loads(text)["crio"]
    except (OSError, HTTPException, ValueError, KeyError) as error:
        msg = f"the CRI-O on {path} does not say how it is configured ({error})"
        raise NodeConfigError(msg) from None
    finally:
        connection.close()
    return table


class RunningCrio:
    """The CRI-O that listens on a socket: its process, the table ``crio`` that counts, and its registries.conf.

    Raises ``NodeConfigError`` and ``SocketProcessError`` for what cannot be read.
    """

    def __init__(self, socket_path: Path, process: SocketProcess) -> None:
        self.process = process
        self.table = read_crio_table(socket_path)
        self._file = self._option("--registries-conf", "CONTAINER_REGISTRIES_CONF")
        self._folder = self._option("--registries-conf-dir", "CONTAINER_REGISTRIES_CONF_DIR")

    def _option(self, name: str, variable: str) -> str | None:
        """Give what an option of the command line says, else what the environment does."""
        words = iter(self.process.command)
        for word in words:
            if word == name:
                return next(words, None)
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
        return self.process.environ.get(variable)

    @property
    def reset_by_reload(self) -> tuple[str, ...]:
        """The options on its command line that a reload would take away."""
        given = {word.partition("=")[0] for word in self.process.command}
        return tuple(each for each in RESET_BY_RELOAD if each in given)

    @property
    def root(self) -> Path:
        """Its root folder, as it is seen from here; this machine's own where they are the same."""
        return Path("/") if self.process.shares_root else self.process.root

    @property
    def paths(self) -> RegistriesConfPaths:
        """Which files of registries.conf it reads."""
        home = Path(self.process.environ.get("HOME", "/root"))
        return RegistriesConfPaths.found(self._file, self._folder, home, self.root)

    @property
    def drop_ins(self) -> Path:
        """The folder of drop-ins that it reads last, as it is seen from here; raises ``NodeConfigError``."""
        if not self.paths.conf_dir:
            msg = f"{self.paths.conf} takes the place of the system's folder of drop-ins"
            raise NodeConfigError(msg)
        try:
            return inner_path(self.root, Path(self.paths.conf_dir))
        except NodeError as error:
            raise NodeConfigError(str(error)) from None

    def registries(self, profile: Profile) -> Registries:
        """Read registries.conf as it does when it is told to reload; raises ``NodeConfigError``."""
        try:
            return load_registries(self.paths, self.root, profile)
        except InvalidRegistriesConfError as error:
            raise NodeConfigError("; ".join(str(error).split("\n"))) from None

    def _image(self, key: str) -> str:
        return str(self.table.get("image", {}).get(key, ""))

    @property
    def short_name_mode(self) -> str:
        """``short_name_mode``, empty where the release has none."""
        return self._image("short_name_mode")

    @property
    def signature_policy(self) -> str:
        """``signature_policy``, a path, or nothing."""
        return self._image("signature_policy")

    @property
    def pause_image(self) -> str:
        """``pause_image``, which pods are started with."""
        return self._image("pause_image")

    @property
    def properties(self) -> dict[str, str]:
        """What it runs with, in the words of a run's header."""
        return self.properties_of(self.table)

    @staticmethod
    def properties_of(table: Mapping[str, Any]) -> dict[str, str]:
        """Give what a CRI-O runs with that has such a configuration."""
        runtime = table.get("runtime", {})
        return {
            "oci-runtime": str(runtime.get("default_runtime", "")),
            "cgroup-manager": str(runtime.get("cgroup_manager", "")),
            "storage-driver": str(table.get("storage_driver", "")),
            "short-name-mode": str(table.get("image", {}).get("short_name_mode", "")),
        }
