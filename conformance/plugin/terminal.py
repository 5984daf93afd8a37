"""The end of a run on the terminal: totals per family, deviations met, what was not run and why, and the stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin.collection import case_of
from conformance.plugin.failures import show_all_failures
from conformance.plugin.lifecycle import EVIDENCE_FOLDER, run_of
from conformance.plugin.options import TOLD_WHEN_FEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report.summary import Verdict


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell totals per family, deviations, what was skipped and why, and the stories; pytest has shown the failures."""
    show_all_failures(terminalreporter, config)
    ended = ended_cases(terminalreporter)
    if not ended:
        return
    from conformance.report.summary import count_differences, count_reasons, totals_table

    run = run_of(config)
    verdicts = [verdict for _, verdict in ended]
    _tell_stories(terminalreporter, ended, config)
    terminalreporter.section(f"conformance of {run.target.title}")
    for line in totals_table(verdicts):
        terminalreporter.write_line(line)
    for kind, heading in (("deviates", "Known deviations met:"), ("skipped", "Not run:")):
        if lines := list(count_reasons(verdicts, kind)):
            terminalreporter.write_line("")
            terminalreporter.write_line(heading)
            for line in lines:
                terminalreporter.write_line(line)
    differing: dict[str, Any] = {
        case_of(report): dict(report.user_properties).get("differences", ()) for report, _ in ended
    }
    if lines := list(count_differences(differing)):
        terminalreporter.write_line("\nThe model and the runtime differ, which is reported only (--model):")
        for line in lines:
            terminalreporter.write_line(line)
    folder = config.stash.get(EVIDENCE_FOLDER, None)
    if folder is not None and (folder / "run.json").exists():
        terminalreporter.write_line(f"\nWhat every case saw: {folder} (crio-conformance report)")


def ended_cases(terminalreporter: pytest.TerminalReporter) -> list[tuple[pytest.TestReport, Verdict]]:
    """Give, in the order of the run, the report that decides about each of our cases and the verdict in it.

    A case that also fails while it is cleared up has failed, so the graver kinds come later here.
    """
    verdicts = {"passed": "passed", "xfailed": "deviates", "skipped": "skipped", "failed": "failed", "error": "failed"}
    ended = {}
    for kind, verdict in verdicts.items():
        for report in terminalreporter.stats.get(kind, []):
            family = dict(getattr(report, "user_properties", ())).get("family")  # a failed collection has none
            if family is not None:
                ended[report.nodeid] = (report, _verdict(str(family), verdict, report))
    return sorted(ended.values(), key=lambda each: getattr(each[0], "start", 0.0))


def _verdict(family: str, verdict: str, report: pytest.TestReport) -> Verdict:
    """Give the verdict that the end of a run counts."""
    from conformance.report.summary import Verdict

    return Verdict(family, verdict, _reason(report))


def _reason(report: pytest.TestReport) -> str:
    """Give why a case deviates or was skipped."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


def _tell_stories(
    terminalreporter: pytest.TerminalReporter,
    ended: Sequence[tuple[pytest.TestReport, Verdict]],
    config: pytest.Config,
) -> None:
    """Tell the stories that were asked for, or those of few cases; each once."""
    wanted = config.getoption("stories")
    if wanted == "none" or (wanted == "auto" and len(ended) > TOLD_WHEN_FEW):
        return
    untold = [each for each in ended if not _is_told(each[0], config)]
    if untold:
        terminalreporter.section("stories")
    for report, verdict in untold:
        _tell(terminalreporter, report, verdict)


def _is_told(report: pytest.TestReport, config: pytest.Config) -> bool:
    """Tell whether a case's story stands above already, among what pytest shows of its failure."""
    from conformance.report.story import STORY

    return config.option.showcapture == "all" and any(title == STORY for title, _ in report.sections)


def _tell(terminalreporter: pytest.TerminalReporter, report: pytest.TestReport, verdict: Verdict) -> None:
    """Tell one case's story."""
    properties = dict(report.user_properties)
    if "story" in properties:
        terminalreporter.write_line(f"{case_of(report)}: {verdict.verdict}", bold=True)
        terminalreporter.write_line(f"  {properties['behaviour']}")
        for line in str(properties["story"]).splitlines():
            terminalreporter.write_line(f"  {line}")
