"""Everything that is looked for, and what it comes to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from conformance.doctor.container_checks import check_bridge, check_containers, check_oci_runtime
from conformance.doctor.crio_checks import (
    check_cache,
    check_control_plane,
    check_coverage,
    check_crio,
    check_kubelet,
    check_programs,
    is_fetched,
)
from conformance.doctor.finding import Finding, Need, State
from conformance.doctor.limit_checks import check_inotify, check_open_files
from conformance.doctor.program_checks import check_contrast, check_cosign, check_engine, check_kind, check_oracles
from conformance.doctor.world_checks import check_folder, check_namespaces
from conformance.releases.installation import CRIO

LIVE, NOTHING, REHEARSAL = 0, 4, 6
"""Exit codes: 4 is that of a run that cannot be done, 6 that of one which ``--require live`` refuses."""


@dataclass(frozen=True)
class Examination:
    """What was found on a machine, for the CRI-O that ``runtime`` names as ``--runtime`` does."""

    runtime: str
    findings: tuple[Finding, ...]

    @cached_property
    def exit_code(self) -> int:
        """0 where the suite can run live, 6 where it only rehearses or has a CRI-O to fetch, 4 where not even that."""
        lacking = {each.need for each in self.findings if each.state != State.OK}
        if Need.ANY_RUN in lacking:
            return NOTHING
        return REHEARSAL if Need.LIVE_RUN in lacking else LIVE

    @property
    def verdict(self) -> str:
        """Say in a sentence what can run."""
        if self._only_fetches:
            fetched = f"{CRIO} {self.runtime}"
            return f"A run fetches {fetched} first, and nothing else is in the way: --runtime {self.runtime}"
        return {
            LIVE: f"The suite can run live here: --runtime {self.runtime}",
            REHEARSAL: "Only a rehearsal can run here: --runtime simulator",
            NOTHING: "Nothing can run here, not even a rehearsal",
        }[self.exit_code]

    @property
    def _only_fetches(self) -> bool:
        """Whether nothing lacks for a live run but a CRI-O that a run fetches."""
        lacking = [each.about for each in self.findings if each.state != State.OK and each.need != Need.PART]
        return lacking == [CRIO] and is_fetched(self.runtime)


def examine(runtime: str) -> Examination:
    """Look for everything; it takes about a second."""
    return Examination(runtime, tuple(_findings(runtime)))


def _findings(runtime: str) -> Iterator[Finding]:
    root = os.geteuid() == 0
    folder = check_folder()
    yield folder
    yield check_open_files()
    if folder.state == State.OK:
        yield check_namespaces()
    yield check_inotify()
    finding, crio, release = check_crio(runtime)
    yield finding
    if crio and release:
        yield from check_programs(crio)
        yield check_oci_runtime(crio)
    yield from check_coverage()
    yield from check_containers(root=root)
    yield check_bridge(crio, root=root)
    if release:
        yield check_kubelet(release)
        yield check_control_plane(release)
    yield check_cache()
    yield from check_contrast()
    yield from check_oracles()
    yield check_engine()
    yield check_kind()
    yield check_cosign()
