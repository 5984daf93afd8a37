"""Failures at the end of a run: each with the behaviour that it is about, and equal ones once, with their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin.collection import case_of

if TYPE_CHECKING:
    from collections.abc import Generator

FAILED = ("failed", "error")
"""Under which words pytest keeps the reports of what failed."""
ALL_FAILED: pytest.StashKey[dict[str, list[Any]]] = pytest.StashKey()


@dataclass(frozen=True)
class ToldFailure:
    """What pytest says of a failure, below the behaviour that it is about, and above how many others are alike."""

    behaviour: str
    said: Any
    alike: str

    def toterminal(self, writer: Any) -> None:
        """Write it, as pytest's own failures do."""
        if self.behaviour:
            writer.line(self.behaviour, bold=True)
        if hasattr(self.said, "toterminal"):
            self.said.toterminal(writer)
        else:
            writer.line(str(self.said))
        if self.alike:
            writer.line(self.alike, bold=True)

    @property
    def reprcrash(self) -> Any:
        """Where it failed, and what was said there, for the line that pytest writes of each."""
        return getattr(self.said, "reprcrash", None) or _Crash(str(self.said).partition("\n")[0])

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.behaviour, str(self.said), self.alike)))


@dataclass(frozen=True)
class _Crash:
    """The first line of a failure that has no place in the code."""

    message: str

    def __str__(self) -> str:
        return self.message


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Generator[None]:
    """Let pytest show of failures that are alike the first, in which the others are named."""
    stats = terminalreporter.stats
    if any(_is_of_case(report) for kind in FAILED for report in stats.get(kind, ())):
        config.stash[ALL_FAILED] = {kind: stats[kind] for kind in FAILED if kind in stats}
        stats.update({kind: _told_once(reports) for kind, reports in config.stash[ALL_FAILED].items()})
    try:
        yield
    finally:
        show_all_failures(terminalreporter, config)


def show_all_failures(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Give pytest back the failures that were not shown, once it has shown the others: they count."""
    hidden: dict[str, list[Any]] | None = config.stash.get(ALL_FAILED, None)
    if hidden is not None:
        terminalreporter.stats.update(hidden)


def _is_of_case(report: Any) -> bool:
    """Tell whether a report is about one of our cases."""
    return hasattr(report, "alike")


def _told_once(reports: list[Any]) -> list[Any]:
    """Give the reports that are shown, each with its behaviour and the names of others that are alike."""
    from conformance.report.alike import grouped, others_alike

    shown = []
    for first, *others in grouped(reports, lambda each: (each.when, each.alike) if _is_of_case(each) else id(each)):
        if _is_of_case(first):
            behaviour = dict(first.user_properties).get("behaviour", "")
            alike = others_alike(case_of(first), [case_of(each) for each in others])
            first.longrepr = ToldFailure(behaviour, first.longrepr, alike)
        shown.append(first)
    return shown
