"""The verdict of a case: the contract, the known departure, or anything else; and its evidence in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.plugin.collection import case_of
from conformance.plugin.fixtures import BROKEN, CURSOR
from conformance.plugin.lifecycle import RUN, needs_runtime

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from conformance.deviations import Deviation

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
    if needs_runtime(item):
        report.user_properties.append(("family", _family(item)))
    if CURSOR not in item.stash or not isinstance(item, pytest.Function):
        return report
    from conformance import deviations
    from conformance.report import story as telling

    runtime, cursor = item.stash[CURSOR]
    evidence = runtime.evidence.since(cursor)
    if report.when == "call":
        case, of = case_of(item), (runtime.release, runtime.program, runtime.oci_runtime)
        known = deviations.covering(item.config.stash[RUN].deviations, case, *of)
        if known is not None:
            _judge(report, call, known, item)
        if runtime.has_ended(evidence):
            _fail(report, f"{runtime.program} ended during the case", runtime.evidence.log.tail(LAST_LINES))
        report.user_properties.append(("behaviour", (item.obj.__doc__ or "").partition("\n")[0]))
        report.user_properties.append(("story", runtime.evidence.without_secrets(telling.story(evidence))))
    if report.when == "call" or (report.when == "setup" and report.failed):
        _contradict(report, evidence.differences, item.config.stash[RUN].model)
    if report.failed:
        item.stash[BROKEN] = "live" in runtime.capabilities
        if report.when != "teardown" and item.config.getoption("tbstyle") != "no":
            for title, text in telling.sections(evidence, runtime.program):
                report.sections.append((title, runtime.evidence.without_secrets(text)))
    return report


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
            report.sections.append((f"neither the contract nor {known.upstream}", "\n".join(differences)))
        else:
            report.outcome = "skipped"
            report.wasxfail = f"{known.upstream}: {known.why}"


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


def _family(item: pytest.Item) -> str:
    """Give the family of behaviour that a case belongs to: its own word for it, or its file's name."""
    return getattr(item, "family", "") or item.path.stem.removeprefix("test_").replace("_", " ")
