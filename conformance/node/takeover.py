"""A node container taken over by a run: held by one run at a time, and given back however that ends."""

import fcntl
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from conformance.node.agent_process import AgentProcess
from conformance.node.engine_container import EngineContainer
from conformance.node.folders import abandoned_cgroups
from conformance.node.inner_path import inner_path
from conformance.node.node import NodeError
from conformance.node.node_container import DROP_IN, UNIT, NodeContainer

KUBELET = "kubelet.service"
LOCK = Path("/run/systemd/system")
"""The folder in the container that is locked (flock(2)) by the run that has it: nothing is written for that."""

PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.05
STOPPED_KUBELET = Path("/run/systemd/system", f"{KUBELET}.d", "zz-conformance.conf")
"""Says, to whoever restores the node, that its kubelet ran; a unit drop-in without settings."""


class Takeover:
    """A node container that this run alone has, until it is closed.

    Its kubelet is stopped meanwhile; its CRI-O runs with the configurations of cases, one runtime at a time
    (``make_node``). A caretaker (``agent.py``) gives it back: CRI-O and kubelet run as before. Raises ``NodeError``
    where another run has it, or something else is in the way.
    """

    at_once = 1

    def __init__(self, container: EngineContainer) -> None:
        self.container = container
        if is_left_taken(container):
            restore(container)
        lock = _locked(container)
        try:
            runs_kubelet = container.run("systemctl", "is-active", "--quiet", KUBELET).returncode == 0
            self._caretaker = _caretaker(container, lock, kubelet=runs_kubelet)
        finally:
            os.close(lock)
        if runs_kubelet:
            container.write(STOPPED_KUBELET, "# The kubelet was stopped by a run of crio-conformance.\n")
            container.run("systemctl", "stop", KUBELET)

    def make_node(self, visible: Iterable[Path], runtime_settings: Mapping[str, Any]) -> NodeContainer:
        """Give the node for one runtime, in which the folders ``visible`` can be seen; close it before the next."""
        return NodeContainer(self.container, visible, runtime_settings)

    def close(self) -> None:
        """Give the node back; raises ``NodeError`` where its CRI-O does not start again."""
        if self._caretaker.close():
            raise NodeError(_not_restored(self.container))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_left_taken(container: EngineContainer) -> bool:
    """Tell whether a run that was killed with all its processes has left a node as it had it, or one still has it."""
    return any(inner_path(container.files, path).exists() for path in (DROP_IN, STOPPED_KUBELET))


def restore(container: EngineContainer) -> bool:
    """Give a node back that a killed run left, and tell whether there was anything to do; raises ``NodeError``."""
    lock = _locked(container)
    try:
        left = list(abandoned_cgroups(container.files))
        if not is_left_taken(container) and not left:
            return False
        kubelet = inner_path(container.files, STOPPED_KUBELET).exists()
        caretaker = _caretaker(container, lock, kubelet=kubelet, cgroups=left)
    finally:
        os.close(lock)
    if caretaker.close():
        raise NodeError(_not_restored(container))
    return True


def _locked(container: EngineContainer) -> int:
    """Lock a container; one that a run still gives back is waited for. Raises ``NodeError``."""
    try:
        handle = os.open(inner_path(container.files, LOCK), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        msg = f"the container {container.name} does not run systemd, so it is no node ({error.strerror}: {LOCK})"
        raise NodeError(msg) from None
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                msg = f"another run has the container {container.name}: wait until it has ended, or name another"
                raise NodeError(msg) from None
            time.sleep(LOOK_SECONDS)
        else:
            return handle


def _caretaker(container: EngineContainer, lock: int, *, kubelet: bool, cgroups: Iterable[str] = ()) -> AgentProcess:
    """Start the process that gives a node back: stopped with our settings, started with the node's own."""
    caretaker = AgentProcess(container, hold=[lock])
    caretaker.start(
        role="caretaker",
        stop=[["systemctl", "stop", UNIT]],
        cgroups=list(cgroups),
        remove=[str(DROP_IN), str(STOPPED_KUBELET)],
        start=[
            ["systemctl", "daemon-reload"],
            ["systemctl", "start", UNIT],
            *([["systemctl", "start", KUBELET]] if kubelet else []),
        ],
    )
    return caretaker


def _not_restored(container: EngineContainer) -> str:
    """Say that a node's CRI-O does not start again, and why."""
    said = container.run("systemctl", "status", "--lines=3", "--no-pager", UNIT).stdout.strip().splitlines()
    return f"CRI-O on {container.name} does not start again: {said[-1] if said else 'systemd does not say why'}"
