"""One run of the suite in one process: the runtime that was asked for, and those that are running."""

from __future__ import annotations

import contextlib
import os
import signal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conformance import deviations
from conformance.model.profile import newest_line, newest_of
from conformance.runtime.installation import Installation, NoRuntime, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kubelet.binary import KubeletBinary
    from conformance.model.release import Release
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.pool import Pool
    from conformance.runtime.runtime import Runtime
    from conformance.simulator.mutants import Mutant

SIMULATOR = "simulator"


class Unusable(Exception):  # noqa: N818 (nothing is wrong with the program: what was asked for cannot be had)
    """The run cannot be done as asked for: one sentence that says why and what to do."""


class Lacking(Unusable):
    """The runtime lacks a capability that the run requires."""


class Run:
    """The runtime that ``--runtime`` names, and a pool of running ones, which is there when it is first asked for.

    Where the choice was left to us and there is no CRI-O, or where the simulator was asked for, the run is a rehearsal:
    ``rehearsal`` says why, and ``installation`` is none. ``mutant`` names the fault that the simulator has, ``kubelet``
    the kubelet for cases that need a real one. Raises ``Unusable`` when something was named that cannot be had.
    """

    def __init__(self, runtime: str | None, mutant: str | None = None, kubelet: str | None = None) -> None:
        self.installation: Installation | None = None
        self.release: Release
        self.rehearsal = ""
        self.mutant = _mutant(mutant) if mutant else None
        self.deviations = deviations.load()
        wanted, _, line = (runtime or "auto").partition(":")
        if wanted == SIMULATOR:
            self.rehearsal = "the simulator was asked for"
            self.release = _simulated_release(line)
        else:
            self._find(runtime or "auto")
        self.kubelet = self._kubelet(kubelet)
        if mutant and not self.rehearsal:
            msg = "--mutant is a fault of the simulator: add --runtime simulator"
            raise Unusable(msg)

    def _find(self, runtime: str) -> None:
        """Find a CRI-O; when any would do and there is none, rehearse as the newest release."""
        try:
            self.installation = find(runtime)
            self.release = self.installation.release
        except NoRuntime as error:
            if runtime != "auto":
                raise Unusable(str(error)) from None
            self.rehearsal = str(error)
            self.release = newest_of(newest_line())

    def _kubelet(self, wanted: str | None) -> KubeletBinary | None:
        """Find a kubelet; the simulator has no use for one."""
        if self.rehearsal and wanted is None:
            return None
        from conformance.kubelet.binary import find_kubelet

        try:
            return find_kubelet(wanted, self.release)
        except NoRuntime as error:
            raise Unusable(str(error)) from None

    @property
    def title(self) -> str:
        """Say what this run is about."""
        if self.mutant:
            return f"the simulator of CRI-O {self.release.line} with the fault {self.mutant.name}"
        return f"the simulator of CRI-O {self.release.line}" if self.rehearsal else f"CRI-O {self.release}"

    @property
    def announcement(self) -> str:
        """Say what a rehearsal is, and why this is one; nothing when it is none."""
        if not self.rehearsal:
            return ""
        found = "a simulator takes its place" if self.rehearsal.startswith("the simulator") else "no CRI-O was found"
        return f"REHEARSAL: {found}; nothing here is about CRI-O"

    @cached_property
    def pool(self) -> Pool:
        """The running runtimes."""
        from conformance.runtime.pool import Pool

        return Pool(self._start)

    def _start(self, configuration: Configuration) -> Runtime:
        """Start a runtime with that configuration."""
        if self.installation is not None:
            from conformance.runtime.crio import Crio

            return Crio(self.installation, configuration, self.kubelet.folders if self.kubelet else ())
        from conformance.runtime.simulated import Simulated

        return Simulated(self.release, configuration, self.mutant)

    def close(self) -> None:
        """End what is running."""
        if "pool" in vars(self):
            self.pool.close()

    def require(self, required: Iterable[str]) -> None:
        """Refuse a run that lacks ``live``, which is known before anything is started; raises ``Lacking``."""
        if "live" in required and self.rehearsal:
            raise Lacking(f"--require live: {self.rehearsal}")

    def begin(self, required: Iterable[str]) -> None:
        """Clear up after killed runs, and start the first runtime: what fails here is no case's fault.

        Raises ``Unusable`` when it cannot be started, ``Lacking`` when it lacks a capability in ``required``.
        """
        from conformance.runtime.configuration import Configuration
        from conformance.runtime.runtime import RuntimeFailure
        from conformance.world import WorldError, sweep

        self.require(required)
        try:
            sweep()
            capabilities = self.pool.get(Configuration()).capabilities
        except (OSError, RuntimeFailure, WorldError) as error:
            raise Unusable(str(error)) from None
        if self.kubelet and "containers" in capabilities:
            capabilities |= {"kubelet"}
        for capability in required:
            if capability not in capabilities:
                raise Lacking(f"--require {capability}: {self.title} cannot offer it to this user here")


def _simulated_release(line: str) -> Release:
    """Give the release that the simulator behaves as; raises ``Unusable``."""
    try:
        return newest_of(line or newest_line())
    except ValueError as error:
        raise Unusable(f"--runtime {SIMULATOR}:{line}: {error}") from None


def _mutant(name: str) -> Mutant:
    """Give the mutant of that name; raises ``Unusable``."""
    from conformance.simulator.mutants import UnknownMutant, mutant

    try:
        return mutant(name)
    except UnknownMutant as error:
        raise Unusable(f"--mutant {name}: {error}") from None


def end_as_with_ctrl_c() -> None:
    """Let SIGTERM end this process as Ctrl-C does: cleared up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def end_children() -> None:
    """Ask this process's children to end: pytest-xdist lets its workers go on for five seconds (proc(5), children)."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)
