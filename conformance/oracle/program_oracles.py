"""skopeo and Podman as oracles, each in a world of its own, a process for every pull."""

import hashlib
import json
import os
import shutil
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from conformance.evidence.comparison import PullResult, recorded_requests
from conformance.evidence.log import LogLine
from conformance.model.profile import PODMAN_4_3, PODMAN_5_4, SKOPEO_1_9, SKOPEO_1_18
from conformance.model.puller import Outcome
from conformance.node import World
from conformance.oracle.oracle import HOME, Oracle, OracleError, OracleRules, ScenarioPrediction
from conformance.oracle.rules import Podman5Puller, PodmanPuller, SkopeoPuller
from conformance.registry_hosts import Internet
from conformance.runtime.node_files import write_node_files
from conformance.scenario.scenario import Scenario

PATIENCE = 60.0
"""Seconds that one pull may take."""

STORE, STORE_STATE = "/var/lib/store", "/run/store"
"""Where Podman's store lies, in the world's own folders."""

_FOLDERS = os.pathsep.join((os.defpath, "/usr/sbin", "/sbin"))


class ProgramOracle(Oracle):
    """A program that is started for every pull; ``lines`` has the rules of each release line that the model knows."""

    program: str
    lines: Mapping[str, OracleRules]

    def __init__(self, path: str, line: str) -> None:
        self.path = path
        self.rules = self.lines[line]
        with ExitStack() as stack:
            self._world = stack.enter_context(World(visible=[Path(path).resolve().parent]))
            self.internet = stack.enter_context(Internet(self._world.bind))
            self.root = self._world.folder
            self._env = write_node_files(self._world, self.internet) | {"HOME": str(HOME), "PATH": _FOLDERS}
            accept = json.dumps({"default": [{"type": "insecureAcceptAnything"}]})
            (self._world.etc / "containers" / "policy.json").write_text(accept)
            self._stack = stack.pop_all()

    def ask(self, scenario: Scenario) -> PullResult:
        """Start it, wait until it has ended, and read what it printed and what was recorded."""
        mark = self.internet.recorder.position()
        process = self._world.spawn(self.command(scenario.requested_name), self._env, "printed")
        try:
            if not process.wait(PATIENCE):
                raise OracleError(f"{self.title} did not end within {PATIENCE:.0f} s on {scenario.requested_name}")
            status = process.status()
        finally:
            process.close()
        printed = process.log.read_text(errors="replace")
        process.log.unlink()
        asked = recorded_requests(self.internet.recorder.since(mark))
        if status == 0:
            return PullResult(asked, image=self.image(printed))
        return PullResult(asked, error=self.error(printed))

    @abstractmethod
    def command(self, name: str) -> Sequence[str]:
        """Give the command line that pulls an image; what it ends with tells success from failure."""

    @abstractmethod
    def image(self, printed: str) -> str:
        """Give the image that came, in the form in which ``rules.image`` predicts it."""

    @abstractmethod
    def error(self, printed: str) -> str:
        """Give the error among what was printed."""


def _manifest_of(outcome: Outcome) -> str:
    return outcome.image.manifest.digest if outcome.image else ""


def _id_of(outcome: Outcome) -> str:
    return outcome.image.id if outcome.image else ""


class SkopeoOracle(ProgramOracle):
    """``skopeo copy`` into a folder: full names only, one pull source after the other, no store."""

    program = "skopeo"
    title = "skopeo"
    lines: Mapping[str, OracleRules] = {
        each.since: OracleRules(profile=each, puller=SkopeoPuller, image=_manifest_of)
        for each in (SKOPEO_1_9, SKOPEO_1_18)
    }

    @property
    def _folder(self) -> Path:
        return self.root / "copied"

    def command(self, name: str) -> Sequence[str]:
        """Give a ``skopeo copy`` into an empty folder; of an index, it copies this machine's image alone."""
        shutil.rmtree(self._folder, ignore_errors=True)
        return [self.path, "copy", "--quiet", f"docker://{name}", f"dir:{self._folder}"]

    def image(self, printed: str) -> str:
        """Give the digest of the manifest that was copied."""
        del printed
        return f"sha256:{hashlib.sha256((self._folder / 'manifest.json').read_bytes()).hexdigest()}"

    def error(self, printed: str) -> str:
        """Give the message of the last line that it logged (logrus)."""
        return LogLine.parse(printed.rstrip("\n").rpartition("\n")[2]).message


class PodmanOracle(ProgramOracle):
    """``podman pull`` into an empty store, which is thrown away before the next."""

    program = "podman"
    title = "Podman"
    lines: Mapping[str, OracleRules] = {
        each.since: OracleRules(profile=each, puller=puller, image=_id_of)
        for each, puller in ((PODMAN_4_3, PodmanPuller), (PODMAN_5_4, Podman5Puller))
    }

    def supports(self, predicted: ScenarioPrediction) -> bool:
        """Leave out what it would try three times more, a second apart each: a refused connection."""
        return not any(trouble.refused for _, trouble in predicted.prediction.outcome.errors)

    def command(self, name: str) -> Sequence[str]:
        """Give a ``podman pull`` into a store that is emptied first."""
        empty = f'rm -rf {STORE} {STORE_STATE}; exec "$@"'
        places = ("--root", STORE, "--runroot", STORE_STATE, "--storage-driver", "vfs")
        return ["sh", "-c", empty, "sh", self.path, *places, "pull", "--quiet", "--", name]

    def image(self, printed: str) -> str:
        """Give the ID that it prints last."""
        return printed.rsplit(maxsplit=1)[-1]

    def error(self, printed: str) -> str:
        """Give what it prints after the last ``Error:``, which may be several lines."""
        return printed.rpartition("Error: ")[2].removesuffix("\n")
