"""The matrix of mutants and cases: every mutant is run through the suite, and what caught it is told.

A mutant that no case catches is a hole in the suite; a case that no mutant fails tests nothing, unless
``unfailed.toml`` says why.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.simulator.mutants import Mutant

SHOWN = 3
"""How many cases are named for a mutant."""

QUIETLY = ("-q", "--tb=no", "--no-header", "--stories=none", "-p", "no:cacheprovider")


class RunFailed(Exception):  # noqa: N818 (the run failed, not this program)
    """A run of the suite did not come to its end: one sentence."""


@dataclass(frozen=True)
class Result:
    """What a run of the suite came to: the cases that ran, and those that failed; names as deviations.toml has them."""

    ran: frozenset[str]
    failed: frozenset[str]


@dataclass(frozen=True)
class Matrix:
    """What came of all runs: without a fault by release line, and of each mutant."""

    sound: Mapping[str, Result]
    caught: Mapping[Mutant, Result]

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that no case caught."""
        return [each for each, result in self.caught.items() if not result.failed]

    @property
    def unfailed(self) -> list[str]:
        """The cases that ran, and that no mutant failed."""
        ran = {case for result in self.sound.values() for case in result.ran}
        return sorted(ran - {case for result in self.caught.values() for case in result.failed})


def run(line: str, mutant: str | None, folder: Path) -> Result:
    """Run the suite on the simulator of a release line, with a fault or without; raises ``RunFailed``."""
    record = folder / f"{line}-{mutant or 'sound'}.xml"
    fault = ["--mutant", mutant] if mutant else []
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--pyargs",
        "conformance.suite",
        "--runtime",
        f"simulator:{line}",
        *fault,
    ]
    ended = subprocess.run(
        [*command, f"--junitxml={record}", *QUIETLY], capture_output=True, text=True, cwd=folder, check=False
    )
    if ended.returncode not in {0, 1} or not record.exists():
        said = (ended.stdout + ended.stderr).strip().splitlines() or ["nothing"]
        msg = f"the run of {mutant or 'the simulator'} ended with {ended.returncode} and said: {said[-1]}"
        raise RunFailed(msg)
    return _result(record)


def _result(record: Path) -> Result:
    """Read a run's JUnit file."""
    ran, failed = set(), set()
    for case in ET.parse(record).iter("testcase"):  # noqa: S314 (written by our own run)
        module, _, class_ = case.get("classname", "").removeprefix("conformance.suite.").partition(".")
        name = f"{module}.py::{class_}{'::' if class_ else ''}{case.get('name')}"
        kinds = {child.tag: child for child in case}
        if "skipped" in kinds and kinds["skipped"].get("type") != "pytest.xfail":
            continue
        ran.add(name)
        if kinds.keys() & {"failure", "error"}:
            failed.add(name)
    return Result(frozenset(ran), frozenset(failed))


def matrix(chosen: Sequence[Mutant], jobs: int) -> Matrix:
    """Run all; raises ``RunFailed``, also when a case fails without a fault."""
    with tempfile.TemporaryDirectory(prefix="crio-conformance-mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        lines = dict.fromkeys(mutant.line for mutant in chosen)
        sound = dict(zip(lines, pool.map(lambda line: run(line, None, Path(folder)), lines), strict=True))
        for line, result in sound.items():
            if result.failed:
                msg = f"without a fault, {len(result.failed)} cases fail on {line}, such as {min(result.failed)}"
                raise RunFailed(msg)
        results = pool.map(lambda each: run(each.line, each.name, Path(folder)), chosen)
        return Matrix(sound, dict(zip(chosen, results, strict=True)))


def reasons() -> dict[str, str]:
    """Read why some cases are never failed by a mutant: a case, or a function of cases, and a sentence."""
    content = tomllib.loads((files("conformance.simulator") / "unfailed.toml").read_text())
    return {case: entry["why"] for entry in content.get("unfailed", []) for case in entry["cases"]}


def told(matrix: Matrix, why: Mapping[str, str]) -> Iterator[str]:
    """Tell a matrix in lines: each mutant with the cases that caught it, then what was never failed."""
    for each, result in matrix.caught.items():
        yield f"{each.name} ({each.line}): {each.fault}"
        yield f"    {_catchers(result.failed) if result.failed else 'SURVIVED: no case caught it'}"
    ran = len({case for result in matrix.sound.values() for case in result.ran})
    yield ""
    yield f"{len(matrix.caught)} mutants, {len(matrix.survivors)} survived"
    yield f"{ran} cases, {len(matrix.unfailed)} never failed"
    explained = Counter(_reason(case, why) for case in matrix.unfailed)
    for sentence, count in explained.most_common():
        if sentence:
            yield f"    {count} {'case' if count == 1 else 'cases'}: {sentence}"
    for case in unexplained(matrix, why):
        yield f"    NEVER FAILED: {case}: sharpen it, or write a mutant that it catches"


def _catchers(failed: Iterable[str]) -> str:
    """Say how many cases caught a mutant, in which functions."""
    functions = Counter(case.partition("[")[0].partition("::")[2] for case in failed)
    shown = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in functions.most_common(SHOWN))
    more = f" and {len(functions) - SHOWN} more" if len(functions) > SHOWN else ""
    total = sum(functions.values())
    return f"caught by {total} {'case' if total == 1 else 'cases'}: {shown}{more}"


def _reason(case: str, why: Mapping[str, str]) -> str:
    """Give why a case is never failed."""
    return why.get(case) or why.get(case.partition("[")[0], "")


def unexplained(matrix: Matrix, why: Mapping[str, str]) -> list[str]:
    """Give the cases that are never failed for no reason that is known."""
    return [case for case in matrix.unfailed if not _reason(case, why)]


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add the command ``mutants``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "mutants", help="run the suite on every variant of the simulator that has a fault, and tell which cases find it"
    )
    parser.add_argument("names", nargs="*", metavar="MUTANT", help="these mutants only (by default all of them)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many runs at once (default: one a core)"
    )
    parser.add_argument("--list", action="store_true", help="list the mutants, and run nothing")
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Run the command: exit 0 when every mutant is caught and every case failed, 1 if not, 2 when it cannot be run."""
    from conformance.simulator.mutants import UnknownMutant, mutant, mutants  # noqa: PLC0415 (HTTP and gRPC are heavy)

    try:
        chosen = [mutant(name) for name in options.names] or list(mutants().values())
        if options.list:
            print(*(f"{each.name} ({each.line}): {each.fault}" for each in chosen), sep="\n")
            return 0
        found = matrix(chosen, max(1, options.jobs))
    except (UnknownMutant, RunFailed) as error:
        print(f"crio-conformance mutants: {error}", file=sys.stderr)
        return 2
    why = reasons()
    print(*told(found, why), sep="\n")
    whole = not options.names
    return 1 if found.survivors or (whole and unexplained(found, why)) else 0
