"""Runs of the suite on the simulator, with a fault or without, several at a time."""

import gc
import json
import os
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from conformance.mutation.matrix import Matrix, Result
from conformance.plugin import RUN, case_of
from conformance.run import Run
from conformance.simulator.mutants import Mutant

QUIETLY = (
    "-qq",
    "--tb=no",
    "--no-header",
    "--no-summary",
    "--stories=none",
    "-p",
    "no:cacheprovider",
    "--capture=no",
    "-p",
    "no:logging",
    "-p",
    "no:unraisableexception",
    "-p",
    "no:threadexception",
)
KINDS = {"ran": ("passed", "failed"), "failed": ("failed",)}
"""The outcomes that count as each kind."""


class RunFailed(Exception):  # noqa: N818 (the run failed, not this program)
    """A run of the suite did not come to its end: one sentence."""


def matrix(chosen: Sequence[Mutant], jobs: int) -> Matrix:
    """Run the suite without a fault and with each of these; raises ``RunFailed``, also when a case fails without."""
    lines = list(dict.fromkeys(each.line for each in chosen))
    with tempfile.TemporaryDirectory(prefix="crio-conformance-mutants-") as folder:
        sound = [Errand(line, None, Path(folder)) for line in lines]
        faulty = [Errand(each.line, each.name, Path(folder)) for each in chosen]
        code = pytest.main(
            [*QUIETLY, "--runtime=simulator", "--pyargs", "conformance.suite"], plugins=[Errands(sound + faulty, jobs)]
        )
        if code != 0:
            raise RunFailed(f"the suite cannot be run on the simulator: pytest ended with {int(code)}")
        results = {errand.line: errand.result() for errand in sound}
        for line, result in results.items():
            if result.failed:
                told = f"without a fault, {len(result.failed)} cases fail on {line}, such as {min(result.failed)}"
                raise RunFailed(told)
        return Matrix(results, {each: errand.result() for each, errand in zip(chosen, faulty, strict=True)})


@dataclass(frozen=True)
class Errand:
    """One run of the suite: on the simulator of a release line, with a fault or without; its result is a file."""

    line: str
    mutant: str | None
    folder: Path

    @property
    def file(self) -> Path:
        """The file of the result."""
        return self.folder / f"{self.line}-{self.mutant or 'sound'}.json"

    def result(self) -> Result:
        """Read the result; raises ``RunFailed``."""
        if not self.file.exists():
            raise RunFailed(f"the run of {self.mutant or 'the simulator'} on {self.line} came to no end")
        content = json.loads(self.file.read_text())
        return Result(frozenset(content["ran"]), frozenset(content["failed"]))


class Errands:
    """A pytest plugin that runs the collected cases once for every errand, each in a fork of this process.

    Nothing is imported or collected twice, which is a third of a run.
    """

    def __init__(self, errands: Sequence[Errand], jobs: int) -> None:
        self._loop = _Loop(errands, jobs)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the place of the usual loop: what is registered last is asked first, before any runtime is started."""
        session.config.pluginmanager.register(self._loop)


class _Loop:
    """A pytest plugin that runs errands instead of cases."""

    def __init__(self, errands: Sequence[Errand], jobs: int) -> None:
        self.errands = errands
        self.jobs = jobs
        self._outcomes: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all errands, some at a time."""
        gc.collect()
        gc.freeze()  # what is there already is looked at by no collection in a fork
        running: set[int] = set()
        try:
            for errand in self.errands:
                if len(running) == self.jobs:
                    running.remove(os.wait()[0])
                if (pid := os.fork()) == 0:
                    self._run(session, errand)
                running.add(pid)
            while running:
                running.remove(os.wait()[0])
        finally:
            for pid in running:  # this process was told to end
                os.kill(pid, signal.SIGTERM)
        return True

    def _run(self, session: pytest.Session, errand: Errand) -> NoReturn:
        """Run one errand, unheard, and end this process."""
        code = 1
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            session.config.pluginmanager.unregister(name="terminalreporter")
            run = session.config.stash[RUN] = Run(f"simulator:{errand.line}", errand.mutant)
            session.config.pluginmanager.unregister(self)
            session.config.pluginmanager.register(_Listener(self._outcomes))
            session.config.hook.pytest_runtestloop(session=session)
            run.close()
            ended = self._outcomes.items()
            told = {kind: [case for case, outcome in ended if outcome in kinds] for kind, kinds in KINDS.items()}
            errand.file.write_text(json.dumps(told))
            code = 0
        finally:
            os._exit(code)


class _Listener:
    """A pytest plugin that keeps how each case ended; one that deviates as it should has passed."""

    def __init__(self, outcomes: dict[str, str]) -> None:
        self._outcomes = outcomes

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the gravest outcome of a case's phases."""
        outcome = "passed" if hasattr(report, "wasxfail") and not report.failed else report.outcome
        if report.when == "call" or report.failed or (report.when == "setup" and report.skipped):
            self._outcomes[case_of(report.nodeid)] = "failed" if report.failed else outcome
