"""What an oracle is: it is given a scenario and asked what came of it; and the rules by which that is predicted."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

from msgspec.structs import replace

from conformance.evidence.comparison import PullResult
from conformance.model.auth import AuthFile, credentials
from conformance.model.image_facts import ImageFacts
from conformance.model.image_service import ImageService
from conformance.model.image_store import ListedImage
from conformance.model.prediction import Prediction, answer_steps
from conformance.model.profile import Profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.puller import Outcome, Puller
from conformance.model.registries import InvalidRegistriesConfError, Registries
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.oracle.rules import OraclePuller
from conformance.registry_hosts import Internet
from conformance.registry_hosts.held_contents import HeldContents
from conformance.registry_hosts.host_answers import HostAnswers
from conformance.scenario.arrangement import arrange, auth_file, login_of, write_files
from conformance.scenario.scenario import CrioKeys, Scenario

HOME = Path("/etc/home")
"""The home of a program in a world, as it sees that: where the model sees it as well, below the folder of the world."""


class OracleError(Exception):
    """An oracle cannot be had, or did not come to an end: one sentence."""


class ScenarioPrediction(NamedTuple):
    """A prediction, and the rules as they were set for it: none where registries.conf cannot be used.

    ``stored`` is what the store will hold, none where there is nothing, or it is not looked at.
    """

    prediction: Prediction
    puller: Puller | None
    stored: ListedImage | None = None


@dataclass(frozen=True, kw_only=True)
class OracleRules:
    """How a program is predicted: its profile and puller, and how it names an image.

    ``load`` reads registries.conf, ``looks_into_store`` says whether the image that came is looked up.
    """

    profile: Profile
    puller: type[OraclePuller]
    image: Callable[[Outcome], str]
    load: Callable[[RegistriesConfPaths, Path, Profile], Registries] = load_registries
    looks_into_store: bool = False

    def predict(self, scenario: Scenario, root: Path, home: Path, internet: Internet) -> ScenarioPrediction:
        """Predict the pull of a scenario that is arranged, its files below ``root``."""
        try:
            paths = RegistriesConfPaths.found(None, None, home=home, root=root)
            registries = self.load(paths, root, self.profile)
        except InvalidRegistriesConfError as error:
            unreadable = self.puller(ModelSettings(profile=self.profile)).unreadable(
                scenario.requested_name, str(error)
            )
            return ScenarioPrediction(Prediction((), Outcome(error=unreadable)), None)
        logins = [AuthFile("auth.json", auth_file(scenario).encode())]
        settings = ModelSettings(
            profile=self.profile,
            registries=registries,
            short_name_mode=scenario.crio.short_name_mode,
            credentials=lambda host, repository: credentials(logins, host, repository),
        )
        answers, contents = HostAnswers(internet), HeldContents(internet)
        service = ImageService(settings, puller=self.puller, facts=partial(ImageFacts.read, contents=contents))
        login = scenario.pull.login
        steps = service.pull(scenario.requested_name, login_of(login) if login else None)
        prediction = answer_steps(steps, answers, answers.challenges)
        looks = self.looks_into_store and prediction.outcome.image
        stored = service.status(prediction.outcome.image_ref).image if looks else None
        return ScenarioPrediction(prediction, service.puller, stored)

    def pull_result(self, predicted: ScenarioPrediction) -> PullResult:
        """Put a prediction into the form in which the oracle's own result comes."""
        return PullResult.predicted(predicted.prediction, self.image(predicted.prediction.outcome), predicted.stored)


class Oracle(ABC):
    """A program with an internet around it, and the rules that predict it.

    ``root`` is the folder below which its ``/etc`` lies, ``home`` its home as it sees that.
    """

    title: str
    rules: OracleRules
    internet: Internet
    root: Path
    home: Path = HOME
    _stack: ExitStack

    def adapted(self, scenario: Scenario) -> Scenario:
        """Give the scenario without what this program cannot be configured with."""
        pull = replace(scenario.pull, login="")
        return replace(scenario, calls=(pull,), crio=CrioKeys(short_name_mode="disabled"))

    def supports(self, predicted: ScenarioPrediction) -> bool:
        """Tell whether the program is to be asked at all, by the prediction."""
        del predicted
        return True

    @property
    def home_outside(self) -> Path:
        """Its home as this process sees it, outside the world."""
        return self.root / self.home.relative_to("/")

    def arrange(self, scenario: Scenario) -> None:
        """Make a scenario real around the program."""
        arrange(self.internet, scenario)
        write_files(scenario, self.root / "etc", self.home_outside)

    def predict(self, scenario: Scenario, rules: OracleRules | None = None) -> ScenarioPrediction:
        """Predict what comes of a scenario that is arranged, by these rules or others."""
        return (rules or self.rules).predict(scenario, self.root, self.home, self.internet)

    @abstractmethod
    def ask(self, scenario: Scenario) -> PullResult:
        """Have the program pull what is arranged, and give what was seen; raises ``OracleError``."""

    def close(self) -> None:
        """End what it runs, and its world."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
