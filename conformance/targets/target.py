"""What a run is about: a runtime, before any of it runs."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from importlib.metadata import version
from typing import TYPE_CHECKING

from conformance.releases.installation import CRIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.model.release import Release
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime


class Target(ABC):
    """A runtime that can be started, once for each configuration.

    ``program`` is whose ``release`` that is, ``rehearsal`` why there is no live one (empty where there is),
    ``marker`` what cases must be marked with to speak of it (empty: all do), ``unmarked_reason`` why the others do not,
    ``unstartable_reason`` why none is started with a configuration that may be refused (empty: it is), ``at_once`` how
    many can run at once in one process, where that is limited.
    """

    program: str = CRIO
    release: Release
    rehearsal: str = ""
    marker: str = ""
    unmarked_reason: str = ""
    unstartable_reason: str = ""
    at_once: int | None = None

    @property
    def title(self) -> str:
        """The program and its release, as every line about the run names it."""
        return f"{self.program} {self.release}"

    @property
    @abstractmethod
    def header(self) -> str:
        """Say at the top of a run what it is about, and where that lies."""

    @property
    def properties(self) -> dict[str, str]:
        """What was tested, and by what, for a report: names and values; what is not known is left out."""
        uname = os.uname()
        return {
            "target": self.title,
            "release": str(self.release),
            "run": f"rehearsal: {self.rehearsal}" if self.rehearsal else "live",
            "kernel": f"{uname.sysname} {uname.release}",
            "crio-conformance": version("crio-conformance"),
        }

    @property
    def footer(self) -> list[str]:
        """Say at the end of a run what must not be overlooked."""
        return []

    def is_crio_within(self, releases: str) -> bool:
        """Tell whether it is a CRI-O of a range of releases such as ``>=1.34``."""
        return self.program == CRIO and self.release.within(releases)

    @abstractmethod
    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Start one with that configuration; ``visible`` are folders that what is attached to it must see.

        Raises ``RuntimeFailedError`` or ``NodeError``.
        """

    def close(self) -> None:
        """Give back what runtimes were started on, once all of them have ended; raises ``NodeError``."""
        return
