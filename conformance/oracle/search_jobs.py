"""A run: several searches at a time, each in a process of its own that ends with this one."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from conformance.node import WorldError
from conformance.oracle.case import as_case
from conformance.oracle.corpus import kept
from conformance.oracle.discovery import Which
from conformance.oracle.oracle import Oracle, OracleFailure
from conformance.oracle.search import Found, Search
from conformance.runtime.runtime import RuntimeFailure
from conformance.scenario.scenario import Scenario


class Errand(NamedTuple):
    """One search: which oracle, how many scenarios, with which seed; the first of an oracle tries what is kept, too."""

    which: Which
    examples: int
    seed: int
    first: bool


class Differing(NamedTuple):
    """A scenario on which the model and an oracle differ: where it is from, the lines that tell it, and the case."""

    origin: str
    scenario: Scenario
    lines: tuple[str, ...]
    case: str


@dataclass
class Result:
    """What became of an errand: what was found, or ``trouble``, why the oracle could not be asked."""

    title: str
    found: Found = field(default_factory=Found)
    differing: list[Differing] = field(default_factory=list)
    kept: int = 0
    trouble: str = ""


def errands(which: Which, examples: int, seed: int, jobs: int) -> list[Errand]:
    """Divide the scenarios of an oracle."""
    sizes = [examples // jobs + (number < examples % jobs) for number in range(jobs)]
    return [Errand(which, size, seed * jobs + at, at == 0) for at, size in enumerate(sizes) if size or at == 0]


def carry_out(errand: Errand) -> Result:
    """Run one search."""
    result = Result(errand.which.program)
    try:
        with errand.which.start() as oracle:
            result.title = oracle.title
            if errand.first:
                result.differing += _differing_of_kept(oracle, result)
            if errand.examples:
                result.found = Search(oracle).run(errand.examples, errand.seed)
            if (scenario := result.found.scenario) is not None:
                result.differing.append(_told(oracle, f"seed {errand.seed}", scenario, result.found.lines))
    except (OracleFailure, RuntimeFailure, WorldError) as error:
        result.trouble = str(error)
    return result


def _differing_of_kept(oracle: Oracle, result: Result) -> Iterator[Differing]:
    """Try the scenarios that are kept."""
    for name, scenario in kept():
        adapted = oracle.adapted(scenario)
        lines = Search(oracle).once(adapted)
        result.kept += 1
        if lines:
            yield _told(oracle, f"kept as {name}", adapted, tuple(lines))


def _told(oracle: Oracle, origin: str, scenario: Scenario, lines: tuple[str, ...]) -> Differing:
    """Tell a difference, with the case."""
    oracle.arrange(scenario)
    model = oracle.rules.told(oracle.predict(scenario).prediction)
    return Differing(origin, scenario, lines, as_case(scenario, model))


def carry_out_all(wanted: Sequence[Errand], jobs: int) -> list[Result]:
    """Run searches, some at a time; those of one oracle become one result. Whatever ends this, they end with it."""
    results: dict[str, Result] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_the_run) as pool:
        futures = [pool.submit(carry_out, errand) for errand in wanted]
        try:
            for result in _results(futures):
                results[result.title] = _joined(results[result.title], result) if result.title in results else result
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return list(results.values())


def _results(futures: Iterable[Future[Result]]) -> Iterator[Result]:
    """Give results as they come; raises ``OracleFailure`` where a process was ended from outside."""
    try:
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise OracleFailure("a process of this run was ended from outside: run it again") from None


def _joined(first: Result, second: Result) -> Result:
    """Put two results of one oracle together; the searches ran side by side."""
    found = replace(
        first.found,
        examples=first.found.examples + second.found.examples,
        seconds=max(first.found.seconds, second.found.seconds),
        exercised=first.found.exercised + second.found.exercised,
    )
    return Result(
        first.title,
        found,
        first.differing + second.differing,
        first.kept + second.kept,
        first.trouble or second.trouble,
    )


def _end_with_the_run() -> None:
    """Let a searching process leave Ctrl-C to the run, and end when that is gone, however it went.

    What it started ends with it: a world is ended by its own init.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run = multiprocessing.parent_process()

    def wait() -> None:
        if run is not None:
            run.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
