"""Runs of the suite on mutants: which cases, in which order, and how they end."""

import json
import os
import re
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.mutation.kill_matrix import SuiteResult
from conformance.mutation.mutant_runs import MutantRun, MutantRunError, _MutantRunLoop, run_matrix
from conformance.mutation.outcomes import OutcomeRecorder, RedundantCaseSkipper
from conformance.mutation.reach import ReachRecorder, cases_reaching
from conformance.simulator.mutants import Mutant, mutant
from tests.mutation.suite_results import ONE, REFUSES, TWO, A, B, C, result, results


def item(case: str) -> SimpleNamespace:
    """As much of an item as names its case."""
    return SimpleNamespace(nodeid=case, location=(case.partition("::")[0], 1, ""))


def report(when: str, outcome: str, nodeid: str = f"../conformance/suite/{A}", **more: str) -> pytest.TestReport:
    facts: dict[str, Any] = {
        "nodeid": nodeid,
        "location": (nodeid.partition("::")[0], 1, ""),
        "keywords": {},
        "longrepr": None,
        **more,
    }
    return pytest.TestReport(when=when, outcome=outcome, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reports", "ended"),
    [
        ([report("setup", "passed"), report("call", "passed"), report("teardown", "passed")], "passed"),
        ([report("setup", "passed"), report("call", "failed"), report("teardown", "passed")], "failed"),
        ([report("setup", "passed"), report("call", "skipped", wasxfail="so"), report("teardown", "passed")], "passed"),
        ([report("setup", "passed"), report("call", "passed"), report("teardown", "failed")], "erred"),
        ([report("setup", "passed"), report("call", "failed"), report("teardown", "failed")], "failed"),
        ([report("setup", "passed"), report("call", "skipped"), report("teardown", "passed")], "skipped"),
        ([report("setup", "skipped"), report("teardown", "passed")], "skipped"),
        ([report("setup", "failed"), report("teardown", "passed")], "erred"),
    ],
)
def test_a_case_fails_by_what_it_states_alone(reports: list[pytest.TestReport], ended: str) -> None:
    outcomes: dict[str, str] = {}
    listener = OutcomeRecorder(outcomes, ReachRecorder([]), {})
    for each in reports:
        listener.pytest_runtest_logreport(each)
    assert outcomes == {A: ended}


def test_a_result_is_read_from_its_file(tmp_path: Path) -> None:
    mutant_run = MutantRun("1.33", TWO, tmp_path)
    mutant_run.file.write_text(json.dumps({"ran": [A, B], "failed": [B], "erred": []}))
    assert mutant_run.result() == result([A, B], [B])


@pytest.mark.parametrize(("wrong", "said"), [(ONE, f"of {ONE.name}"), (None, "without a fault")])
def test_a_run_without_a_result_is_told(tmp_path: Path, wrong: Mutant | None, said: str) -> None:
    with pytest.raises(MutantRunError, match=rf"^the run {said} on 1\.36 came to no end$"):
        MutantRun("1.36", wrong, tmp_path).result()


def test_ctrl_c_just_when_a_run_has_ended_leaves_nobody_to_be_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its process number may be another's by then."""
    waitpid = os.waitpid

    def interrupted(pid: int, options: int) -> tuple[int, int]:
        ended = waitpid(pid, options)
        signal.raise_signal(signal.SIGINT)
        return ended

    monkeypatch.setattr(os, "waitpid", interrupted)
    loop = _MutantRunLoop([], [], 1, whole=False)
    if (pid := os.fork()) == 0:
        os._exit(0)
    loop._running[pid] = MutantRun("1.36", None, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        loop._end()
    assert loop._running == {}


def test_each_line_is_run_without_a_fault_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = results(monkeypatch, {None: result([A])})
    third = mutant("never-enforces")
    found = run_matrix([ONE, TWO, third], 2)
    assert [(each.line, each.mutant) for each in made] == [
        *(("1.36", None), ("1.33", None)),
        *(("1.36", ONE), ("1.33", TWO), ("1.36", third)),
    ]
    assert len({each.file for each in made}) == len(made)
    assert (list(found.sound), list(found.results)) == (["1.36", "1.33"], [ONE, TWO, third])


def test_a_null_runtime_is_run_on_each_line_first(monkeypatch: pytest.MonkeyPatch) -> None:
    made = results(monkeypatch, {None: result([A])})
    run_matrix([ONE, TWO, REFUSES], 2)
    named = [(each.line, each.mutant.name if each.mutant else "") for each in made if each.name != "sound"]
    assert named == [*(("1.36", REFUSES.name), ("1.33", REFUSES.name)), ("1.36", ONE.name), ("1.33", TWO.name)]
    assert [each.is_faulty for each in made] == [False] * 4 + [True] * 2


@pytest.mark.parametrize("sound", [result([A, B, C], [C, B]), result([A, B, C], [C], [B])], ids=["failed", "erred"])
def test_a_case_that_fails_without_a_fault_spoils_the_matrix(
    monkeypatch: pytest.MonkeyPatch, sound: SuiteResult
) -> None:
    results(monkeypatch, {None: sound})
    with pytest.raises(MutantRunError, match=re.escape(f"without a fault, 2 cases fail on 1.36, such as {B}")):
        run_matrix([ONE], 1)


@pytest.mark.parametrize("code", [1, 4, 5])
def test_a_suite_that_cannot_be_run_is_told(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    results(monkeypatch, {None: result([A])}, code)
    with pytest.raises(MutantRunError, match=rf"^the suite cannot be run on mutants: pytest ended with {code}$"):
        run_matrix([ONE], 1)


def test_a_run_that_is_ended_is_no_fault_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    results(monkeypatch, {None: result([A])}, int(pytest.ExitCode.INTERRUPTED))
    with pytest.raises(KeyboardInterrupt):
        run_matrix([ONE], 1)


def test_a_mutant_is_run_on_what_reaches_it() -> None:
    reached = {A: frozenset({"puller.error"}), B: frozenset({"puller.pull"}), C: frozenset({"puller.error"})}
    assert cases_reaching(mutant("reports-the-first-error-only"), reached) == {A, C}
    assert cases_reaching(mutant("finds-no-id"), reached) == {A, B, C}


def test_what_others_have_failed_is_left_out_once_a_mutant_is_killed() -> None:
    outcomes = {A: "passed"}
    economy = RedundantCaseSkipper(outcomes, frozenset({B}))
    asked = [item(each) for each in (B, C)]
    assert [economy.pytest_runtest_protocol(each) for each in asked] == [None, None]  # type: ignore[arg-type]
    outcomes[A] = "failed"
    assert [economy.pytest_runtest_protocol(each) for each in asked] == [True, None]  # type: ignore[arg-type]
