"""How the cases of one mutant run end, as pytest plugins see it."""

from collections.abc import Generator

import pytest

from conformance.mutation.reach import ReachRecorder
from conformance.plugin.verdicts import case_of


class OutcomeRecorder:
    """A pytest plugin that keeps how each case ended, and what it reached; one that deviates as it should has passed.

    What was reached while a runtime was started is said of every case, since cases share runtimes.
    """

    def __init__(self, outcomes: dict[str, str], recorder: ReachRecorder, reached: dict[str, list[str]]) -> None:
        self._outcomes = outcomes
        self._recorder = recorder
        self._reached = reached

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Keep what is reached meanwhile."""
        self._recorder.reached.clear()
        result = yield
        self._reached[case_of(item)] = sorted(self._recorder.reached)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a case ended; an error while it is set up or cleaned up is no statement of the case."""
        case = case_of(report)
        if report.when != "call" and report.failed:
            self._outcomes[case] = "failed" if self._outcomes.get(case) == "failed" else "erred"
        elif report.when == "call" or (report.when == "setup" and report.skipped):
            expected = hasattr(report, "wasxfail") and not report.failed
            self._outcomes[case] = "passed" if expected else report.outcome


class RedundantCaseSkipper:
    """A pytest plugin that leaves out the cases that killed another mutant, once this one has been killed."""

    def __init__(self, outcomes: dict[str, str], failed: frozenset[str]) -> None:
        self._outcomes = outcomes
        self._failed = failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Take the place of running it."""
        killed = "failed" in self._outcomes.values()
        return True if killed and case_of(item) in self._failed else None
