"""A runtime that already runs, on a socket of this machine."""

from __future__ import annotations

import re
import socket as sockets
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.model.release import Release
from conformance.releases.installation import CRIO, RuntimeNotFoundError
from conformance.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime

SECONDS = 10.0
PROGRAMS = {"cri-o": CRIO}
"""The names by which runtimes call themselves in the CRI, where we write them otherwise."""


class AttachedTarget(Target):
    """The runtime that answers on a socket."""

    marker = "cri"

    def __init__(self, socket: Path, program: str, release: Release) -> None:
        self.socket = socket
        self.program = program
        self.release = release
        self.unmarked_reason = (
            f"needs the capability hermetic: a {program} that already runs asks registries of its own"
        )

    @property
    def header(self) -> str:
        """Say which runtime, and where its socket is."""
        return f"{self.title} (unix://{self.socket}), as it runs: only cases that any CRI runtime must pass"

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Connect to its socket, and try a pull; nothing is started, and ``visible`` is not used."""
        del visible
        from conformance.runtime.attached import AttachedRuntime

        return AttachedRuntime(self.socket, self.program, self.release, configuration)


def find_attached(url: str) -> AttachedTarget:
    """Ask the runtime at ``unix://url`` who it is; raises ``RuntimeNotFoundError``."""
    socket = Path("/" + url.lstrip("/"))
    try:
        with sockets.socket(sockets.AF_UNIX) as probe:
            probe.settimeout(SECONDS)
            probe.connect(str(socket))
        with Client(str(socket), lambda _: None, timeout=SECONDS) as client:
            version = client.version(api.VersionRequest())
    except OSError as error:
        why = error.strerror or error
        msg = f"--runtime unix://{socket}: nobody can be asked there ({why}): write the path of a CRI socket"
        raise RuntimeNotFoundError(msg) from None
    except CRIError as error:
        msg = f"--runtime unix://{socket}: what listens there does not answer as a CRI runtime ({error.message})"
        raise RuntimeNotFoundError(msg) from None
    program = PROGRAMS.get(version.runtime_name, version.runtime_name)
    number = re.match(r"v?(\d+(?:\.\d+)*)", version.runtime_version)
    return AttachedTarget(socket, program, Release(number[1] if number else "0"))
