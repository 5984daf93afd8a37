"""Searching for a difference between the rules and an oracle, with Hypothesis."""

import time
from collections import Counter
from dataclasses import dataclass, field
from unittest import SkipTest

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky

from conformance.evidence.comparison import pull_differences
from conformance.oracle.coverage import features_of
from conformance.oracle.generator import scenarios
from conformance.oracle.oracle import Oracle, OracleError, ScenarioPrediction
from conformance.scenario.scenario import Scenario

SHRINKING = 60.0
"""Seconds that a difference is made smaller."""

AGAIN = 4
"""How many scenarios are drawn, at most, for one that is tried: Hypothesis repeats itself."""


@dataclass
class SearchResult:
    """What a search came to: how many scenarios it tried, what they exercised, and the smallest that differs, if any.

    ``seconds`` is how long it took, ``lines`` describe the difference.
    """

    examples: int = 0
    seconds: float = 0.0
    exercised: Counter[str] = field(default_factory=Counter)
    scenario: Scenario | None = None
    lines: tuple[str, ...] = ()


class DifferenceError(AssertionError):
    """The rules and the oracle differ on a scenario."""


class DifferenceSearch:
    """A search for a scenario on which one oracle differs from the rules; to be run once."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.found = SearchResult()
        self._tried: set[bytes] = set()
        self._enough = 0
        self._until = float("inf")
        self._failure: OracleError | None = None

    def run(self, examples: int, number: int) -> SearchResult:
        """Try so many scenarios, or fewer if there is a difference, which is made small; ``number`` is the seed.

        Raises ``OracleError``.
        """
        begin = time.monotonic()
        self._enough = examples
        agrees = settings(
            max_examples=examples * AGAIN,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )(given(scenarios())(self._agrees))
        try:
            seed(number)(agrees)()
        except (DifferenceError, SkipTest):
            pass
        except Flaky:
            if self._failure:
                raise self._failure from None
            self.found.lines += ("(seen, but not every time)",)
        self.found.seconds = time.monotonic() - begin
        return self.found

    @property
    def is_done(self) -> bool:
        """Whether as many scenarios have been tried as were wanted."""
        return self.found.examples == self._enough

    def _agrees(self, drawn: Scenario) -> None:
        """Try what was drawn, unless it has been tried, or there is no time to make a difference smaller."""
        if self._failure is not None:
            raise self._failure
        scenario = self.oracle.adapted(drawn)
        if self.found.scenario is None:
            if self.is_done:
                raise SkipTest("enough")  # Hypothesis ends at once
            written = msgspec.json.encode(scenario)
            if written in self._tried:
                return
            self._tried.add(written)
        elif time.monotonic() > self._until and scenario != self.found.scenario:
            return
        try:
            lines = self.once(scenario)
        except OracleError as failure:
            self._failure = failure
            raise
        if lines:
            if self.found.scenario is None:
                self._until = time.monotonic() + SHRINKING
            self.found.scenario, self.found.lines = scenario, tuple(lines)
            raise DifferenceError

    def once(self, scenario: Scenario) -> list[str]:
        """Try one scenario, if the oracle takes it, and give the differences; raises ``OracleError``."""
        self.oracle.arrange(scenario)
        predicted = self.oracle.predict(scenario)
        if not self.oracle.supports(predicted):
            return []
        if self.found.scenario is None:
            self.found.examples += 1
            self.found.exercised.update(set(features_of(scenario, predicted)))
        return self.judged(scenario, predicted)

    def judged(self, scenario: Scenario, predicted: ScenarioPrediction) -> list[str]:
        """Ask the oracle, and give how it differs from what is predicted."""
        return pull_differences(self.oracle.rules.pull_result(predicted), self.oracle.ask(scenario), self.oracle.title)
