"""The running runtimes of one run: one per configuration."""

from __future__ import annotations

import resource
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime

LIMIT = 12
"""How many may run at once in one process; the one not used for longest makes room."""

INSTANCES = 4
"""The inotify(7) instances that a CRI-O holds; it ends while it starts where there are too few."""

MAX_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")


FILES = 32
"""How many files and sockets of this process a runtime with its registry hosts may need."""

OWN_FILES = 64
"""How many this process needs besides: pytest's, and those of a worker."""


class TooFewInstancesError(Exception):
    """This machine allows too few inotify instances for one CRI-O a worker: one sentence."""


class TooFewFilesError(Exception):
    """This process may open too few files: one sentence."""


def allow_open_files() -> None:
    """Let this process open as many files as its runtimes may need; raises ``TooFewFilesError`` where it may not."""
    needed = OWN_FILES + LIMIT * FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in (soft, hard) and hard < needed:
        msg = (
            f"at most {hard} files may be open here, and {LIMIT} runtimes at once may need {needed}: raise `ulimit -n`"
        )
        raise TooFewFilesError(msg)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def crios_at_once(workers: int) -> int:
    """Give how many CRI-Os each of so many workers may have: a quarter of what the machine allows is left to others.

    Raises ``TooFewInstancesError`` where that is none.
    """
    allowed = int(MAX_INSTANCES.read_text())
    each = allowed * 3 // 4 // INSTANCES // workers
    if each < 1:
        msg = (
            f"fs.inotify.max_user_instances is {allowed}, too low for {workers} workers with a CRI-O each, which holds"
            f" {INSTANCES}: raise it with sysctl, or let fewer work (-n)"
        )
        raise TooFewInstancesError(msg)
    return min(LIMIT, each)


class Pool:
    """Gives the runtime of a configuration, started at its first use; the same configuration, the same runtime."""

    def __init__(self, start: Callable[[Configuration], Runtime], limit: int = LIMIT) -> None:
        self._start = start
        self._limit = limit
        self._running: OrderedDict[Configuration, Runtime] = OrderedDict()

    def get(self, configuration: Configuration) -> Runtime:
        """Give the runtime of that configuration, started if need be."""
        runtime = self._running.pop(configuration, None)
        if runtime is not None and (runtime.dirty or not runtime.running):
            runtime.close()
            runtime = None
        if runtime is None:
            while len(self._running) >= self._limit:
                self._running.popitem(last=False)[1].close()
            runtime = self._start(configuration)
        self._running[configuration] = runtime
        return runtime

    def close(self) -> None:
        """End all at once, then wait for each until it has."""
        for runtime in self._running.values():
            runtime.end()
        while self._running:
            self._running.popitem()[1].close()
