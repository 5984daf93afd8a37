"""Results of the suite that are made up, and runs of mutants that come to them."""

import json
from collections.abc import Iterable, Sequence
from types import SimpleNamespace

import pytest

from conformance.mutation import mutant_runs
from conformance.mutation.kill_matrix import SuiteResult
from conformance.mutation.mutant_runs import MutantRun
from conformance.simulator.mutants import mutant

ONE, TWO = mutant("search-order-reversed"), mutant("enforces-before-its-time")
REFUSES = mutant("refuses-everything")
A, B, C = "test_names.py::test_a[x]", "test_names.py::test_a[y]", "test_store.py::TestB::test_c"


def result(ran: Iterable[str], failed: Iterable[str] = (), erred: Iterable[str] = ()) -> SuiteResult:
    return SuiteResult(frozenset(ran), frozenset(failed), frozenset(erred))


def results(monkeypatch: pytest.MonkeyPatch, of: dict[str | None, SuiteResult], code: int = 0) -> list[MutantRun]:
    """Let runs of the suite come to these results, else fail one case; gives which are made."""
    made: list[MutantRun] = []

    def collect(sound: Sequence[MutantRun], faulty: Sequence[MutantRun], _jobs: int, *, whole: bool) -> None:
        del whole
        made.extend([*sound, *faulty])

    def main(_arguments: list[str], **_plugins: object) -> int:
        for mutant_run in made:
            found = of.get(mutant_run.mutant.name if mutant_run.mutant else None, result([A], [A]))
            mutant_run.file.write_text(
                json.dumps({"ran": [*found.ran], "failed": [*found.failed], "erred": [*found.erred]})
            )
        return code

    monkeypatch.setattr(mutant_runs, "MutantRunsPlugin", collect)
    monkeypatch.setattr(mutant_runs, "pytest", SimpleNamespace(main=main))
    return made
