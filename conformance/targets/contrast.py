"""Other runtimes, for contrast: containerd, another CRI runtime, and Podman, CRI-O's library behind another face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.releases.installation import CONTAINERD, PODMAN, find_contrast_program
from conformance.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.model.release import Release
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime


class ContainerdTarget(Target):
    """A containerd, in worlds of its own."""

    program = CONTAINERD
    marker = "cri"
    unmarked_reason = "is about CRI-O, and containerd is another runtime"

    def __init__(self, binary: Path, release: Release) -> None:
        self.binary = binary
        self.release = release

    @property
    def header(self) -> str:
        """Say which containerd, and where its binary is."""
        return f"{self.title} ({self.binary}), for contrast: only cases that any CRI runtime must pass"

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Start a containerd in a new world; ``visible`` is not used."""
        del visible
        from conformance.runtime.containerd import Containerd

        return Containerd(self.binary, self.release, configuration)


def find_containerd(wanted: str) -> ContainerdTarget:
    """Find a containerd on PATH, or at a path; raises ``RuntimeNotFoundError``."""
    return ContainerdTarget(*find_contrast_program(wanted, r"containerd \S+ v?(\d+(?:\.\d+)+)", CONTAINERD))


class PodmanTarget(Target):
    """A Podman, in worlds of its own."""

    program = PODMAN
    marker = "podman"
    unmarked_reason = "is about CRI-O, and not about what Podman does as well"

    def __init__(self, binary: Path, release: Release) -> None:
        self.binary = binary
        self.release = release

    @property
    def header(self) -> str:
        """Say which Podman, and where its binary is."""
        return f"{self.title} ({self.binary}), for contrast: it has no CRI"

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Start Podman's service in a new world; ``visible`` is not used."""
        del visible
        from conformance.runtime.podman import Podman

        return Podman(self.binary, self.release, configuration)


def find_podman(wanted: str) -> PodmanTarget:
    """Find a Podman on PATH, or at a path; raises ``RuntimeNotFoundError``."""
    return PodmanTarget(*find_contrast_program(wanted, r"podman version (\S+)", PODMAN))
