"""A command of an ordinary user with root's capabilities, which a helper container lends.

Who may use an engine may start a privileged container of a node's own image, whose root is this machine's: that is the
right to enter its nodes. The helper enters the namespaces that this process is in, and runs the command there as this
user, on this process's standard streams (``helper.py``): what the command writes is the user's, and the user can kill
it. Helper and command end with this process, whatever ends it, and the engine keeps nothing of them.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from conformance.node import helper
from conformance.node.engine_container import EngineContainer, look_up_container
from conformance.node.folders import private_folder
from conformance.node.maker import this_maker
from conformance.node.node import NodeError

LABEL = "crio-conformance.helper-of"
"""The label of a helper container: the process that it works for (``maker.py``)."""

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
SIGNALLED = 128
"""What a shell adds to the number of the signal that ended a command."""


def run_this_with_rights(name: str) -> int | None:
    """Run the command that this process is anew, with the right to enter the container ``name``; give its exit status.

    Where this process has that right already, nothing is run. Raises ``NodeError``.
    """
    if helper.may_enter_nodes():
        return None
    try:
        container = look_up_container(name)
    except NodeError as error:
        msg = f"{error} (a node takes root, or a user who may use its engine)"
        raise NodeError(msg) from None
    return run_with_rights(container, [sys.executable, *sys.orig_argv[1:]])


def run_with_rights(container: EngineContainer, argv: Sequence[str]) -> int:
    """Run a command to its end with root's capabilities, which the engine of a container lends; give its exit status.

    Raises ``NodeError`` where that engine cannot lend them.
    """
    try:
        with private_folder() as folder, _helper(container, folder) as control, _passing_signals_on(control):
            _ask(control, argv)
            message = control.recv(helper.MESSAGE_BYTES)
    except OSError as error:
        msg = f"no helper container can be started for {container.name}: {error.strerror or error}"
        raise NodeError(msg) from error
    if not message:
        msg = f"the helper container of {container.name} ended before this run did"
        raise NodeError(msg)
    status: int = json.loads(message)["status"]
    return SIGNALLED - status if status < 0 else status


@contextmanager
def _helper(container: EngineContainer, folder: Path) -> Iterator[socket.socket]:
    """Give the socket of a helper container, which has ended when the block has; raises ``NodeError``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        path, log_file = folder / "helper.sock", folder / "helper.log"
        server.bind(str(path))
        server.listen()
        with log_file.open("wb") as log:
            engine = subprocess.Popen(
                _command(container, path),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the command
            )
        with engine, server:  # a helper that nobody expects any more finds nobody, and goes
            if not _comes(server, engine):
                said = log_file.read_text(errors="replace").strip().splitlines()
                why = said[-1] if said else f"exit status {engine.wait()}"
                msg = f"{container.engine} lends nobody root's rights here: {why}"
                raise NodeError(msg)
            control, _ = server.accept()
            with control:
                yield control


def _command(container: EngineContainer, path: Path) -> list[str]:
    """Give the command that runs a helper container until the helper ends; Docker's and Podman's options are alike."""
    label = f"--label={LABEL}={this_maker()}"
    rights = ["--privileged", "--user=0", "--userns=host", "--pid=host", "--network=none"]
    run = [container.engine, "run", "--rm", "--pull=never", label, "--stop-signal=SIGTERM", *rights]
    namespaces = ["--mount", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd"]
    program = [sys.executable, "-I", "-S", "-X", "utf8", helper.__file__, str(path)]
    return [*run, "--entrypoint=nsenter", container.image, f"--target={os.getpid()}", *namespaces, "--", *program]


def _comes(server: socket.socket, engine: "subprocess.Popen[bytes]") -> bool:
    """Wait until the helper is there, or the engine's program has ended instead; tell which."""
    ended = os.pidfd_open(engine.pid)
    try:
        poll = select.poll()
        poll.register(server, select.POLLIN)
        poll.register(ended, select.POLLIN)
        return server.fileno() in dict(poll.poll())
    finally:
        os.close(ended)


def _ask(control: socket.socket, argv: Sequence[str]) -> None:
    """Ask the helper to run a command as this process would: same user, environment and standard streams."""
    os.umask(umask := os.umask(0o077))
    request = {
        "argv": list(argv),
        "env": dict(os.environ),
        "umask": umask,
        "uid": os.getuid(),
        "gid": os.getgid(),
        "groups": os.getgroups(),
    }
    socket.send_fds(control, [json.dumps(request).encode()], range(helper.STREAMS))


@contextmanager
def _passing_signals_on(control: socket.socket) -> Iterator[None]:
    """Let the command have the signals that would end this process."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):  # it has ended
            control.send(json.dumps({"signal": number}).encode())

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
