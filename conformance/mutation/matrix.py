"""The matrix of mutants and cases, and how it is told."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from conformance.simulator.mutants import Mutant

SHOWN = 3
"""How many cases are named for a mutant."""


@dataclass(frozen=True)
class SuiteResult:
    """What a run of the suite came to: the cases that ran, and those that failed; names as deviations.toml has them."""

    ran: frozenset[str]
    failed: frozenset[str]


@dataclass(frozen=True)
class Matrix:
    """What came of all runs: without a fault by release line, and of each mutant."""

    sound: Mapping[str, SuiteResult]
    killed: Mapping[Mutant, SuiteResult]

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that no case caught."""
        return [each for each, result in self.killed.items() if not result.failed]

    @property
    def unkilled(self) -> list[str]:
        """The cases that ran, and that no mutant failed."""
        ran = {case for result in self.sound.values() for case in result.ran}
        return sorted(ran - {case for result in self.killed.values() for case in result.failed})


def unkilled_reasons() -> dict[str, str]:
    """Read why some cases are never failed by a mutant: a case, or a function of cases, and a sentence."""
    content = tomllib.loads((files("conformance.simulator") / "unkilled.toml").read_text())
    return {case: entry["why"] for entry in content.get("unkilled", []) for case in entry["cases"]}


def matrix_lines(matrix: Matrix, why: Mapping[str, str], *, whole: bool = True) -> Iterator[str]:
    """Tell a matrix in lines: each mutant with the cases that caught it; of a whole one, what was never failed, too."""
    for each, result in matrix.killed.items():
        yield f"{each.name} ({each.line}): {each.fault}"
        yield f"    {_catchers(result.failed) if result.failed else 'SURVIVED: no case caught it'}"
    ran = len({case for result in matrix.sound.values() for case in result.ran})
    yield ""
    yield f"{len(matrix.killed)} mutants, {len(matrix.survivors)} survived"
    if not whole:
        return
    yield f"{ran} cases, {len(matrix.unkilled)} never failed"
    explained = Counter(_reason(case, why) for case in matrix.unkilled)
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
    return [case for case in matrix.unkilled if not _reason(case, why)]
