"""One run of the suite in one process: the CRI-O that was asked for, and those that are running."""

from __future__ import annotations

import contextlib
import os
import signal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conformance import deviations
from conformance.runtime.installation import Installation, NoRuntime, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.runtime.pool import Pool


class Unusable(Exception):  # noqa: N818 (nothing is wrong with the program: what was asked for cannot be had)
    """The run cannot be done as asked for: one sentence that says why and what to do."""


class Run:
    """The CRI-O that ``--runtime`` names, and a pool of running ones, which is there when it is first asked for.

    ``installation`` is none, and ``missing`` says why, when the choice was left to us and there is no CRI-O: live
    cases are skipped then. Raises ``Unusable`` when a CRI-O was named that cannot be had.
    """

    def __init__(self, runtime: str | None) -> None:
        self.installation: Installation | None = None
        self.missing = ""
        self.deviations = deviations.load()
        try:
            self.installation = find(runtime or "auto")
        except NoRuntime as error:
            if runtime not in (None, "auto"):
                raise Unusable(str(error)) from None
            self.missing = str(error)

    @property
    def title(self) -> str:
        """Say what this run is about."""
        return f"CRI-O {self.installation.release}" if self.installation else "no live CRI-O"

    @cached_property
    def pool(self) -> Pool:
        """The running CRI-Os; raises ``Unusable`` when there is none to run."""
        from conformance.runtime.crio import Crio
        from conformance.runtime.pool import Pool

        if (installation := self.installation) is None:
            raise Unusable(self.missing)
        return Pool(lambda configuration: Crio(installation, configuration))

    def close(self) -> None:
        """End what is running."""
        if "pool" in vars(self):
            self.pool.close()

    def begin(self, required: Iterable[str]) -> None:
        """Clear up after killed runs, and start the first CRI-O: what fails here is no case's fault.

        Raises ``Unusable`` when CRI-O cannot be started, or lacks a capability in ``required``.
        """
        from conformance.runtime.configuration import Configuration
        from conformance.runtime.runtime import RuntimeFailure
        from conformance.world import WorldError, sweep

        capabilities: frozenset[str] = frozenset()
        try:
            if self.installation is not None:
                sweep()
                capabilities = self.pool.get(Configuration()).capabilities
        except (OSError, RuntimeFailure, WorldError) as error:
            raise Unusable(str(error)) from None
        for capability in required:
            if capability not in capabilities:
                msg = f"--require {capability}: {self.missing or f'{self.title} cannot offer it to this user here'}"
                raise Unusable(msg)


def end_as_with_ctrl_c() -> None:
    """Let SIGTERM end this process as Ctrl-C does: cleared up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def end_children() -> None:
    """Ask this process's children to end: pytest-xdist lets its workers go on for five seconds (proc(5), children)."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)
