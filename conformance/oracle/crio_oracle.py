"""A live CRI-O as an oracle: one for each short-name mode, which reads registries.conf anew for every scenario."""

import signal
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from conformance.evidence.comparison import PullResult, recorded_requests
from conformance.evidence.log import REGISTRIES_APPLIED, RELOADED
from conformance.model.profile import profile
from conformance.oracle.oracle import Oracle, OracleError, OracleRules, ScenarioPrediction
from conformance.oracle.rules import OraclePuller
from conformance.releases.installation import Installation
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, start_in_world
from conformance.runtime.runtime import RuntimeFailedError
from conformance.scenario.arrangement import login_of
from conformance.scenario.scenario import USER, CrioKeys, Scenario


class CrioOracle(Oracle):
    """A CRI-O of any release. It keeps its old configuration where the new one is wrong, so none that is wrong is."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._stack = ExitStack()
        self._running: dict[str, Crio] = {}
        self._reloading: dict[str, int] = {}
        self.title = f"CRI-O {installation.release}"
        self.rules = OracleRules(
            profile=profile(installation.release),
            puller=OraclePuller,
            image=lambda outcome: outcome.image_ref if outcome.image else "",
            looks_into_store=True,
        )

    def adapted(self, scenario: Scenario) -> Scenario:
        """Write to ``/etc`` what is the user's own; releases without a short-name mode do not see any."""
        own = [file for file in scenario.files if file.path.startswith(USER)]
        moved = tuple(replace(file, path=f"/etc/{file.path.removeprefix('~/.config/')}") for file in own)
        crio = scenario.crio if self.rules.profile.has_short_name_mode else CrioKeys(short_name_mode="disabled")
        return replace(scenario, files=moved or scenario.files, crio=crio)

    def supports(self, predicted: ScenarioPrediction) -> bool:
        """Leave out what it would not start with."""
        return predicted.puller is not None

    @property
    def home_outside(self) -> Path:
        """Where its home lies: under the same path on both sides."""
        return self.home

    def arrange(self, scenario: Scenario) -> None:
        """Choose the CRI-O with the scenario's mode, started if need be, and clear up after the last scenario."""
        mode = scenario.crio.short_name_mode
        if mode not in self._running:
            configuration = Configuration(search_registries=(), short_name_mode=mode)
            crio = self._stack.enter_context(start_in_world(self._installation, configuration))
            crio.model_monitor = None
            self._running[mode] = crio
        crio = self._running[mode]
        crio.reset()
        self.internet, self.root, self.home = crio.internet, crio.node.folder, crio.node.folder / "home"
        super().arrange(scenario)

    def ask(self, scenario: Scenario) -> PullResult:
        """Have CRI-O read registries.conf anew (SIGHUP), and pull; raises ``OracleError`` where it does not reload."""
        mode = scenario.crio.short_name_mode
        crio = self._running[mode]
        try:
            self._reload(mode, crio)
        except RuntimeFailedError as error:
            raise OracleError(str(error)) from None
        mark = crio.internet.recorder.position()
        login = scenario.pull.login
        pull = crio.pull(scenario.requested_name, login_of(login) if login else None)
        asked = recorded_requests(crio.internet.recorder.since(mark))
        stored = pull.image.listed if pull.image else None
        return PullResult(asked, pull.image_ref, pull.error.message if pull.error else "", stored)

    def _reload(self, mode: str, crio: Crio) -> None:
        """Let it read its configuration anew (SIGHUP), once it has done with the last time."""
        if mode in self._reloading:
            crio.await_line(self._reloading[mode], RELOADED)
        self._reloading[mode] = crio.log.position()
        crio.process.signal(signal.SIGHUP)
        crio.await_line(self._reloading[mode], REGISTRIES_APPLIED)
