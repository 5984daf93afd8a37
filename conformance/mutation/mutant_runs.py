"""Runs of the suite on the simulator, with a fault or without, several at a time."""

import gc
import json
import os
import signal
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, cast

import pytest

from conformance.interrupts import uninterrupted
from conformance.mutation.kill_matrix import AnyMutant, Matrix, SuiteResult
from conformance.mutation.likeness import likeliest_first
from conformance.mutation.outcomes import OutcomeRecorder, RedundantCaseSkipper
from conformance.mutation.reach import Reached, ReachRecorder, cases_reaching
from conformance.node.folders import private_folder
from conformance.plugin.collection import case_of
from conformance.plugin.lifecycle import RUN
from conformance.runtime.configuration import Configuration
from conformance.simulator.mutants import Mutant
from conformance.targets.choice import SIMULATOR, SimulatorTarget
from conformance.targets.run import Run

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
    "--evidence=none",
)

STRIDE = 8
"""Mutants are run in strides, so that every kind of fault comes early, and with it the cases about it."""

ENDING = {signal.SIGINT, signal.SIGTERM}
INTERRUPTED = int(pytest.ExitCode.INTERRUPTED)
KINDS = {"ran": ("passed", "failed", "erred"), "failed": ("failed",), "erred": ("erred",)}
"""The outcomes that count as each kind."""


class MutantRunError(Exception):
    """A run of the suite did not come to its end: one sentence."""


def run_matrix(chosen: Sequence[Mutant], jobs: int, *, whole: bool = True) -> Matrix:
    """Run the suite without a fault and with each of these; raises ``MutantRunError``, also when a case fails without.

    Unless it is to be whole, a mutant that a case has killed is run on those alone that have killed none so far. A null
    runtime is run on every case, on the first line on which that runs at all.
    """
    lines = list(dict.fromkeys(each.line for each in chosen))
    null = [replace(each, line=line) for line in lines for each in chosen if each.is_null]
    mutants = [*null, *(each for each in chosen if not each.is_null)]
    with private_folder() as folder:
        sound = [MutantRun(line, None, folder) for line in lines]
        return make_runs(sound, [MutantRun(each.line, each, folder) for each in mutants], jobs, whole=whole)


def make_runs(
    sound: "Sequence[MutantRun]",
    faulty: "Sequence[MutantRun]",
    jobs: int,
    *,
    whole: bool,
    runtime: str = SIMULATOR,
    plugins: Sequence[object] = (),
) -> Matrix:
    """Make these runs, some at a time, and say what came of them; raises ``MutantRunError``.

    ``runtime`` is what pytest is told the run is about, ``plugins`` are pytest plugins that choose among the cases.
    """
    code = pytest.main(
        [*QUIETLY, f"--runtime={runtime}", "--pyargs", "conformance.suite"],
        plugins=[*plugins, MutantRunsPlugin(sound, faulty, jobs, whole=whole)],
    )
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code != 0:
        raise MutantRunError(f"the suite cannot be run on mutants: pytest ended with {int(code)}")
    results = {mutant_run.line: mutant_run.result() for mutant_run in sound}
    for line, result in results.items():
        if result.unsound:
            message = f"without a fault, {len(result.unsound)} cases fail on {line}, such as {min(result.unsound)}"
            raise MutantRunError(message)
    return Matrix(results, {each.mutant: each.result() for each in faulty if each.mutant})


@dataclass(frozen=True)
class MutantRun:
    """One run of the suite: on the simulator of a release line, with a fault or without; its result is a file."""

    line: str
    mutant: AnyMutant | None
    folder: Path

    def open(self, recorder: ReachRecorder) -> Run:
        """Give the run of the suite that it makes; a simulator without a fault is the recorder's."""
        variant = self.mutant if isinstance(self.mutant, Mutant) else recorder.mutant
        run = Run(f"simulator:{self.line}")
        run.target = SimulatorTarget(run.target.release, run.target.rehearsal, variant)
        return run

    def cases(self, reached: Reached) -> frozenset[str]:
        """Give the cases in which its mutant may show itself."""
        return cases_reaching(self.mutant, reached) if isinstance(self.mutant, Mutant) else frozenset(reached)

    def in_order(self, cases: Iterable[str]) -> list[str]:
        """Put cases into the order in which its mutant is likely to show itself soonest."""
        about = (self.mutant.name, self.mutant.subject, self.mutant.fault) if self.mutant else ()
        return likeliest_first(cases, " ".join(about))

    @property
    def name(self) -> str:
        """The name of the mutant, or what stands for none."""
        return self.mutant.name if self.mutant else "sound"

    @property
    def is_faulty(self) -> bool:
        """Whether it is of a mutant that is one fault, and no null runtime."""
        return self.mutant is not None and not self.mutant.is_null

    @property
    def file(self) -> Path:
        """Where the result is written, when the run has come to its end."""
        return self.folder / f"{self.line}-{self.name}.json"

    def result(self) -> SuiteResult:
        """Read which cases ran and which failed; raises ``MutantRunError`` where the run came to no end."""
        if not self.file.exists():
            raise MutantRunError(
                f"the run {f'of {self.name}' if self.mutant else 'without a fault'} on {self.line} came to no end"
            )
        content = json.loads(self.file.read_text())
        return SuiteResult(*(frozenset(content[kind]) for kind in KINDS))

    def reached(self) -> dict[str, frozenset[str]]:
        """Read which methods each case reached; raises ``OSError`` where it did not come to its end."""
        return {case: frozenset(each) for case, each in json.loads(self.file.read_text())["reached"].items()}

    @property
    def is_sound(self) -> bool:
        """Whether it came to its end, and no case failed or erred."""
        return self.file.exists() and not self.result().unsound


