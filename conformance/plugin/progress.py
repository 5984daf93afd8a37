"""While a run goes on: cases done of all, how they end, what is running, the time that is left.

Where the output is a terminal that is a live display at its bottom, else a line at every tenth of the run. Both take
the place of pytest's dots; what failed is told at once. A run that is not about CRI-O is left as it is.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from conformance.plugin.lifecycle import is_about_crio
from conformance.plugin.output import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Generator

    from conformance.report.live_display import LiveDisplay

DRAW_SECONDS = 0.05
"""How long the live display stands at least before it is drawn anew: drawing takes a millisecond."""

LINE_SECONDS = 1.0
"""How long a line stands alone at least, but for the last one."""

STEPS = 10
MOST_AT_ONCE = 10
"""How many failures are told at once, each in a line; all are told at the end."""

CI_VARIABLES = ("CI", "BUILD_NUMBER")
"""Variables by which pytest, too, knows that it runs in CI (_pytest.compat.running_on_ci)."""


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Tell of progress where a run is about CRI-O and pytest itself writes to the terminal."""
    config = session.config
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if OUTPUT in config.stash and is_about_crio(config) and _is_wanted(config, terminal):
        config.pluginmanager.register(_ProgressTeller(session, terminal))


def _is_wanted(config: pytest.Config, terminal: pytest.TerminalReporter | None) -> bool:
    """Tell whether there is somebody to tell, in a way that nobody else has taken."""
    is_pytest_s_own = type(terminal).__module__ == "_pytest.terminal"
    others = any(config.getoption(name, False) for name in ("collectonly", "usepdb", "trace", "setupshow"))
    return terminal is not None and is_pytest_s_own and terminal.verbosity >= -1 and not others


def _is_live(config: pytest.Config, terminal: pytest.TerminalReporter) -> bool:
    """Tell whether lines may be drawn anew: on a terminal with colours, to which nothing but pytest writes."""
    in_ci = any(os.environ.get(name) for name in CI_VARIABLES)
    is_free = config.getoption("capture", "no") != "no" and terminal.verbosity <= 0
    is_utf8 = str(config.stash[OUTPUT].encoding).lower().replace("-", "") == "utf8"
    return bool(terminal.isatty() and terminal.hasmarkup and not in_ci and is_free and is_utf8)


class _ProgressTeller:
    """Counts what pytest, or the workers of pytest-xdist, report, and tells it."""

    def __init__(self, session: pytest.Session, terminal: pytest.TerminalReporter) -> None:
        from conformance.report.run_progress import RunProgress

        self._session, self._terminal = session, terminal
        self._progress = RunProgress()
        self._display = self._live_display() if _is_live(session.config, terminal) else None
        self._last, self._step = time.monotonic(), 0
        self._lists_cases, self._goes_on = terminal.verbosity > 0, False
        if not self._lists_cases:
            terminal.showfspath = False

    def _live_display(self) -> LiveDisplay:
        from conformance.report.live_display import LiveDisplay

        return LiveDisplay(self._session.config.stash[OUTPUT])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Leave the terminal as it was, however the run ends."""
        self._goes_on = True
        try:
            return (yield)
        finally:
            self._goes_on = False
            if self._display is not None:
                self._display.erase()

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, tuple[str, str, object], tuple[str, str, object]]:
        """Let pytest write no dots."""
        category, letter, word = yield
        return (category, "", "") if self._goes_on and not self._lists_cases else (category, letter, word)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that a case begins, and show it: it may run for long."""
        self._progress.start(nodeid, now := time.monotonic())
        self._draw(now)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a part of a case ended; a failure is told at once."""
        if report.failed:
            self._tell_failure(report)
            self._progress.judge(report.nodeid, "failed")
        elif report.skipped:
            self._progress.judge(report.nodeid, "deviates" if hasattr(report, "wasxfail") else "skipped")
        if report.when not in {"setup", "call", "teardown"}:  # of a worker that died
            self.pytest_runtest_logfinish(report.nodeid)

    def _tell_failure(self, report: pytest.TestReport) -> None:
        told = len(self._progress.ended["failed"])
        if told < MOST_AT_ONCE and not self._lists_cases:
            self._terminal.write_line(f"FAILED {report.nodeid}", red=True)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note that a case is over; what is drawn changes when the next one begins, if one does."""
        progress, now = self._progress, time.monotonic()
        progress.finish(nodeid)
        if self._display is None:
            self._write(now)
        elif progress.running and progress.done + len(progress.running) >= progress.total:
            self._draw(now)

    def _draw(self, now: float) -> None:
        """Draw the display anew, unless it was just now."""
        self._count()
        if self._display is not None and (now - self._last >= DRAW_SECONDS or not self._progress.done):
            self._last = now
            self._display.draw(self._progress, now)

    def _count(self) -> None:
        self._progress.total = max(self._session.testscollected, self._progress.done)

    def _write(self, now: float) -> None:
        """Write a line, at each tenth of the run that is not reached at once."""
        self._count()
        progress = self._progress
        step = progress.done * STEPS // max(progress.total, 1)
        if step > self._step and (now - self._last >= LINE_SECONDS or step == STEPS):
            self._last, self._step = now, step
            self._terminal.write_line(f"conformance: {progress.line(now)}")
