"""A run: several searches at a time, each in a process of its own that ends with this one."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from hypothesis.configuration import set_hypothesis_home_dir

from conformance.node import NodeError
from conformance.node.folders import private_folder
from conformance.oracle.corpus import load_corpus
from conformance.oracle.discovery import FoundOracle
from conformance.oracle.oracle import Oracle, OracleError
from conformance.oracle.search import DifferenceSearch, SearchResult
from conformance.runtime.runtime import RuntimeFailedError
from conformance.scenario.case import as_case
from conformance.scenario.scenario import Scenario


class SearchJob(NamedTuple):
    """One search: which oracle, how many scenarios, with which seed; the first of an oracle tries the corpus, too."""

    oracle: FoundOracle
    examples: int
    seed: int
    first: bool


class DifferingScenario(NamedTuple):
    """A scenario on which the model and an oracle differ: where it is from, the differences in lines, and the case."""

    origin: str
    scenario: Scenario
    lines: tuple[str, ...]
    case: str


@dataclass
class OracleResult:
    """What became of a search job: what was found, or ``problem``, why the oracle could not be asked."""

    title: str
    found: SearchResult = field(default_factory=SearchResult)
    differing: list[DifferingScenario] = field(default_factory=list)
    kept: int = 0
    problem: str = ""


def divide_jobs(which: FoundOracle, examples: int, seed: int, jobs: int) -> list[SearchJob]:
    """Divide the scenarios of an oracle among so many jobs, each with a seed of its own; one has the corpus, too."""
    sizes = [examples // jobs + (number < examples % jobs) for number in range(jobs)]
    return [SearchJob(which, size, seed * jobs + at, at == 0) for at, size in enumerate(sizes) if size or at == 0]


def run_job(job: SearchJob) -> OracleResult:
    """Start the oracle and make the search; whatever keeps it from that is the result's ``problem``."""
    result = OracleResult(job.oracle.program)
    try:
        with job.oracle.start() as oracle:
            result.title = oracle.title
            if job.first:
                result.differing += _differing_of_kept(oracle, result)
            if job.examples:
                result.found = DifferenceSearch(oracle).run(job.examples, job.seed)
            if (scenario := result.found.scenario) is not None:
                result.differing.append(_differing(oracle, f"seed {job.seed}", scenario, result.found.lines))
    except (NodeError, OracleError, RuntimeFailedError) as error:
        result.problem = str(error)
    return result


def _differing_of_kept(oracle: Oracle, result: OracleResult) -> Iterator[DifferingScenario]:
    """Try the scenarios of the corpus."""
    for name, scenario in load_corpus():
        adapted = oracle.adapted(scenario)
        lines = DifferenceSearch(oracle).once(adapted)
        result.kept += 1
        if lines:
            yield _differing(oracle, f"kept as {name}", adapted, tuple(lines))


def _differing(oracle: Oracle, origin: str, scenario: Scenario, lines: tuple[str, ...]) -> DifferingScenario:
    """Add to a difference the case that shows it."""
    oracle.arrange(scenario)
    model = oracle.rules.pull_result(oracle.predict(scenario))
    return DifferingScenario(origin, scenario, lines, as_case(scenario, model))


def run_jobs(wanted: Sequence[SearchJob], jobs: int) -> list[OracleResult]:
    """Run searches, some at a time; those of one oracle become one result. Whatever ends this, they end with it."""
    results: dict[str, OracleResult] = {}
    context = multiprocessing.get_context("spawn")
    with (
        private_folder() as folder,
        ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_the_run, initargs=(folder,)) as pool,
    ):
        futures = [pool.submit(run_job, job) for job in wanted]
        try:
            for result in _results(futures):
                results[result.title] = _joined(results[result.title], result) if result.title in results else result
        except BaseException:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # nobody who cannot wait interrupts this
            for process in multiprocessing.active_children():
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return list(results.values())


def _results(futures: Iterable[Future[OracleResult]]) -> Iterator[OracleResult]:
    """Give results as they come; raises ``OracleError`` where a process was ended from outside."""
    try:
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise OracleError("a process of this run was ended from outside: run it again") from None


def _joined(first: OracleResult, second: OracleResult) -> OracleResult:
    """Put two results of one oracle together; the searches ran side by side."""
    found = replace(
        first.found,
        examples=first.found.examples + second.found.examples,
        seconds=max(first.found.seconds, second.found.seconds),
        exercised=first.found.exercised + second.found.exercised,
    )
    return OracleResult(
        first.title,
        found,
        first.differing + second.differing,
        first.kept + second.kept,
        first.problem or second.problem,
    )


def _end_with_the_run(folder: Path) -> None:
    """Let a searching process leave Ctrl-C to the run, and end when that is gone, however it went.

    What it started ends with it: a world is ended by its own init. Files of its own are in the run's ``folder``.
    """
    set_hypothesis_home_dir(folder / str(os.getpid()))  # else it makes .hypothesis where one stands
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run = multiprocessing.parent_process()

    def wait() -> None:
        if run is not None:
            run.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
