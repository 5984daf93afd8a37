"""Programs that run for a while, and end in good order when this process is told to."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from conformance.interrupts import undisturbed, uninterrupted

PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal that a process gets when the thread that started it is gone."""
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def run_to_end(command: Sequence[str], *, env: Mapping[str, str] | None = None, seconds: float | None = None) -> int:
    """Run a program to its end, with our streams, and give its exit code.

    On Ctrl-C it is told once, with all that it has started, and waited for, before ``KeyboardInterrupt`` is raised;
    likewise where it takes more than ``seconds``: ``subprocess.TimeoutExpired``. It is told, too,
    when this process has been killed.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with uninterrupted():  # else it may run already, and nobody knows it
            process = subprocess.Popen(
                command,
                env=env,
                process_group=0,  # in our group a terminal would tell it, too
                preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGINT),  # noqa: PLW1509 (it takes no lock)
            )
        return process.wait(seconds)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        with undisturbed():
            if process is not None:
                os.killpg(process.pid, signal.SIGINT)
                process.wait()
        raise
