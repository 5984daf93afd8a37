"""A program running on a node, as the run outside sees it."""

import contextlib
import os
import select
import signal
from collections.abc import Callable
from pathlib import Path


class Process:
    """A program on a node, held by a pidfd: it can be waited for and signalled without ever naming the wrong one.

    ``pid`` is its number on the node, ``log`` the file with its output.
    """

    def __init__(self, pidfd: int, pid: int, log: Path, status: Callable[[], int]) -> None:
        self.pidfd = pidfd
        self.pid = pid
        self.log = log
        self._status = status

    @property
    def outer_pid(self) -> int:
        """Its number out here; -1 when it has ended."""
        return pid_of(self.pidfd)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet; one whose exit status nobody has read has ended, too."""
        return not self.wait(0)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, at most ``seconds``; tell whether it has."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def status(self) -> int:
        """The exit status of the program that ended; negative is the signal that ended it. It can be asked for once."""
        return self._status()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def stop(self, patience: float) -> None:
        """Ask it to end (SIGTERM), and make it end after ``patience`` seconds (SIGKILL)."""
        self.signal(signal.SIGTERM)
        if not self.wait(patience):
            self.signal(signal.SIGKILL)
            self.wait()

    def close(self) -> None:
        """Close the pidfd; the program goes on, if it still runs."""
        os.close(self.pidfd)


def pid_of(pidfd: int) -> int:
    """Give the number, out here, of the process that a pidfd holds (proc(5), ``fdinfo``); -1 when it has ended."""
    facts = Path(f"/proc/self/fdinfo/{pidfd}").read_text()
    return int(facts.partition("Pid:")[2].split()[0])
