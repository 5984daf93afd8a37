"""What ``--runtime`` names. Nothing is imported that starts a runtime before one is started."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.model.profile import newest_line, newest_of
from conformance.node.cgroup_version import CGROUPS, cgroup_version
from conformance.releases.installation import Installation, NoCrioError, RuntimeNotFoundError, find_crio
from conformance.releases.program_version import version_of
from conformance.targets.contrast import find_containerd, find_podman
from conformance.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.model.release import Release
    from conformance.releases.kubelet_binary import KubeletBinary
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime
    from conformance.simulator.mutants import Mutant

SIMULATOR = "simulator"
CONTAINER = "container"
SURROUNDINGS = {
    "oci-runtime": "{}",
    "conmon": "conmon {}",
    "kernel": "{}",
    "cgroup": "cgroup {}",
    "storage-driver": "storage driver {}",
}
"""What the header says of what a CRI-O runs with, and in which words."""


class CrioTarget(Target):
    """A CRI-O, in worlds of its own; ``fault`` is one in what its OCI runtime is given, if any.

    ``is_in_world`` says whether its nodes are worlds, which can have one, and a cluster, ``is_root`` whether its CRI-O
    is the machine's root.
    """

    is_in_world = True
    is_root = os.geteuid() == 0

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.release = installation.release
        self.fault = ""

    @property
    def header(self) -> str:
        """Say which CRI-O, where its binary is, and what it runs with."""
        fault = f" with the fault {self.fault}" if self.fault else ""
        told = ", ".join(words.format(self.properties[name]) for name, words in SURROUNDINGS.items())
        return f"{self.title}{fault} ({self.place})\n  with {told}"

    @property
    def place(self) -> str:
        """Say where it lies."""
        return str(self.installation.crio)

    @property
    def own_kubelet(self) -> KubeletBinary | None:
        """The kubelet that its nodes have themselves, if any."""
        return None

    @property
    def _cgroups(self) -> Path:
        """Where the control groups of its nodes are seen."""
        return CGROUPS

    @cached_property
    def properties(self) -> dict[str, str]:
        """What was tested: the programs beside CRI-O, the kernel, the version of its control groups, how it stores."""
        from conformance.runtime.node_files import storage_driver

        return {
            **super().properties,
            "oci-runtime": self.installation.oci_runtime_version or str(self.installation.oci_runtime),
            "conmon": version_of(self.installation.conmon, enter=self.installation.enter).removeprefix("conmon "),
            "cgroup": cgroup_version(self._cgroups),
            "storage-driver": storage_driver(root=self.is_root),
        }

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Start a CRI-O in a new world, in which the folders ``visible`` can be seen."""
        from conformance.runtime.crio import start_in_world

        return start_in_world(self.installation, configuration, visible, self.fault)


class SimulatorTarget(Target):
    """The simulator of a release line, because of ``why``; ``mutant`` is the fault that it has, if any."""

    def __init__(self, release: Release, why: str, mutant: Mutant | None = None) -> None:
        self.release = release
        self.rehearsal = why
        self.mutant = mutant

    @property
    def title(self) -> str:
        """Say whose simulator, and what is wrong with it."""
        fault = f" with the fault {self.mutant.name}" if self.mutant else ""
        return f"the simulator of CRI-O {self.release.line}{fault}"

    @property
    def announcement(self) -> str:
        """Say what a rehearsal is, and why this is one."""
        found = "a simulator takes its place" if self.rehearsal.startswith("the simulator") else "no CRI-O was found"
        return f"REHEARSAL: {found}; nothing here is about CRI-O"

    @property
    def footer(self) -> list[str]:
        """Say at the end of a run, too, that it was a rehearsal."""
        return [self.announcement]

    @property
    def header(self) -> str:
        """Say at the top of a run that it is a rehearsal, and why."""
        return f"{self.announcement}\n  {self.title}, because {self.rehearsal}"

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Start a simulator in a thread of this process; it needs no world, and ``visible`` is not used."""
        del visible
        from conformance.runtime.simulated import SimulatedRuntime

        return SimulatedRuntime(self.release, configuration, self.mutant)


def choose_target(runtime: str, oci_runtime: str = "") -> Target:
    """Find what ``--runtime`` names; where any CRI-O would do and there is none, rehearse as the newest release.

    ``oci_runtime`` is the name or path of the OCI runtime that a CRI-O is to have.
    Raises ``RuntimeNotFoundError`` where what was named cannot be had, or a CRI-O that is here lacks a program.
    """
    wanted, _, rest = runtime.partition(":")
    if wanted == SIMULATOR:
        return SimulatorTarget(_simulated_release(rest), "the simulator was asked for")
    if (target := _running_target(wanted, rest, oci_runtime)) is not None:
        return target
    program = runtime.rpartition("/")[2]
    if program == "podman":
        return find_podman(runtime)
    if program == "containerd":
        return find_containerd(runtime)
    try:
        return CrioTarget(find_crio(runtime, oci_runtime))
    except NoCrioError as error:
        return SimulatorTarget(newest_of(newest_line()), str(error))


def is_of_containers(runtime: str) -> bool:
    """Tell whether ``--runtime`` names node containers."""
    return runtime.partition(":")[0] == CONTAINER


def _running_target(kind: str, where: str, oci_runtime: str) -> Target | None:
    """Find what somebody else runs: on a socket, or on the nodes of containers; none where that is not asked for."""
    if kind == "unix":
        from conformance.targets.attached import find_attached

        return find_attached(where)
    if kind == CONTAINER:
        from conformance.targets.node_containers import find_node_containers

        return find_node_containers(where, oci_runtime)
    return None


def _simulated_release(line: str) -> Release:
    """Give the release that the simulator behaves as; raises ``RuntimeNotFoundError``."""
    try:
        return newest_of(line or newest_line())
    except ValueError as error:
        msg = f"--runtime {SIMULATOR}:{line}: {error}"
        raise RuntimeNotFoundError(msg) from None


def most_workers(runtime: str) -> int | None:
    """Give how many workers can share what ``--runtime`` names: one a node, one on a socket; else as many as wanted."""
    wanted, _, rest = runtime.partition(":")
    if wanted == "unix":
        return 1
    return len(rest.split(",")) if wanted == CONTAINER else None
