"""The summary of a run for GitHub's page of a job, where ``$GITHUB_STEP_SUMMARY`` says where it goes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.plugin.collection import case_of
from conformance.plugin.evidence_files import has_evidence, reason_of
from conformance.plugin.lifecycle import EVIDENCE_FOLDER, RUN, run_of
from conformance.plugin.terminal import ended_cases
from conformance.plugin.verdicts import NEITHER

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from conformance.report.github_summary import EqualFailures, RunChanges

VARIABLE = "GITHUB_STEP_SUMMARY"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """Append the summary once all else is told and kept; where that cannot be, a warning says so."""
    yield
    config = session.config
    path = os.environ.get(VARIABLE, "")
    if not path or hasattr(config, "workerinput") or RUN not in config.stash:
        return
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is None or not (text := _summary(config, terminal)):
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        terminal.write_line(f"WARNING: the summary cannot be written to {path}: {error.strerror}", yellow=True)


def _summary(config: pytest.Config, terminal: pytest.TerminalReporter) -> str:
    """Write the summary; nothing where no case of ours was run."""
    ended = ended_cases(terminal)
    if not ended:
        return ""
    from conformance.evidence.secrets import Secrets
    from conformance.report.github_summary import github_summary

    target = run_of(config).target
    failed = [report for report, verdict in ended if verdict.verdict == "failed"]
    text = github_summary(
        target.title, target.properties, [verdict for _, verdict in ended], _equal_failures(failed), _changes(config)
    )
    return Secrets(()).removed_from(text)


def _equal_failures(failed: Sequence[pytest.TestReport]) -> list[EqualFailures]:
    from conformance.report.alike import grouped
    from conformance.report.github_summary import EqualFailures
    from conformance.report.story import RERUN, STORY

    def told(same: Sequence[pytest.TestReport]) -> EqualFailures:
        first, sections = same[0], dict(same[0].sections)
        behaviour = str(dict(first.user_properties).get("behaviour", ""))
        why = next((text for title, text in first.sections if title.startswith(NEITHER)), reason_of(first))
        cases = [case_of(each) for each in same]
        return EqualFailures(behaviour, why, cases, sections.get(RERUN, ""), sections.get(STORY, ""))

    return [told(same) for same in grouped(failed, lambda each: (each.when, each.alike))]


def _changes(config: pytest.Config) -> RunChanges | None:
    """Compare with the last kept run about the same target; none where there is none, or no evidence of this one."""
    folder = config.stash.get(EVIDENCE_FOLDER, None)
    if folder is None or not has_evidence(folder):
        return None
    from conformance.evidence.evidence_folder import EvidenceError, previous_run, read_evidence
    from conformance.report.changes import verdict_changes
    from conformance.report.github_summary import RunChanges

    try:
        this = read_evidence(folder)
    except EvidenceError:  # what it was told of could not be written, which was said
        return None
    before = previous_run(this)
    if before is None:
        return None
    began = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(before.run.began))
    return RunChanges(began, verdict_changes(before, this))
