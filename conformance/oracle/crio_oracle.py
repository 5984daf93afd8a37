"""A live CRI-O as an oracle: one for each short-name mode, which reads registries.conf anew for every scenario."""

import select
import signal
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from conformance.evidence.comparison import PullResult, recorded_requests
from conformance.evidence.log import REGISTRIES_APPLIED, RELOADED
from conformance.model.profile import profile
from conformance.oracle.arrangement import login_of
from conformance.oracle.oracle import Oracle, OracleError, OracleRules, ScenarioPrediction
from conformance.oracle.rules import OraclePuller
from conformance.releases.installation import Installation
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, start_in_world
from conformance.scenario.scenario import USER, Scenario

PATIENCE = 20.0
"""Seconds that reading the configuration anew may take."""

GLANCE = 2
"""Milliseconds between two looks at the log, during which the end of the process is waited for."""


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
        mode = scenario.mode if self.rules.profile.has_short_name_mode else "disabled"
        return replace(scenario, files=moved or scenario.files, mode=mode)

    def supports(self, predicted: ScenarioPrediction) -> bool:
        """Leave out what it would not start with."""
        return predicted.puller is not None

    @property
    def home_outside(self) -> Path:
        """Where its home lies: under the same path on both sides."""
        return self.home

    def arrange(self, scenario: Scenario) -> None:
        """Choose the CRI-O with the scenario's mode, started if need be, and clear up after the last scenario."""
        mode = scenario.mode
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
        crio = self._running[scenario.mode]
        self._reload(scenario.mode, crio)
        mark = crio.internet.recorder.position()
        pull = crio.pull(scenario.requested_name, login_of(scenario.login) if scenario.login else None)
        asked = recorded_requests(crio.internet.recorder.since(mark))
        stored = pull.image.listed if pull.image else None
        return PullResult(asked, pull.image_ref, pull.error.message if pull.error else "", stored)

    def _reload(self, mode: str, crio: Crio) -> None:
        """Let it read its configuration anew (SIGHUP), once it has done with the last time."""
        if mode in self._reloading:
            self._await(crio, self._reloading[mode], RELOADED)
        self._reloading[mode] = crio.log.position()
        crio.process.signal(signal.SIGHUP)
        self._await(crio, self._reloading[mode], REGISTRIES_APPLIED)

    def _await(self, crio: Crio, mark: int, beginning: str) -> None:
        """Wait for a line of its log; raises ``OracleError``."""
        poll = select.poll()
        poll.register(crio.process.pidfd, select.POLLIN)
        until = time.monotonic() + PATIENCE
        while not any(line.message.startswith(beginning) for line in crio.log.since(mark)):
            if poll.poll(GLANCE) or time.monotonic() > until:
                raise OracleError(f"{self.title} did not read its configuration anew: {crio.log.tail(1)}")
