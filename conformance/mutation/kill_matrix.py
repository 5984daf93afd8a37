"""The matrix of mutants and cases, and how it is printed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

SHOWN = 3
"""How many cases are named for a mutant."""


class AnyMutant(Protocol):
    """What has one fault, or does nothing: a simulator, or a CRI-O's containers."""

    @property
    def name(self) -> str:
        """The fault's name."""

    @property
    def fault(self) -> str:
        """The fault, one sentence."""

    @property
    def subject(self) -> str:
        """What the fault is about, some words."""

    @property
    def line(self) -> str:
        """The release, or release line, that has it."""

    @property
    def is_null(self) -> bool:
        """Whether it does nothing at all."""


@dataclass(frozen=True)
class SuiteResult:
    """What a run of the suite came to, names as deviations.toml has them.

    ``ran`` are the cases that ran, ``failed`` those that failed by what they state, which alone kills a mutant,
    ``erred`` those that could not be set up or cleaned up.
    """

    ran: frozenset[str]
    failed: frozenset[str]
    erred: frozenset[str] = frozenset()

    @property
    def unsound(self) -> frozenset[str]:
        """The cases that must not be there in a run without a fault."""
        return self.failed | self.erred

    @property
    def passed(self) -> frozenset[str]:
        """The cases that ran to their end, and hold or deviate as they are known to."""
        return self.ran - self.unsound


@dataclass(frozen=True)
class Matrix:
    """What came of all runs: ``sound`` without a fault, by release line, ``results`` of mutants and null runtimes."""

    sound: Mapping[str, SuiteResult]
    results: Mapping[AnyMutant, SuiteResult]

    @property
    def faulty(self) -> dict[AnyMutant, SuiteResult]:
        """What came of the mutants that have one fault."""
        return {each: result for each, result in self.results.items() if not each.is_null}

    @property
    def survivors(self) -> list[AnyMutant]:
        """The mutants that no case killed, in the order in which they are written."""
        return [each for each, result in self.faulty.items() if not result.failed]

    @property
    def cases_killing_none(self) -> list[str]:
        """The cases that ran, and that killed no mutant."""
        ran = {case for result in self.sound.values() for case in result.ran}
        return sorted(ran - {case for result in self.faulty.values() for case in result.failed})

    @property
    def passing_on_null(self) -> dict[str, list[str]]:
        """The cases that pass on each null runtime, by its name, whatever the line."""
        passing: dict[str, set[str]] = {}
        for each, result in self.results.items():
            if each.is_null:
                passing.setdefault(each.name, set()).update(result.passed)
        return {name: sorted(cases) for name, cases in passing.items()}


def matrix_lines(matrix: Matrix) -> Iterator[str]:
    """Write a matrix in lines: each mutant and what killed it, each null runtime and what passes on it."""
    for each, result in matrix.results.items():
        yield f"{each.name} ({each.line}): {each.fault}"
        if each.is_null:
            yield f"    {len(result.passed)} of {len(result.ran)} cases pass"
        else:
            yield f"    {_killers(result.failed) if result.failed else 'SURVIVED: no case killed it'}"
    ran = len({case for result in matrix.sound.values() for case in result.ran})
    yield ""
    yield f"{ran} cases, {len(matrix.faulty)} mutants, {len(matrix.survivors)} survived"


def _killers(failed: Iterable[str]) -> str:
    """Say how many cases killed a mutant, in which functions."""
    functions = Counter(case.partition("[")[0].partition("::")[2] for case in failed)
    shown = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in functions.most_common(SHOWN))
    more = f" and {len(functions) - SHOWN} more" if len(functions) > SHOWN else ""
    total = sum(functions.values())
    return f"killed by {total} {'case' if total == 1 else 'cases'}: {shown}{more}"
