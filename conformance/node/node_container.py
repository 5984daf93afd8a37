"""A container that runs systemd and CRI-O, as kind's nodes do, as the node of one runtime after another."""

import shlex
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.node.agent_process import AgentProcess
from conformance.node.cgroup_version import CGROUPS
from conformance.node.engine_container import SECONDS, EngineContainer
from conformance.node.folders import cgroups_of
from conformance.node.node import Node, NodeError, ServiceError
from conformance.node.node_process import Process
from conformance.node.world import PRIVATE, write_etc

UNIT = "crio.service"
DROP_IN = Path("/run/systemd/system", f"{UNIT}.d", "zz-conformance.conf")
"""Below /run: what is there is gone with the container's next start."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
START = "conformance/start"
"""The script below ``/etc`` that the unit starts in CRI-O's place, and which becomes it."""


class NodeContainer(Node):
    """A node container for one runtime: CRI-O's unit with our files over the node's, in the node's own network.

    The unit's processes have a mount namespace of their own, kept by a resident (``agent.py``): ``/etc`` is ours there,
    ``/run``, ``/var``, ``/tmp`` and ``/dev/shm`` begin empty, and the rest is the node's, which nobody can write to.
    The node's other processes see nothing of it. Made by a ``Takeover``.
    """

    def __init__(
        self, container: EngineContainer, visible: Iterable[Path], runtime_settings: Mapping[str, Any]
    ) -> None:
        self.root = True
        self.container = container
        self.runtime_settings = runtime_settings
        self.cgroups = container.files / CGROUPS.relative_to("/")
        self._agent = AgentProcess(container, visible=visible)
        self.folder = self._agent.folder
        self.etc = self.folder / "etc"
        self._cgroups = cgroups_of(self.folder)
        try:
            write_etc(self.etc, container.files / "etc")
        except OSError as error:
            self._agent.discard()
            msg = f"no files can be made for {container.name} in {self.folder.parent}: {error.strerror}"
            raise NodeError(msg) from error
        self._agent.start(role="resident", private=PRIVATE, etc=str(self.etc), cgroups=self._cgroups)

    @property
    def pid(self) -> int:
        """The container's first process: systemd, whose rights its services have."""
        return self.container.pid

    @property
    def files(self) -> Path:
        """The container's root folder as it is seen out here."""
        return self.container.files

    @property
    def enter(self) -> tuple[str, ...]:
        """The beginning of a command that runs a program in the container."""
        return self.container.enter

    def is_ours(self, process: Path) -> bool:
        """Tell whether a process is in this node's mount namespace, or in a control group of it."""
        try:
            mounts = (process / "ns" / "mnt").readlink()
            groups = (process / "cgroup").read_text()
        except OSError:  # it has ended
            return False
        return mounts == Path(f"/proc/{self._agent.outer_pid}/ns/mnt").readlink() or f"/{self._cgroups}/" in groups

    @property
    def cgroup_parent(self) -> str:
        """Control group below which everything the node's containers run belongs, in the container's hierarchy."""
        return "/" + self._cgroups

    def bind(self, kind: str, address: str, port: int) -> socket.socket:
        """Give a socket bound in the container's network (``kind`` is ``tcp`` or ``udp``)."""
        return self._agent.control.bind(kind, address, port)

    def connect(self, address: str, port: int) -> socket.socket:
        """Give a TCP socket connected to a server in the container's network."""
        return self._agent.control.connect(address, port)

    def spawn(self, argv: Iterable[str], env: Mapping[str, str], log: str, output: str = "") -> Process:
        """Start a program, found on the PATH in ``env`` among the container's files, beside CRI-O."""
        files = self.folder / log, self.folder / (output or log)
        return self._agent.control.spawn(argv, env, *files, root=self.files)

    def start_service(self, argv: Iterable[str], env: Mapping[str, str], log: str, patience: float) -> Process:
        """Let systemd start the unit with this program in its place, and hold its main process.

        The unit's own environment counts, but for ``env`` and proxies, which would be asked for our registry hosts.
        """
        self._write_unit(list(argv), env, self.folder / log, patience)
        self.container.run("systemctl", "daemon-reload")
        if self.container.run("systemctl", "restart", UNIT, seconds=patience + SECONDS).returncode:
            facts = self._facts("Result", "ExecMainCode", "ExecMainStatus")
            if facts["Result"] == "timeout":
                msg = f"was not ready after {patience:.0f} s"
                raise ServiceError(msg)
            msg = f"ended while it started (exit status {_exit_status(facts)})"
            raise ServiceError(msg)
        pid = int(self._facts("MainPID")["MainPID"])
        _, (handle,) = self._agent.control.ask(do="hold", pid=pid)
        return Process(handle, pid, self.folder / log, self._status)

    def _write_unit(self, argv: list[str], env: Mapping[str, str], log: Path, patience: float) -> None:
        """Write what the unit starts, and the drop-in that has it started in here (systemd.service(5))."""
        script = self.etc / START
        script.parent.mkdir(exist_ok=True)
        lines = [
            "#!/bin/sh",
            f"exec >>{shlex.quote(str(log))} 2>&1",
            f"unset {' '.join([*PROXIES, *map(str.lower, PROXIES)])}",
            *(f"export {name}={shlex.quote(value)}" for name, value in env.items()),
            f"exec {shlex.join(argv)}",
        ]
        script.write_text("\n".join([*lines, ""]))
        self.container.write(
            DROP_IN,
            "# Of a run of crio-conformance, which removes it; `crio-conformance node restore` does, too.\n"
            "[Unit]\nStartLimitIntervalSec=0\n"
            "[Service]\nType=notify\nNotifyAccess=main\nRestart=no\nKillMode=process\nLimitCORE=0\n"
            f"TimeoutStartSec={patience:g}\nExecStartPre=\nExecStartPost=\nExecStart=\n"
            f"ExecStart=nsenter --mount=/proc/{self._agent.pid}/ns/mnt /bin/sh /etc/{START}\n",
        )

    def _facts(self, *names: str) -> dict[str, str]:
        """Ask systemd for properties of the unit."""
        answer = self.container.run("systemctl", "show", f"--property={','.join(names)}", UNIT).stdout
        return dict(line.partition("=")[::2] for line in answer.splitlines())

    def _status(self) -> int:
        """Give the exit status of the unit's main process, negative where a signal ended it."""
        return _exit_status(self._facts("ExecMainCode", "ExecMainStatus"))

    def end(self) -> None:
        """Let everything of this runtime end, without waiting until it has; the node is not given back yet."""
        self._agent.end()

    def close(self) -> None:
        """End everything of this runtime on the node: processes, control groups, mounts and the folder."""
        self._agent.close()


def _exit_status(facts: Mapping[str, str]) -> int:
    """Read how a unit's main process ended (waitid(2): ``CLD_EXITED`` is 1)."""
    status = int(facts["ExecMainStatus"])
    return status if facts["ExecMainCode"] == "1" else -status
