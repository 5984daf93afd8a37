"""The first process of a helper container, which lends a command root's capabilities. A file, standard library only.

It is root in the namespaces of the run that started it (``helper_container.py``), takes a command from it over a Unix
socket, with the files that are to be its standard streams, and starts that as the run's user. When the run's end of the
socket closes, for whatever reason, it kills the command. It goes when all has gone that the command has started: what
gives nodes back (``agent.py``) is not ended by the engine in the middle of that.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

MESSAGE_BYTES = 1 << 20
STREAMS = 3
PR_SET_CHILD_SUBREAPER = 36
NEEDED = {"CAP_DAC_OVERRIDE": 1, "CAP_KILL": 5, "CAP_SETUID": 7, "CAP_SYS_PTRACE": 19, "CAP_SYS_ADMIN": 21}
"""The capabilities without which no node can be entered (capabilities(7)), with their numbers."""

END_SECONDS = 60
"""How long what a command has started may take to end; afterwards the engine ends it."""


def capabilities() -> set[int]:
    """Give the numbers of the effective capabilities of this process (proc(5), ``status``)."""
    status = Path("/proc/self/status").read_text()
    held = int(status.partition("CapEff:")[2].split()[0], 16)
    return {number for number in range(held.bit_length()) if held >> number & 1}


def may_enter_nodes() -> bool:
    """Tell whether this process may do on this machine what a node takes: as root, or with what a helper lent it."""
    return os.geteuid() == 0 or capabilities().issuperset(NEEDED.values())


def as_user(argv: list[str], uid: int, gid: int, groups: list[int]) -> list[str]:
    """Give the command that runs another as a user, with all capabilities of this process (util-linux's setpriv)."""
    held = "-all," + ",".join(f"+cap_{number}" for number in sorted(capabilities()))
    others = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
    user = [f"--reuid={uid}", f"--regid={gid}", others]
    return ["setpriv", *user, f"--inh-caps={held}", f"--ambient-caps={held}", "--", *argv]


def attend(control: socket.socket, command: "subprocess.Popen[bytes]") -> None:
    """Pass signals on to the command, until it has ended, or who asked for it has."""
    pidfd = os.pidfd_open(command.pid)
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.register(control, select.POLLIN)
    while pidfd not in dict(poll.poll()) and (message := control.recv(MESSAGE_BYTES)):
        signal.pidfd_send_signal(pidfd, json.loads(message)["signal"])
    os.close(pidfd)


def lend(control: socket.socket) -> None:
    """Run the command that comes over the socket, and tell its exit status: negative, the signal that ended it."""
    message, streams, _, _ = socket.recv_fds(control, MESSAGE_BYTES, STREAMS)
    if not message:  # who started this has ended
        return
    request: dict[str, Any] = json.loads(message)
    argv = as_user(request["argv"], request["uid"], request["gid"], request["groups"])
    try:
        command = subprocess.Popen(
            argv,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            env=request["env"],
            umask=request["umask"],
            restore_signals=True,
        )
    finally:
        for each in streams:
            os.close(each)
    try:
        attend(control, command)
    finally:
        command.kill()
        status = command.wait()
        with contextlib.suppress(OSError):  # nobody is there any more
            control.send(json.dumps({"status": status}).encode())


def main() -> None:
    """Lend one command what this process has, and stay until all that came of it has ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    if not capabilities().issuperset(NEEDED.values()):
        sys.exit(f"its root has not the rights of this machine's ({', '.join(NEEDED)})")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(sys.argv[1])
    try:
        lend(control)
    finally:
        signal.alarm(END_SECONDS)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


if __name__ == "__main__":
    main()
