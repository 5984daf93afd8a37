"""The verdict of a case: the contract, the known departure, or anything else; and its evidence in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.plugin.collection import case_of
from conformance.plugin.fixtures import BROKEN, CURSOR
from conformance.plugin.lifecycle import EVIDENCE_FOLDER, RUN, needs_runtime, run_of
from conformance.plugin.rerun import rerun_command

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from pathlib import Path

    from conformance.deviations import Deviation
    from conformance.evidence import Evidence
    from conformance.evidence.case_records import CaseRecord
    from conformance.evidence.recording import CaseTold
    from conformance.evidence.secrets import Secrets

RECORD: pytest.StashKey[CaseRecord] = pytest.StashKey()
"""Where a case keeps its record, which has no verdict yet."""

SECRETS: pytest.StashKey[Secrets] = pytest.StashKey()
"""What must not be shown of a case."""

NEITHER = "neither the contract nor "
"""How the heading begins below which stands what differs from both."""

LAST_LINES = 12
"""How many lines of its log are shown of a runtime that ended."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Skip a case whose fixtures ask for what its runtime lacks."""
    yield from _skipping(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Skip a case that asks for what its runtime lacks."""
    yield from _skipping(item)


def _skipping(item: pytest.Item) -> Generator[None]:
    """Skip a case when it asks for a capability that its runtime lacks, or offers what the registry does not take."""
    if not needs_runtime(item):
        yield
        return
    from conformance.evidence.log import LogNotReadError
    from conformance.registry_hosts.origin import OfferRefusedError
    from conformance.runtime.runtime import CapabilityError

    try:
        yield
    except (CapabilityError, LogNotReadError, OfferRefusedError) as error:
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a case that deviates, and put its evidence into the report."""
    report = yield
    if not needs_runtime(item):
        return report
    of_case = item.stash.get(RECORD, None) or told(item)
    report.user_properties += [("family", of_case.family), ("behaviour", of_case.behaviour)]
    report.user_properties += _links("upstream", of_case.upstream)
    captured, report.sections = report.sections, []  # what pytest captured comes last
    if CURSOR in item.stash and isinstance(item, pytest.Function):
        _judge_by_evidence(report, call, item)
    elif report.when == "call" and (record := getattr(item, "record", None)) is not None:
        _contradict(report, record.differences, item.config.stash[RUN].model)
    if report.failed:
        _tell_failure(report, item)
    report.sections += captured
    return report


def _judge_by_evidence(report: pytest.TestReport, call: pytest.CallInfo[None], item: pytest.Function) -> None:
    """Judge a case by what was recorded since it began, and keep that."""
    from conformance import deviations

    runtime, cursor = item.stash[CURSOR]
    evidence = runtime.evidence.since(cursor)
    if report.when == "call":
        case, of = case_of(item), (runtime.release, runtime.program, runtime.oci_runtime)
        known = deviations.covering(item.config.stash[RUN].deviations, case, *of)
        if known is not None:
            _judge(report, call, known, item)
        if runtime.has_ended(evidence):
            _fail(report, f"{runtime.program} ended during the case", runtime.evidence.log.tail(LAST_LINES))
    if report.when == "call" or (report.when == "setup" and report.failed):
        _contradict(report, evidence.differences, item.config.stash[RUN].model)
        _keep(report, item, evidence)
    if report.failed:
        item.stash[BROKEN] = "live" in runtime.capabilities


def _keep(report: pytest.TestReport, item: pytest.Function, evidence: Evidence) -> None:
    """Keep the record of a case, and put its story into the report."""
    config = item.config
    is_wanted = config.stash.get(EVIDENCE_FOLDER, None) is not None or config.getoption("stories") != "none"
    if not (is_wanted or report.failed):
        return
    from conformance.evidence.recording import record_case
    from conformance.report.story import story

    runtime, cursor = item.stash[CURSOR]
    item.stash[SECRETS] = secrets = runtime.secrets
    item.stash[RECORD] = record = record_case(
        told(item, report), evidence, cursor.at, runtime.configuration.written_files, secrets
    )
    report.user_properties.append(("story", story(record)))
    if hasattr(report, "wasxfail"):
        report.user_properties += _links("deviation", record.upstream[-1:])


def _tell_failure(report: pytest.TestReport, item: pytest.Item) -> None:
    """Put into the report what a failed case saw, how it is run alone, and by what others that fail alike are known."""
    from conformance.report.alike import failure_key
    from conformance.report.story import RERUN, sections
    from conformance.report.wording import asked_images

    record: CaseRecord | None = item.stash.get(RECORD, None) or getattr(item, "record", None)
    details = [text for _, text in report.sections]
    vars(report)["alike"] = failure_key(report.longrepr, details, asked_images(record) if record else ())
    if item.config.getoption("tbstyle") == "no":
        return
    if record is None or report.when == "teardown":
        report.sections.append((RERUN, rerun_command(item)))
    else:
        report.sections += sections(record, run_of(item.config).target.program, rerun_command(item))


def _links(name: str, issues: Iterable[str]) -> list[tuple[str, str]]:
    """Give a property with the addresses of issues; none where there is none."""
    from conformance.report.issue_links import issue_url

    links = " ".join(filter(None, map(issue_url, issues)))
    return [(name, links)] if links else []


def told(item: pytest.Item, report: pytest.TestReport | None = None) -> CaseTold:
    """Say what a case is; that it deviates, and by which issue, is what its report says."""
    from conformance.evidence.recording import CaseTold

    issues = [str(issue) for mark in item.iter_markers("upstream") for issue in mark.args]
    issues += getattr(item, "upstream", ())
    if report is not None and hasattr(report, "wasxfail"):
        issue = report.wasxfail.partition(": ")[0]
        issues = [*(each for each in issues if each != issue), issue]
    sentence = getattr(item, "behaviour", "") or getattr(getattr(item, "obj", None), "__doc__", "") or ""
    family = getattr(item, "family", "") or family_of(item.path)
    return CaseTold(item.nodeid, family, sentence.partition("\n")[0], tuple(dict.fromkeys(issues)))


def _judge(report: pytest.TestReport, call: pytest.CallInfo[None], known: Deviation, item: pytest.Function) -> None:
    """Tell three things apart: the known departure, a release that has been mended, and anything else."""
    if report.passed:
        report.outcome = "failed"
        report.longrepr = (
            f"the contract holds, although {known.upstream} says that {known.releases} departs from it:"
            " narrow the range of that deviation"
        )
    elif call.excinfo is not None and _is_own_statement(call.excinfo, item):
        if differences := known.differences(item.funcargs):
            report.sections.append((f"{NEITHER}{known.upstream}", "\n".join(differences)))
        else:
            report.outcome = "skipped"
            report.wasxfail = known.reason


def _is_own_statement(failure: pytest.ExceptionInfo[BaseException], item: pytest.Function) -> bool:
    """Tell whether what failed is a statement of the case itself, and not one of a helper on the way to it."""
    return failure.errisinstance(AssertionError) and failure.traceback[-1].frame.code.raw is item.function.__code__


def _contradict(report: pytest.TestReport, differences: Sequence[str], mode: str) -> None:
    """Let a case in which model and runtime differ fail, whatever it states itself, or keep that for the end."""
    if differences and mode == "strict":
        _fail(report, "the model and CRI-O differ", "\n".join(differences))
    elif differences and mode == "report":
        report.user_properties.append(("differences", list(differences)))


def _fail(report: pytest.TestReport, why: str, details: str) -> None:
    """Fail a case for what it does not state itself; a failure of its own keeps its words."""
    if not report.failed:
        report.outcome = "failed"
        report.longrepr = why
        vars(report).pop("wasxfail", None)
    report.sections.append((why, details))


def family_of(path: Path) -> str:
    """Give the family of behaviour that the cases of a file belong to: its name."""
    return path.stem.removeprefix("test_").replace("_", " ")
