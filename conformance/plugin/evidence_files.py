"""The evidence of a run: each worker writes what its cases saw to the run's folder, which is one when the run ends."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin.lifecycle import EVIDENCE_FOLDER, is_about_crio, needs_runtime, run_of
from conformance.plugin.redaction import hide_secrets, secrets_of, shown_reason, usual_secrets
from conformance.plugin.verdicts import RECORD, family_of, told
from conformance.run_folders import new_run_folder

if TYPE_CHECKING:
    from collections.abc import Generator

    from conformance.evidence.case_records import CaseRecord, RunRecord
    from conformance.evidence.evidence_folder import EvidenceWriter

NO_EVIDENCE = "none"
BEGAN: pytest.StashKey[float] = pytest.StashKey()
WRITER: pytest.StashKey[EvidenceWriter | None] = pytest.StashKey()
PHASES: pytest.StashKey[Phases] = pytest.StashKey()
FOLDER_OF_THE_RUN = "conformance_evidence"

GRAVITY = ("passed", "skipped", "deviates", "failed")
"""A case that also fails while it is cleared up has failed: the gravest counts."""


@dataclass
class Phases:
    """How the phases of a case ended: setup, the case itself, and clearing up; times are in seconds since 1970."""

    verdict: str = "passed"
    reason: str = ""
    failures: list[str] = field(default_factory=list)
    began: float = 0.0
    duration: float = 0.0

    def add(self, report: pytest.TestReport) -> None:
        """Take note of how one ended."""
        self.began = self.began or report.start
        self.duration += report.duration
        verdict = _verdict(report)
        if GRAVITY.index(verdict) > GRAVITY.index(self.verdict):
            self.verdict, self.reason = verdict, reason_of(report)
        if verdict == "failed":
            self.failures += [report.longreprtext, *(f"{title}\n{text}" for title, text in report.sections)]


def _verdict(report: pytest.TestReport) -> str:
    return report.outcome if report.outcome != "skipped" or not hasattr(report, "wasxfail") else "deviates"


def reason_of(report: pytest.TestReport) -> str:
    """Give why a case deviates or was skipped, or the first line of how it failed."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(getattr(crash, "message", None) or report.longrepr or "").partition("\n")[0]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Know where the evidence goes; nothing is made there before there is some."""
    if hasattr(config, "workerinput"):
        folder, config.stash[BEGAN] = config.workerinput[FOLDER_OF_THE_RUN]
        config.stash[EVIDENCE_FOLDER] = Path(folder) if folder else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Choose the run's folder, once it is known what the run is about; one that was named must take evidence."""
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    config.stash[EVIDENCE_FOLDER], config.stash[BEGAN] = _chosen_folder(config), time.time()


def _chosen_folder(config: pytest.Config) -> Path | None:
    """Give the folder for a run's evidence, none where there is to be none."""
    named = config.getoption("evidence")
    if named == NO_EVIDENCE:
        return None
    if named == "":
        msg = "--evidence is empty, as an unset variable is: name a folder, or none, or leave it out"
        raise pytest.UsageError(msg)
    if named is None:
        return new_run_folder(run_of(config).target.title if is_about_crio(config) else "")
    from conformance.evidence.evidence_folder import EvidenceError, check_writable

    folder = Path(named).expanduser().absolute()
    try:
        check_writable(folder)
    except EvidenceError as error:
        raise pytest.UsageError(f"--evidence: {error}") from None
    return folder


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the evidence goes."""
    stash = node.config.stash
    node.workerinput[FOLDER_OF_THE_RUN] = str(stash.get(EVIDENCE_FOLDER, None) or ""), stash.get(BEGAN, time.time())


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look at what becomes of cases where some are ours: other people's tests pay nothing for it."""
    if any(map(needs_runtime, session.items)):
        session.config.pluginmanager.register(_CaseRecorder())


