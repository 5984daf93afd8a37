"""Scenario files as cases: every ``*.scenario.toml`` that pytest meets is one, with the verdict of its expectations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin.lifecycle import run_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.evidence.case_records import CaseRecord
    from conformance.replay.replay import Replay
    from conformance.scenario.scenario import Scenario
    from conformance.targets.run import Run

SUFFIX = ".scenario.toml"
FAMILY = "scenarios"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files, in any folder."""
    if not file_path.name.endswith(SUFFIX):
        return None
    collector: pytest.Collector = ScenarioCollector.from_parent(parent, path=file_path)
    return collector


class ScenarioCollector(pytest.File):
    """A scenario file, which is one case."""

    def collect(self) -> Iterator[pytest.Item]:
        """Read the file; one that is wrong is told in one sentence."""
        from conformance.scenario.scenario_reader import ScenarioError, read_scenario

        try:
            scenario = read_scenario(self.path)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        yield ScenarioItem.from_parent(self, name=self.path.name.removesuffix(SUFFIX), scenario=scenario)


class ScenarioFailedError(Exception):
    """A scenario was not as it says: what was otherwise."""


class ScenarioItem(pytest.Item):
    """A scenario as a case."""

    family = FAMILY
    fixturenames = ("runtime",)  # it needs one, as the cases do that name this fixture

    def __init__(self, *, scenario: Scenario, **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self.extra_keyword_matches.update(scenario.upstream)
        self.behaviour = scenario.title
        self.upstream = scenario.upstream
        self.record: CaseRecord | None = None

    def runtest(self) -> None:
        """Play it on a runtime of this run with its configuration, and judge."""
        from conformance.replay.judgement import ScenarioVerdict
        from conformance.report.issue_links import issue_url

        run = run_of(self.config)
        if run.target.marker:
            pytest.skip(run.target.unmarked_reason)
        replay = self._replay(run)
        self.record = replay.record
        why = "; ".join(replay.judgement.lines)
        if replay.judgement.verdict is ScenarioVerdict.SKIPPED:
            pytest.skip(why)
        self.user_properties.append(("story", replay.story))
        if replay.judgement.verdict is ScenarioVerdict.FAILED:
            raise ScenarioFailedError("\n".join(replay.judgement.lines))
        if replay.judgement.verdict is ScenarioVerdict.DEVIATES:
            tracked = issue_url(replay.judgement.lines[0].partition(": ")[0])
            self.user_properties += [("deviation", tracked)] if tracked else []
            pytest.xfail(why)

    def _replay(self, run: Run) -> Replay:
        """Play it on a runtime of the pool, which is not given to others after it failed."""
        from conformance.replay.replay import not_started, replay_on
        from conformance.runtime.runtime import CapabilityError, RuntimeFailedError
        from conformance.scenario.arrangement import configuration_of

        try:
            runtime = run.pool.get(configuration_of(self.scenario))
        except CapabilityError as error:
            pytest.skip(str(error))
        except RuntimeFailedError as error:
            return not_started(run.target, error)
        as_wanted = False
        try:
            replay = replay_on(self.scenario, runtime, run.target)
            runtime.reset()
            as_wanted = replay.judgement.as_expected
        finally:
            runtime.dirty = runtime.dirty or not as_wanted
        return replay

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell what was otherwise; of anything else, where it happened."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where it is, and what it is about."""
        return self.path, 0, self.scenario.title or self.name
