"""One scenario on one runtime, from its name to what was seen, as values that stay when the runtime is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.evidence.case_records import CaseRecord
from conformance.evidence.recording import CaseTold, record_case
from conformance.model.release import Release
from conformance.registry_hosts.origin import OfferRefusedError
from conformance.replay.judgement import Judgement, ScenarioVerdict, judge
from conformance.replay.observation import CallResult
from conformance.replay.player import play
from conformance.report import story as telling
from conformance.runtime.runtime import CapabilityError, Runtime, RuntimeFailedError
from conformance.scenario.arrangement import configuration_of
from conformance.scenario.scenario import Scenario
from conformance.targets.target import Target


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What was seen of a scenario on ``target``.

    ``properties`` are what was tested, ``results`` the calls that were made, ``record`` is what was recorded, without
    secrets; ``story``, ``exchanges`` and ``log`` are that as texts, ``differences`` where the model had predicted
    otherwise, if it predicts at all (``is_modelled``).
    """

    target: str
    release: Release
    properties: Mapping[str, str]
    judgement: Judgement
    results: tuple[CallResult, ...] = ()
    record: CaseRecord | None = None
    is_modelled: bool = False

    @property
    def story(self) -> str:
        """The calls in order, who was asked and answered what, what the user saw."""
        return telling.story(self.record) if self.record else ""

    @property
    def exchanges(self) -> str:
        """Each request to a registry host, with its answer."""
        return telling.exchanges(self.record.exchanges) if self.record else ""

    @property
    def log(self) -> str:
        """The runtime's lines."""
        return telling.log(self.record.log) if self.record else ""

    @property
    def differences(self) -> tuple[str, ...]:
        """Where the model had predicted otherwise."""
        return self.record.differences if self.record else ()


def replay(scenario: Scenario, target: Target) -> Replay:
    """Start a runtime with the scenario's configuration, play it, and end it.

    One that does not start has not done what is expected. Raises ``NodeError`` where no world can be made.
    """
    try:
        with target.start(configuration_of(scenario)) as runtime:
            return replay_on(scenario, runtime, target)
    except RuntimeFailedError as error:
        return not_started(target, error)
    finally:
        target.close()


def not_started(target: Target, error: RuntimeFailedError) -> Replay:
    """Give what was seen where the runtime did not start."""
    return _replay(target, judgement=Judgement(ScenarioVerdict.FAILED, (str(error),)))


def replay_on(scenario: Scenario, runtime: Runtime, target: Target) -> Replay:
    """Play a scenario on a runtime that runs with its configuration and an empty store."""
    mark = runtime.evidence.cursor()
    results: list[CallResult] = []
    try:
        results += play(scenario, runtime)
        judgement = judge(results, runtime.release, runtime.program)
    except (CapabilityError, OfferRefusedError) as error:
        judgement = Judgement(ScenarioVerdict.SKIPPED, (str(error),))
    files = runtime.configuration.written_files
    told = CaseTold(case=scenario.title, family="")
    record = record_case(told, runtime.evidence.since(mark), mark.at, files, runtime.secrets)
    return _replay(
        target,
        judgement=judgement,
        results=tuple(results),
        record=record,
        is_modelled=runtime.model_monitor is not None,
    )


def _replay(target: Target, **seen: Any) -> Replay:
    return Replay(target=target.title, release=target.release, properties=target.properties, **seen)
