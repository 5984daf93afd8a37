"""One scenario on one runtime, from its name to what was seen, as values that stay when the runtime is gone."""

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.model.release import Release
from conformance.registry_hosts.origin import OfferRefusedError
from conformance.replay.judgement import Judgement, ScenarioVerdict, judge
from conformance.replay.observation import CallResult
from conformance.replay.player import play
from conformance.report.story import exchanges, log, story
from conformance.runtime.runtime import CapabilityError, Runtime, RuntimeFailedError
from conformance.scenario.arrangement import configuration_of
from conformance.scenario.scenario import Scenario
from conformance.targets.target import Target


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What was seen of a scenario on ``target``.

    ``properties`` are what was tested, ``results`` the calls that were made, ``story``, ``exchanges`` and ``log`` what
    was recorded, as texts, ``differences`` where the model had predicted otherwise.
    """

    target: str
    release: Release
    properties: Mapping[str, str]
    judgement: Judgement
    results: tuple[CallResult, ...] = ()
    story: str = ""
    exchanges: str = ""
    log: str = ""
    differences: tuple[str, ...] = ()


def replay(scenario: Scenario, target: Target) -> Replay:
    """Start a runtime with the scenario's configuration, play it, and end it.

    One that does not start has not done what is expected. Raises ``NodeError`` where no world can be made.
    """
    about = {"target": target.title, "release": target.release, "properties": target.properties}
    try:
        with target.start(configuration_of(scenario)) as runtime:
            return replay_on(scenario, runtime, about)
    except RuntimeFailedError as error:
        return Replay(**about, judgement=Judgement(ScenarioVerdict.FAILED, (str(error),)))  # type: ignore[arg-type]
    finally:
        target.close()


def replay_on(scenario: Scenario, runtime: Runtime, about: Mapping[str, object]) -> Replay:
    """Play a scenario on a runtime that runs; ``about`` says what it is."""
    mark = runtime.evidence.cursor()
    results: list[CallResult] = []
    try:
        results += play(scenario, runtime)
        judgement = judge(results, runtime.release, runtime.program)
    except (CapabilityError, OfferRefusedError) as error:
        judgement = Judgement(ScenarioVerdict.SKIPPED, (str(error),))
    evidence, shown = runtime.evidence.since(mark), runtime.evidence.without_secrets
    return Replay(
        **about,  # type: ignore[arg-type]
        judgement=judgement,
        results=tuple(results),
        story=shown(story(evidence)),
        exchanges=shown(exchanges(evidence)),
        log=shown(log(evidence.lines)),
        differences=evidence.differences,
    )