class MutantRunsPlugin:
    """A pytest plugin that runs the collected cases once for every mutant run, each in a fork of this process.

    Nothing is imported or collected twice, which is a third of a run.
    """

    def __init__(self, sound: Sequence[MutantRun], faulty: Sequence[MutantRun], jobs: int, *, whole: bool) -> None:
        self._loop = _MutantRunLoop(sound, faulty, jobs, whole=whole)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Remember who has the plugins."""
        self._plugins = config.pluginmanager

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Let pytest say nothing about it: its own output is no part of what this command prints."""
        self._plugins.unregister(name="terminalreporter")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the place of the usual loop: what is registered last is asked first, before any runtime is started."""
        session.config.pluginmanager.register(self._loop)


class _MutantRunLoop:
    """A pytest plugin that makes mutant runs instead of running cases."""

    def __init__(self, sound: Sequence[MutantRun], faulty: Sequence[MutantRun], jobs: int, *, whole: bool) -> None:
        self.sound = sound
        self.faulty = faulty
        self.jobs = jobs
        self.whole = whole
        self._outcomes: dict[str, str] = {}
        self._running: dict[int, MutantRun] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Make all mutant runs, some at a time; first those without a fault, which say what runs on a line at all."""
        gc.collect()
        gc.freeze()  # what is there already is looked at by no collection in a fork
        try:
            for mutant_run in self.sound:
                self._begin(session, mutant_run, None)
            while self._running:
                self._end()
            if all(mutant_run.is_sound for mutant_run in self.sound):
                chosen = self._chosen({mutant_run.line: mutant_run.reached() for mutant_run in self.sound})
                for mutant_run in (each for at in range(STRIDE) for each in self.faulty[at::STRIDE]):
                    self._begin(session, mutant_run, chosen[mutant_run])
                while self._running:
                    self._end()
        finally:
            if self._running:  # this process is to end, or a mutant run failed
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            for pid in self._running:
                os.kill(pid, signal.SIGTERM)
            for pid in self._running:  # each removes what it made
                os.waitpid(pid, 0)
        return True

    def _chosen(self, reached: Mapping[str, Reached]) -> dict[MutantRun, frozenset[str]]:
        """Give the cases of each run: on a null runtime those that run on no line before, else all that may show it."""
        chosen: dict[MutantRun, frozenset[str]] = {}
        for mutant_run in self.faulty:
            same = (cases for each, cases in chosen.items() if not each.is_faulty and each.name == mutant_run.name)
            cases = mutant_run.cases(reached[mutant_run.line])
            chosen[mutant_run] = cases if mutant_run.is_faulty else cases.difference(*same)
        return chosen

    def _begin(self, session: pytest.Session, mutant_run: MutantRun, cases: Collection[str] | None) -> None:
        """Fork for a mutant run of these cases, by default all, when there is room."""
        if len(self._running) == self.jobs:
            self._end()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        if (pid := os.fork()) == 0:
            self._run(session, mutant_run, cases, before)
        self._running[pid] = mutant_run
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _end(self) -> None:
        """Wait for a mutant run, and learn which cases have killed a mutant by now."""
        pid = cast("os.waitid_result", os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)).si_pid
        with uninterrupted():  # else one that is gone could be told to end
            os.waitpid(pid, 0)
            ended = self._running.pop(pid)
        if ended.is_faulty and ended.file.exists():
            self._failed.update(ended.result().failed)

    def _run(
        self, session: pytest.Session, mutant_run: MutantRun, cases: Collection[str] | None, signals: set[int]
    ) -> NoReturn:
        """Make one mutant run, its output thrown away, and end this process.

        It begins with signals blocked, and ``signals`` are those that were before: none may come while it still has
        pytest's output.
        """
        code = 1
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            if cases is not None:
                items = {case: item for item in session.items if (case := case_of(item)) in cases}
                session.items[:] = [items[case] for case in mutant_run.in_order(items)]
            session.config.pluginmanager.unregister(name="terminalreporter")
            mutants = [each.mutant for each in self.faulty if isinstance(each.mutant, Mutant) and each.is_faulty]
            recorder = ReachRecorder(mutants)
            with _ClosedUndisturbed(mutant_run.open(recorder)) as run:
                session.config.stash[RUN] = run
                run.pool.get(Configuration())
                reached: dict[str, list[str]] = {}
                started = frozenset(recorder.reached)
                session.config.pluginmanager.unregister(self)
                session.config.pluginmanager.register(OutcomeRecorder(self._outcomes, recorder, reached))
                if mutant_run.is_faulty and not self.whole:
                    skipper = RedundantCaseSkipper(self._outcomes, frozenset(self._failed))
                    session.config.pluginmanager.register(skipper)
                session.config.hook.pytest_runtestloop(session=session)
            ended = self._outcomes.items()
            outcomes = {kind: [case for case, outcome in ended if outcome in kinds] for kind, kinds in KINDS.items()}
            reached = {case: sorted({*reached[case], *started}) for case in outcomes["ran"]}
            mutant_run.file.write_text(json.dumps({**outcomes, "reached": reached}))
            code = 0
        finally:
            os._exit(code)


class _ClosedUndisturbed(AbstractContextManager[Run]):
    """A run that is closed at the end of the block, whoever cannot wait for that."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> Run:
        return self._run

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._run.close()
