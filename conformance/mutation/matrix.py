"""The matrix of mutants and cases, and how it is printed."""

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
    """What came of all runs: ``sound`` without a fault, by release line, and ``killed`` of each mutant."""

    sound: Mapping[str, SuiteResult]
    results: Mapping[Mutant, SuiteResult]

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that no case killed, in the order in which they are written."""
        return [each for each, result in self.results.items() if not result.failed]

    @property
    def cases_killing_none(self) -> list[str]:
        """The cases that ran, and that killed no mutant."""
        ran = {case for result in self.sound.values() for case in result.ran}
        return sorted(ran - {case for result in self.results.values() for case in result.failed})


def why_cases_kill_no_mutant() -> dict[str, str]:
    """Read why some cases kill no mutant: a case, or a function of cases, and a sentence."""
    content = tomllib.loads((files("conformance.simulator") / "killing_none.toml").read_text(encoding="utf-8"))
    return {case: entry["why"] for entry in content.get("case", []) for case in entry["cases"]}


def matrix_lines(matrix: Matrix, why: Mapping[str, str], *, whole: bool = True) -> Iterator[str]:
    """Write a matrix in lines: each mutant and what killed it, and if ``whole``, the cases that killed none."""
    for each, result in matrix.results.items():
        yield f"{each.name} ({each.line}): {each.fault}"
        yield f"    {_killers(result.failed) if result.failed else 'SURVIVED: no case killed it'}"
    ran = len({case for result in matrix.sound.values() for case in result.ran})
    yield ""
    yield f"{len(matrix.results)} mutants, {len(matrix.survivors)} survived"
    if not whole:
        return
    yield f"{ran} cases, {len(matrix.cases_killing_none)} kill none"
    explained = Counter(_reason(case, why) for case in matrix.cases_killing_none)
    for sentence, count in explained.most_common():
        if sentence:
            yield f"    {count} {'case' if count == 1 else 'cases'}: {sentence}"
    for case in unexplained(matrix, why):
        yield f"    KILLS NONE: {case}: sharpen it, or write a mutant that it kills"


def _killers(failed: Iterable[str]) -> str:
    """Say how many cases killed a mutant, in which functions."""
    functions = Counter(case.partition("[")[0].partition("::")[2] for case in failed)
    shown = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in functions.most_common(SHOWN))
    more = f" and {len(functions) - SHOWN} more" if len(functions) > SHOWN else ""
    total = sum(functions.values())
    return f"killed by {total} {'case' if total == 1 else 'cases'}: {shown}{more}"


def _reason(case: str, why: Mapping[str, str]) -> str:
    return why.get(case) or why.get(case.partition("[")[0], "")


def unexplained(matrix: Matrix, why: Mapping[str, str]) -> list[str]:
    """Give the cases that kill no mutant for no reason that is known."""
    return [case for case in matrix.cases_killing_none if not _reason(case, why)]
