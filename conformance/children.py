"""Programs that run for a while, and end in good order when this process is told to."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

from conformance.interrupts import undisturbed, uninterrupted

PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal that a process gets when the thread that started it is gone."""
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def start_child(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program, with our streams or its output to a file; it is told when this process has been killed."""
    with uninterrupted():  # else it may run already, and nobody knows it
        return subprocess.Popen(
            command,
            env=env,
            stdin=None if output is None else subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            process_group=0,  # in our group a terminal would tell it, too
            preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGINT),  # noqa: PLW1509 (it takes no lock)
        )


def end_child(process: subprocess.Popen[bytes]) -> None:
    """Tell a program once to end, with all that it has started, and wait for it."""
    with undisturbed():
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()


def run_to_end(command: Sequence[str], *, env: Mapping[str, str] | None = None, seconds: float | None = None) -> int:
    """Run a program to its end, with our streams, and give its exit code.

    On Ctrl-C it is told once, with all that it has started, and waited for, before ``KeyboardInterrupt`` is raised;
    likewise where it takes more than ``seconds``: ``subprocess.TimeoutExpired``. It is told, too,
    when this process has been killed.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        process = start_child(command, env=env)
        return process.wait(seconds)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        if process is not None:
            end_child(process)
        raise
