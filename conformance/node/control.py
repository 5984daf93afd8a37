"""The run's end of the socket on which a process inside a node answers (``init.py``)."""

import json
import os
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.node import init
from conformance.node.find_on_node import find_on_node
from conformance.node.node import NodeError
from conformance.node.node_process import Process


class Control:
    """A control socket: requests go in, answers come out, with descriptors of what was opened inside.

    ``who`` is whom the errors name. Every method raises ``NodeError`` where it cannot be done, or nobody answers.
    """

    def __init__(self, who: str) -> None:
        self._who = who
        self._socket, self.inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def ask(self, **request: Any) -> tuple[dict[str, Any], list[int]]:
        """Send one request; give its answer and the descriptors that came with it."""
        try:
            self._socket.send(json.dumps(request).encode())
            message, handles, _, _ = socket.recv_fds(self._socket, init.MESSAGE_BYTES, 1)
        except OSError as error:
            msg = f"{self._who} does not answer ({error.strerror})"
            raise NodeError(msg) from error
        if not message:
            msg = f"{self._who} has ended"
            raise NodeError(msg)
        reply: dict[str, Any] = json.loads(message)
        if "error" in reply:
            raise NodeError(reply["error"])
        return reply, handles

    def bind(self, kind: str, address: str, port: int) -> socket.socket:
        """Give a socket bound inside (``kind`` is ``tcp`` or ``udp``)."""
        _, (handle,) = self.ask(do="bind", kind=kind, address=address, port=port)
        return socket.socket(fileno=handle)

    def connect(self, address: str, port: int) -> socket.socket:
        """Give a TCP socket connected to a server inside."""
        _, (handle,) = self.ask(do="connect", address=address, port=port)
        return socket.socket(fileno=handle)

    def spawn(
        self, argv: Iterable[str], env: Mapping[str, str], log: Path, output: Path, root: Path = Path("/")
    ) -> Process:
        """Start a program, found on the PATH in ``env`` among the files below ``root``, which is the root inside."""
        argv = list(argv)
        files = {"log": str(log), "output": str(output)}
        try:
            reply, (handle,) = self.ask(do="spawn", program=_found(argv[0], env, root), argv=argv, env={**env}, **files)
        except NodeError as error:
            msg = f"{argv[0]} cannot be started: {error}"
            raise NodeError(msg) from error
        pid: int = reply["pid"]
        return Process(handle, pid, log, lambda: int(self.ask(do="status", pid=pid)[0]["status"]))

    def close(self) -> None:
        """Let the process inside end what it started, and go."""
        self._socket.close()


def _found(program: str, env: Mapping[str, str], root: Path) -> str:
    """Find a program below a root folder; what is not found is looked for where it is started, which says so."""
    if "/" in program:
        return program
    return str(find_on_node(program, env.get("PATH", os.defpath).split(os.pathsep), root) or program)