class _CaseRecorder:
    """Keeps how each phase of a case ended, and writes its record after the last one; no secret is shown."""

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Look at a report once it has been judged."""
        report = yield
        if needs_runtime(item):
            hide_secrets(report, item)
            phases = item.stash.setdefault(PHASES, Phases())
            phases.add(report)
            if report.when == "teardown":
                _write(item, phases)
        return report


def _write(item: pytest.Item, phases: Phases) -> None:
    """Write a case's record; where that fails, the run goes on without."""
    config = item.config
    writer = _writer(item.session)
    if writer is None:
        return
    import msgspec

    from conformance.evidence.evidence_folder import EvidenceError

    secrets = secrets_of(item)
    record = item.stash.get(RECORD, None) or _recorded(item)
    try:
        writer.write(
            msgspec.structs.replace(
                record,
                verdict=phases.verdict,
                reason=shown_reason(item, phases.reason),
                failure=secrets.removed_from("\n".join(phases.failures)),
                began=phases.began,
                duration=round(phases.duration, 6),
                worker=_worker(config),
            )
        )
    except EvidenceError as error:
        config.stash[WRITER] = None
        item.warn(pytest.PytestWarning(f"{error}; what cases saw from {item.nodeid} on is not kept"))


def _recorded(item: pytest.Item) -> CaseRecord:
    """Give the record that a case keeps itself, as a scenario does, or one in which nothing was seen."""
    import msgspec

    from conformance.evidence.case_records import CaseRecord

    of_case = told(item)._asdict()
    seen: CaseRecord | None = getattr(item, "record", None)
    return msgspec.structs.replace(seen, **of_case) if seen else CaseRecord(**of_case, verdict="")


def _writer(session: pytest.Session) -> EvidenceWriter | None:
    """Give the writer of this process, made for its first case; none where no evidence is kept."""
    config = session.config
    if WRITER not in config.stash:
        config.stash[WRITER] = None
        if (folder := config.stash.get(EVIDENCE_FOLDER, None)) is not None:
            from conformance.evidence.evidence_folder import EvidenceWriter

            run = _run_record(config, sum(map(needs_runtime, session.items)))
            config.stash[WRITER] = EvidenceWriter(folder, _worker(config), run)
    return config.stash[WRITER]


def _run_record(config: pytest.Config, cases: int) -> RunRecord:
    """Say what is run, and how many cases of ours there are."""
    from conformance.evidence.case_records import SCHEMA, RunRecord

    arguments = getattr(config, "workerinput", {}).get("mainargv", config.invocation_params.args)
    return RunRecord(
        schema=SCHEMA,
        properties=run_of(config).target.properties,
        arguments=tuple(usual_secrets().removed_from_value(list(map(str, arguments)))),
        began=config.stash[BEGAN],
        cases=cases,
    )


def _worker(config: pytest.Config) -> str:
    return str(getattr(config, "workerinput", {}).get("workerid", "main"))


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Keep that a worker died in a case, which it cannot do itself."""
    folder = sched.config.stash.get(EVIDENCE_FOLDER, None)
    if folder is None:
        return
    from conformance.evidence.case_records import CaseRecord
    from conformance.evidence.evidence_folder import EvidenceError, EvidenceWriter

    writer = EvidenceWriter(folder, "none", _run_record(sched.config, 0))
    why = str(report.longrepr)
    family = family_of(Path(crashitem.partition("::")[0]))
    record = CaseRecord(case=crashitem, family=family, verdict="failed", reason=why, failure=why, began=time.time())
    try:
        writer.write(record)
    except EvidenceError as error:
        sys.stderr.write(f"\nERROR: {error}; that a worker died in {crashitem} is not kept\n")
    writer.close()


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None]:
    """Put together what the workers wrote, and forget runs of long ago."""
    config = session.config
    yield
    if (writer := config.stash.get(WRITER, None)) is not None:
        writer.close()
    folder = config.stash.get(EVIDENCE_FOLDER, None)
    if hasattr(config, "workerinput") or folder is None or not has_evidence(folder):
        return
    from conformance.evidence.evidence_folder import forget_old_runs, merge

    try:
        merge(folder, int(session.exitstatus if session.exitstatus is not None else exitstatus))
        if config.getoption("evidence") is None:
            forget_old_runs(folder.parent)
    except OSError as error:
        sys.stderr.write(f"\nERROR: the evidence in {folder} is in parts, as it was written: {error.strerror}\n")


def has_evidence(folder: Path) -> bool:
    """Tell whether any case of ours left evidence there."""
    return (folder / "run.json").exists()
