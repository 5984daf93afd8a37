"""An agent (``agent.py``) on a container's node, as the run outside holds it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.node import init
from conformance.node.control import Control
from conformance.node.engine_container import EngineContainer
from conformance.node.folders import new_folder, remove_folder
from conformance.node.node import NodeError
from conformance.node.node_process import pid_of

END_SECONDS = 60.0
PROGRAM = str(Path(init.__file__).with_name("agent.py"))


class AgentProcess:
    """A process of ours on a node, which does its last work when this is closed, or this process ends.

    ``setup`` says which and how (``agent.py``), ``hold`` are descriptors that it keeps open. Its ``folder`` is removed
    by itself. Raises ``NodeError``.
    """

    def __init__(self, container: EngineContainer, hold: Iterable[int] = (), visible: Iterable[Path] = ()) -> None:
        self.container = container
        self._hold = tuple(hold)
        self._visible = [str(path) for path in visible]
        self._pidfd = -1
        self.pid = 0
        try:
            self.folder, self._lock = new_folder()
        except OSError as error:
            raise NodeError(str(error)) from error

    def start(self, **setup: Any) -> None:
        """Start it, and wait until it serves; afterwards ``pid`` is its number on the node."""
        folder = str(self.folder)
        self.control = Control(f"the process of this run on {self.container.name}")
        try:
            node = os.pidfd_open(self.container.pid)
            try:
                with self.control.inside as inside, (self.folder / "agent.log").open("wb") as log:
                    descriptors = (inside.fileno(), node, self._lock)
                    self._process = subprocess.Popen(
                        [sys.executable, "-I", "-S", "-X", "utf8", PROGRAM, *map(str, descriptors)],
                        pass_fds=(*descriptors, *self._hold),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
            finally:
                os.close(node)
        except OSError as error:
            self.control.close()
            remove_folder(self.folder)
            msg = f"the container {self.container.name} cannot be entered: {error.strerror}"
            raise NodeError(msg) from error
        finally:
            os.close(self._lock)
        try:
            reply, (self._pidfd,) = self.control.ask(**setup, folder=folder, visible=[*self._visible, folder])
        except NodeError as error:
            log_file = self.folder / "agent.log"
            said = log_file.read_text(errors="replace").strip().splitlines() if log_file.exists() else []
            self.close()
            why = f"{error}: {said[-1]}" if said else str(error)
            msg = f"the container {self.container.name} cannot be entered: {why}"
            raise NodeError(msg) from None
        self.pid = reply["pid"]

    def discard(self) -> None:
        """Remove its folder, where it was not started."""
        os.close(self._lock)
        remove_folder(self.folder)

    @property
    def outer_pid(self) -> int:
        """Its number out here; -1 when it has ended."""
        return pid_of(self._pidfd)

    def end(self) -> None:
        """Let it do its last work and end, without waiting until it has."""
        self.control.close()

    def close(self) -> int:
        """End it, and wait until it has; give its exit status."""
        self.end()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            if self._pidfd >= 0:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._process.wait()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if self.folder.exists():
            remove_folder(self.folder)
        return self._process.returncode
