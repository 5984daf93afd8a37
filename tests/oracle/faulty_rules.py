"""Faults put into the rules that predict an oracle, and an oracle that needs no program: the sound rules themselves."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.evidence.comparison import PullResult, pull_differences
from conformance.model.answers import Login
from conformance.model.image_copy import PulledImage
from conformance.model.profile import Profile
from conformance.model.pull_sources import ModelSettings, PullError, Steps
from conformance.model.puller import Puller
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.registries import Registries, Registry
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.oracle.oracle import Oracle, OracleRules, ScenarioPrediction
from conformance.oracle.search import DifferenceSearch
from conformance.registry_hosts import Internet, loopback
from conformance.scenario.scenario import Scenario
from conformance.simulator.mutants import mirrors, names, registries_conf
from conformance.simulator.variant import RegistriesLoader


class Modelled(Oracle):
    """The sound rules in the place of a program."""

    title = "the sound model"

    def __init__(self, rules: OracleRules, adapted: Callable[[Oracle, Scenario], Scenario]) -> None:
        self.rules = rules
        self._adapted = adapted
        with ExitStack() as stack:
            self.root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.internet = stack.enter_context(Internet(loopback))
            self._stack = stack.pop_all()

    def adapted(self, scenario: Scenario) -> Scenario:
        return self._adapted(self, scenario)

    def ask(self, scenario: Scenario) -> PullResult:
        return self.rules.pull_result(self.predict(scenario))


class _Reading(Puller):
    """Has another configuration than the files say."""

    def __init__(self, settings: ModelSettings, *rest: Any) -> None:
        super().__init__(replace(settings, registries=self.read(settings.registries)), *rest)

    def read(self, registries: Registries) -> Registries:
        raise NotImplementedError


class AliasesIgnored(_Reading):
    def read(self, registries: Registries) -> Registries:
        return replace(registries, aliases={})


class InsecureIgnored(_Reading):
    def read(self, registries: Registries) -> Registries:
        entries = (
            replace(each, insecure=False, mirrors=tuple(replace(mirror, insecure=False) for mirror in each.mirrors))
            for each in registries.registries
        )
        return replace(registries, registries=tuple(entries))


class WildcardsMatchTheDomain(_Reading):
    """``*.example.com`` is taken for example.com, too."""

    def read(self, registries: Registries) -> Registries:
        wild = (each for each in registries.registries if each.prefix.startswith("*."))
        own = (replace(each, prefix=each.prefix[2:]) for each in wild)
        return replace(registries, registries=(*registries.registries, *own))


class CredentialsOfTheHost(Puller):
    """The auth file's entry for the host is used, whatever there is for the repository."""

    def login(self, reference: Reference, place: Reference, login: Login | None) -> Login | None:
        return super().login(reference, place._replace(path=""), login)


class StopsWhereNothingIsFound(Puller):
    """The search list ends at the first registry that does not know the image."""

    _ended: PullError | None = None

    def candidate(self, reference: Reference, login: Login | None) -> Steps[PulledImage | PullError]:
        if self._ended is not None:
            return self._ended
        got = yield from super().candidate(reference, login)
        if isinstance(got, PullError) and got.reason is Reason.NOT_FOUND:
            self._ended = got
        return got


class LastMirrorOnly(_Reading):
    def read(self, registries: Registries) -> Registries:
        return replace(registries, registries=tuple(map(self._only, registries.registries)))

    @staticmethod
    def _only(entry: Registry) -> Registry:
        return replace(entry, mirrors=entry.mirrors[-1:])


PULLERS: tuple[type[Puller], ...] = (
    AliasesIgnored,
    InsecureIgnored,
    WildcardsMatchTheDomain,
    CredentialsOfTheHost,
    StopsWhereNothingIsFound,
    LastMirrorOnly,
    names.SearchOrderReversed,
    names.ForgetsLibrary,
    mirrors.ShortestPrefixWins,
    mirrors.PrefixesMatchAnywhere,
    mirrors.AsksTheMirrorLast,
    mirrors.IgnoresBlocked,
    mirrors.BlocksByTheNameAsWritten,
    mirrors.IgnoresMirrorByDigestOnly,
    mirrors.IgnoresPullFromMirror,
    mirrors.IgnoresLocations,
    mirrors.IgnoresWildcards,
)
LOADERS: tuple[type[RegistriesLoader], ...] = (
    registries_conf.FirstEntryWins,
    registries_conf.FirstSearchListWins,
    registries_conf.FirstAliasWins,
)
SHORT_NAMES_ONLY = {
    "AliasesIgnored",
    "StopsWhereNothingIsFound",
    "SearchOrderReversed",
    "FirstSearchListWins",
    "FirstAliasWins",
}
"""Faults that a program which reads full names only cannot show."""


def faulty(rules: OracleRules) -> dict[str, OracleRules]:
    """Give rules with one fault each."""
    found = {each.__name__: replace(rules, puller=_mixed(each, rules.puller)) for each in PULLERS}
    return found | {each.__name__: replace(rules, load=_loading(each, rules)) for each in LOADERS}


def _mixed(fault: type[Puller], sound: type[Puller]) -> Any:
    """Put a fault before the rules of a program."""
    return type(fault.__name__, (fault, sound), {})


def _loading(
    fault: type[RegistriesLoader], rules: OracleRules
) -> Callable[[RegistriesConfPaths, Path, Profile], Registries]:
    """Put a fault before the program's own way of reading registries_conf."""

    class Sound(RegistriesLoader):
        def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
            return rules.load(paths, root, profile)

    loader: RegistriesLoader = type(fault.__name__, (fault, Sound), {})()
    return loader.load


class Hunt(DifferenceSearch):
    """Looks for every fault, on scenarios that the oracle is asked once each; ``first`` says after how many each shows.

    It ends when all are found. The sound rules must agree with the oracle.
    """

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(oracle)
        self.first: dict[str, int] = {}
        self.left = faulty(oracle.rules)

    @property
    def is_done(self) -> bool:
        return not self.left or super().is_done

    def judged(self, scenario: Scenario, predicted: ScenarioPrediction) -> list[str]:
        seen = self.oracle.ask(scenario)
        for name, rules in list(self.left.items()):
            if rules.pull_result(self.oracle.predict(scenario, rules)) != seen:
                self.first[name] = self.found.examples
                del self.left[name]
        return pull_differences(self.oracle.rules.pull_result(predicted), seen, self.oracle.title)
