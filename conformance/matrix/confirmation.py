"""A change between two runs is looked for again, on both sides, so that what comes and goes is told as that."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from conformance.children import end_child
from conformance.evidence.evidence_folder import RunEvidence, runtime_of
from conformance.matrix.suite_run import start_suite
from conformance.releases.installation import RuntimeNotFoundError, find_crio
from conformance.report.changes import ChangeGroup, ChangeKind, compare_runs

ASKED = 3
"""How many cases of one change are asked again."""


class Confirmed(NamedTuple):
    """Changes that were seen again, and those that were not."""

    real: list[ChangeGroup]
    flaky: list[ChangeGroup]


def missing_runtimes(*runs: RunEvidence) -> str:
    """Say why runs cannot be asked again here; nothing where they can: it takes what they ran on, and live."""
    for run in runs:
        told = run.run.properties
        if told.get("run") != "live" or not (runtime := runtime_of(run.run)):
            return f"{told.get('target', run.folder)} was a rehearsal, or it is not known what it ran on"
        try:
            find_crio(runtime)
        except RuntimeNotFoundError as error:
            return str(error)
    return ""


def confirm(groups: Sequence[ChangeGroup], before: RunEvidence, after: RunEvidence, folder: Path) -> Confirmed:
    """Ask cases of every change again on both sides, one after the other; that there is a case needs no asking.

    Raises ``SuiteRunError`` and ``OSError``.
    """
    asked = [group for group in groups if group.change.kind is not ChangeKind.CASES]
    cases = sorted({case for group in asked for case in group.cases[:ASKED]})
    again = [_ask(run, folder / side, cases) for run, side in ((before, "before"), (after, "after"))]
    seen = {(group.change.cause, case) for group in compare_runs(*again) for case in group.cases}
    flaky = [group for group in asked if not any((group.change.cause, case) in seen for case in group.cases)]
    return Confirmed([group for group in groups if group not in flaky], flaky)


def _ask(run: RunEvidence, folder: Path, cases: Sequence[str]) -> RunEvidence:
    running = start_suite(runtime_of(run.run), folder, ["-p", "no:randomly"], cases)
    try:
        running.process.wait()
    finally:
        end_child(running.process)
    return running.evidence()
