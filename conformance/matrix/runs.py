"""Several runs of the suite, side by side as far as there are cores."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from conformance.children import end_child
from conformance.evidence.evidence_folder import RunEvidence
from conformance.matrix.suite_run import WORKERS, SuiteRun, start_suite

GLANCE = 1.0
"""Seconds between two looks at what the runs have done."""

Progress = Callable[[SuiteRun, int, int], None]
"""What is told of a run's progress: how many cases have ended, and how many there are."""


def runs_at_once() -> int:
    """Give how many runs may go on at once."""
    return max(1, len(os.sched_getaffinity(0)) // WORKERS)


def run_suites(
    folders: Mapping[str, Path], arguments: Sequence[str], tell: Progress, at_once: int
) -> list[RunEvidence]:
    """Run the suite on each runtime, evidence to its folder; give what they found, in that order.

    Raises ``SuiteRunError`` where one found nothing, and ends the others; ``OSError`` where nothing can be written.
    """
    waiting = list(folders.items())
    running: list[SuiteRun] = []
    found: dict[str, RunEvidence] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                runtime, own = waiting.pop(0)
                running.append(start_suite(runtime, own, arguments, at_once=min(at_once, len(folders))))
            with suppress(subprocess.TimeoutExpired):
                running[0].process.wait(GLANCE)
            for each in list(running):
                ended = each.process.poll() is not None
                tell(each, *each.progress())
                if ended:
                    running.remove(each)
                    found[each.runtime] = each.evidence()
    finally:
        for each in running:
            end_child(each.process)
    return [found[runtime] for runtime in folders]
