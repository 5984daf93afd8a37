"""A runtime that already runs, on a socket of this machine."""

from __future__ import annotations

import re
import socket as sockets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.model.release import Release
from conformance.node_config.drop_in import DropInError
from conformance.node_config.node_config import NodeConfigError
from conformance.releases.installation import CRIO, RuntimeNotFoundError
from conformance.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.runtime.configuration import Configuration
    from conformance.runtime.redirected_node import RedirectedNode
    from conformance.runtime.runtime import Runtime
    from conformance.targets.node_facts import NodeFacts

SECONDS = 10.0
PROGRAMS = {"cri-o": CRIO}
"""The names by which runtimes call themselves in the CRI, where we write them otherwise."""


class AttachedTarget(Target):
    """The runtime that answers on a socket; with leave to reload it, names are redirected to the run's registries."""

    marker = "cri"
    unstartable_reason = "needs the capability configurable: a runtime that already runs is not started"

    def __init__(self, socket: Path, program: str, release: Release) -> None:
        self.socket = socket
        self.program = program
        self.release = release
        self.unmarked_reason = (
            f"needs the capability hermetic: a {program} that already runs asks registries of its own"
        )
        self._reloads = False
        self._node: RedirectedNode | None = None

    def allow_reload(self) -> None:
        """Take leave to write one file into registries.conf.d, and to have it read."""
        self._reloads = True
        self.marker = ""

    @property
    def header(self) -> str:
        """Say which runtime, and where its socket is."""
        how = (
            "reloaded with names below a prefix redirected to registries of this run"
            if self._reloads
            else "as it runs: only cases that any CRI runtime must pass"
        )
        return "\n  ".join([f"{self.title} (unix://{self.socket}), {how}", *self._facts.told])

    @property
    def properties(self) -> dict[str, str]:
        """What was tested, as far as that can be read."""
        return {**super().properties, **self._facts.properties}

    @cached_property
    def _facts(self) -> NodeFacts:
        """What can be told of the node by reading."""
        from conformance.targets.node_facts import read_node_facts

        return read_node_facts(self.socket, self.program, self.release)

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Connect to its socket, and try a pull; nothing is started, and ``visible`` is not used."""
        del visible
        if self._reloads:
            return self._redirected(configuration)
        from conformance.runtime.attached import AttachedRuntime
        from conformance.runtime.redirected_node import restore_node

        restore_node(self.socket)
        return AttachedRuntime(self.socket, self.program, self.release, configuration)

    def _redirected(self, configuration: Configuration) -> Runtime:
        """Give the runtime for the cases of a configuration; all of them share what the run has on the node."""
        from conformance.runtime.redirected import RedirectedRuntime
        from conformance.runtime.redirected_node import RedirectedNode, restore_node
        from conformance.runtime.runtime import RuntimeFailedError

        try:
            if self._node is not None:
                return RedirectedRuntime(self._node, self.release, configuration)
            restore_node(self.socket)
            self._node = RedirectedNode(self.socket)
            runtime = RedirectedRuntime(self._node, self.release, configuration)
            runtime.probe()
        except NodeConfigError as error:
            raise RuntimeFailedError(str(error)) from None
        return runtime

    def close(self) -> None:
        """Let the node be as it was before; raises ``NodeError`` for what the next run must try again."""
        from conformance.node import NodeError
        from conformance.runtime.runtime import RuntimeFailedError

        node, self._node = self._node, None
        if node is not None:
            try:
                node.close()
            except (CRIError, DropInError, RuntimeFailedError) as error:
                msg = f"the node of --allow-reload is not as it was: {error}"
                raise NodeError(msg) from None


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
