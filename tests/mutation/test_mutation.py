"""The mutants, and the matrix of mutants and cases."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.commands import main
from conformance.model.image_service import ImageService
from conformance.model.profile import NEWEST
from conformance.model.pull_sources import Settings
from conformance.model.release import Release
from conformance.mutation import mutant_runs
from conformance.mutation.matrix import Matrix, SuiteResult, matrix_lines, unexplained, unkilled_reasons
from conformance.mutation.mutant_runs import MutantRun, MutantRunError, run_matrix
from conformance.mutation.reach import EVERYWHERE, ReachRecorder, faulty_methods
from conformance.simulator import Variant
from conformance.simulator.mutants import MODULES, Mutant, UnknownMutantError, mutant, mutants

ONE, TWO = mutant("search-order-reversed"), mutant("enforces-before-its-time")
A, B, C = "test_names.py::test_a[x]", "test_names.py::test_a[y]", "test_store.py::TestB::test_c"


# The mutants


@pytest.mark.parametrize("each", mutants().values(), ids=mutants())
def test_a_mutant_has_one_fault_in_one_piece_told_in_a_sentence(each: Mutant) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", each.name)
    assert re.fullmatch(r"[A-Z].*\.", each.fault)
    assert each.line in {Release(known).line for known in NEWEST}
    usual, pieces = vars(Variant()), vars(each.variant)
    (changed,) = [name for name in usual if pieces[name] is not usual[name]]
    assert issubclass(pieces[changed], usual[changed])
    assert mutant(each.name) is each


def test_every_class_that_is_a_piece_is_a_mutant_and_no_two_are_alike() -> None:
    pieces = tuple(vars(Variant()).values())
    written = [
        class_
        for module in MODULES
        for name, class_ in vars(module).items()
        if isinstance(class_, type)
        and class_.__module__ == module.__name__
        and issubclass(class_, pieces)
        and not name.startswith("_")
    ]
    assert len(written) == len(mutants()) >= 40
    assert len({each.fault for each in mutants().values()}) == len(mutants())


def test_every_kind_of_piece_is_faulty_somewhere() -> None:
    usual = vars(Variant())
    changed = {name for each in mutants().values() for name in usual if vars(each.variant)[name] is not usual[name]}
    assert changed >= {"loader", "service", "puller", "client", "images"}


def test_a_mutant_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        UnknownMutantError, match=r"^there is no mutant nonsense: there are search-order-reversed, "
    ) as caught:
        mutant("nonsense")
    assert str(caught.value).endswith(list(mutants())[-1])


# The matrix, told


def result(ran: Iterable[str], failed: Iterable[str] = ()) -> SuiteResult:
    return SuiteResult(frozenset(ran), frozenset(failed))


SOUND = {"1.36": result([A, B, C]), "1.33": result([A, B])}


def test_what_no_case_caught_and_what_was_never_failed() -> None:
    found = Matrix(SOUND, {ONE: result([A, B, C], [A]), TWO: result([A, B])})
    assert (found.survivors, found.unkilled) == ([TWO], [B, C])
    assert list(matrix_lines(found, {})) == [
        f"search-order-reversed (1.36): {ONE.fault}",
        "    caught by 1 case: test_a",
        f"enforces-before-its-time (1.33): {TWO.fault}",
        "    SURVIVED: no case caught it",
        "",
        "2 mutants, 1 survived",
        "3 cases, 2 never failed",
        f"    NEVER FAILED: {B}: sharpen it, or write a mutant that it catches",
        f"    NEVER FAILED: {C}: sharpen it, or write a mutant that it catches",
    ]


def test_catchers_are_counted_by_function_and_three_are_named() -> None:
    failed = [A, B, C, *(f"test_x.py::test_{letter}" for letter in "defg")]
    lines = list(matrix_lines(Matrix(SOUND, {ONE: result(failed, failed)}), {}))
    assert lines[1].startswith("    caught by 7 cases: test_a (2), ")
    assert lines[1].endswith(" and 3 more")


@pytest.mark.parametrize(
    ("why", "left", "line"),
    [
        ({}, [B, C], None),
        ({C: "It is so."}, [B], "    1 case: It is so."),
        ({"test_names.py::test_a": "It is so."}, [C], "    1 case: It is so."),
        ({B: "It is so.", C: "It is so."}, [], "    2 cases: It is so."),
        ({A: "It failed."}, [B, C], None),
        ({"test_a": "So.", "test_store.py::TestB": "So."}, [B, C], None),
    ],
)
def test_a_case_that_is_never_failed_may_have_a_reason(why: dict[str, str], left: list[str], line: str | None) -> None:
    found = Matrix(SOUND, {ONE: result([A, B, C], [A])})
    assert unexplained(found, why) == left
    lines = list(matrix_lines(found, why))
    assert [each.split(": ")[1] for each in lines if "NEVER FAILED" in each] == left
    assert [each for each in lines if re.match(r"    \d cases?: ", each)] == ([line] if line else [])


# Runs


def report(when: str, outcome: str, nodeid: str = f"../conformance/suite/{A}", **more: str) -> pytest.TestReport:
    facts: dict[str, Any] = {"nodeid": nodeid, "location": ("", 1, ""), "keywords": {}, "longrepr": None, **more}
    return pytest.TestReport(when=when, outcome=outcome, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reports", "ended"),
    [
        ([report("setup", "passed"), report("call", "passed"), report("teardown", "passed")], "passed"),
        ([report("setup", "passed"), report("call", "failed"), report("teardown", "passed")], "failed"),
        ([report("setup", "passed"), report("call", "skipped", wasxfail="so"), report("teardown", "passed")], "passed"),
        ([report("setup", "passed"), report("call", "passed"), report("teardown", "failed")], "failed"),
        ([report("setup", "passed"), report("call", "skipped"), report("teardown", "passed")], "skipped"),
        ([report("setup", "skipped"), report("teardown", "passed")], "skipped"),
        ([report("setup", "failed"), report("teardown", "passed")], "failed"),
    ],
)
def test_a_case_ends_with_the_gravest_of_its_phases(reports: list[pytest.TestReport], ended: str) -> None:
    outcomes: dict[str, str] = {}
    listener = mutant_runs._Listener(outcomes, ReachRecorder([]), {})
    for each in reports:
        listener.pytest_runtest_logreport(each)
    assert outcomes == {A: ended}


def test_a_result_is_read_from_its_file(tmp_path: Path) -> None:
    mutant_run = MutantRun("1.33", TWO, tmp_path)
    mutant_run.file.write_text(json.dumps({"ran": [A, B], "failed": [B]}))
    assert mutant_run.result() == result([A, B], [B])


@pytest.mark.parametrize(("wrong", "said"), [(ONE, ONE.name), (None, "the simulator")])
def test_a_run_without_a_result_is_told(tmp_path: Path, wrong: Mutant | None, said: str) -> None:
    with pytest.raises(MutantRunError, match=rf"^the run of {said} on 1\.36 came to no end$"):
        MutantRun("1.36", wrong, tmp_path).result()


def results(monkeypatch: pytest.MonkeyPatch, of: dict[str | None, SuiteResult], code: int = 0) -> list[MutantRun]:
    """Let runs of the suite come to these results, else fail one case; gives which are made."""
    made: list[MutantRun] = []

    def collect(sound: Sequence[MutantRun], faulty: Sequence[MutantRun], _jobs: int, *, whole: bool) -> None:
        del whole
        made.extend([*sound, *faulty])

    def main(_arguments: list[str], **_plugins: object) -> int:
        for mutant_run in made:
            found = of.get(mutant_run.mutant.name if mutant_run.mutant else None, result([A], [A]))
            mutant_run.file.write_text(json.dumps({"ran": [*found.ran], "failed": [*found.failed]}))
        return code

    monkeypatch.setattr(mutant_runs, "MutantRunsPlugin", collect)
    monkeypatch.setattr(mutant_runs, "pytest", SimpleNamespace(main=main))
    return made


def test_each_line_is_run_without_a_fault_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = results(monkeypatch, {None: result([A])})
    third = mutant("never-enforces")
    found = run_matrix([ONE, TWO, third], 2)
    assert [(each.line, each.mutant) for each in made] == [
        *(("1.36", None), ("1.33", None)),
        *(("1.36", ONE), ("1.33", TWO), ("1.36", third)),
    ]
    assert len({each.file for each in made}) == len(made)
    assert (list(found.sound), list(found.killed)) == (["1.36", "1.33"], [ONE, TWO, third])


def test_a_case_that_fails_without_a_fault_spoils_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    results(monkeypatch, {None: result([A, B, C], [C, B])})
    with pytest.raises(MutantRunError, match=re.escape(f"without a fault, 2 cases fail on 1.36, such as {B}")):
        run_matrix([ONE], 1)


@pytest.mark.parametrize("code", [1, 2, 4, 5])
def test_a_suite_that_cannot_be_run_is_told(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    results(monkeypatch, {None: result([A])}, code)
    with pytest.raises(MutantRunError, match=rf"^the suite cannot be run on the simulator: pytest ended with {code}$"):
        run_matrix([ONE], 1)


# What a case reaches


def test_a_fault_is_where_the_mutant_has_another_method() -> None:
    assert faulty_methods(mutant("reports-the-first-error-only")) == {"puller.error"}
    assert faulty_methods(mutant("finds-no-id")) == {EVERYWHERE}  # in how the store is made


def test_every_mutant_is_faulty_somewhere() -> None:
    assert [each.name for each in mutants().values() if not faulty_methods(each)] == []


def test_a_recorder_tells_what_is_called_and_changes_nothing() -> None:
    recorder = ReachRecorder([mutant("reports-the-first-error-only"), mutant("lists-nothing")])
    service = recorder.mutant.variant.service(Settings(), puller=recorder.mutant.variant.puller)
    assert recorder.reached == set()
    assert service.list() == ImageService(Settings()).list()
    assert recorder.reached == {"service.list"}


def test_a_mutant_is_run_on_what_reaches_it_and_first_on_what_none_has_failed() -> None:
    reached = {A: frozenset({"puller.error"}), B: frozenset({"puller.pull"}), C: frozenset({"puller.error"})}
    assert mutant_runs.cases_reaching(mutant("reports-the-first-error-only"), reached) == {A, C}
    assert mutant_runs.cases_reaching(mutant("finds-no-id"), reached) == {A, B, C}
    items = [SimpleNamespace(nodeid=each) for each in (A, B, C)]
    order = mutant_runs.least_failed_first(items, frozenset({A, C}), Counter({A: 2, B: 1}))  # type: ignore[arg-type]
    assert [each.nodeid for each in order] == [C, A]


def test_what_others_have_failed_is_left_out_once_a_mutant_is_caught() -> None:
    outcomes = {A: "passed"}
    economy = mutant_runs._Economy(outcomes, frozenset({B}))
    asked = [SimpleNamespace(nodeid=each) for each in (B, C)]
    assert [economy.pytest_runtest_protocol(each) for each in asked] == [None, None]  # type: ignore[arg-type]
    outcomes[A] = "failed"
    assert [economy.pytest_runtest_protocol(each) for each in asked] == [True, None]  # type: ignore[arg-type]


# The command


@pytest.mark.parametrize(
    ("names", "of", "code"),
    [
        ([ONE.name], {None: result([A]), ONE.name: result([A], [A])}, 0),
        ([ONE.name], {None: result([A, B]), ONE.name: result([A, B], [A])}, 0),
        ([ONE.name], {None: result([A]), ONE.name: result([A])}, 1),
        ([ONE.name, TWO.name], {None: result([A]), TWO.name: result([A])}, 1),
        ([ONE.name], {}, 2),
        (["nonsense"], {}, 2),
        ([], {None: result([A])}, 0),
        ([], {None: result([A, B])}, 1),
        ([], {None: result([A]), TWO.name: result([A])}, 1),
    ],
)
def test_the_exit_code_says_whether_all_is_caught(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    names: list[str],
    of: dict[str | None, SuiteResult],
    code: int,
) -> None:
    results(monkeypatch, of)
    assert main.main(["mutants", *names, "--jobs", "0"]) == code
    out, error = capsys.readouterr()
    assert (error.startswith("crio-conformance mutants: ") and error.count("\n") == 1) is (code == 2)
    assert (f"{len(names) or len(mutants())} mutants, " in out) is (code != 2)


@pytest.mark.parametrize("names", [[], [TWO.name, ONE.name]])
def test_a_list_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], names: list[str]
) -> None:
    made = results(monkeypatch, {})
    assert main.main(["mutants", *names, "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [each.partition(" ")[0] for each in lines] == (names or list(mutants()))
    assert made == []


@pytest.mark.parametrize(
    ("name", "cases", "code", "said"),
    [
        ("never-enforces", "refused_as_ambiguous", 0, "caught by 9 cases: TestSeveralCandidates::"),
        ("never-enforces", "full_name_is_never_ambiguous", 1, "SURVIVED: no case caught it"),
        (
            "enforces-before-its-time",
            "no_such_case",
            2,
            "the suite cannot be run on the simulator: pytest ended with 5",
        ),
    ],
)
def test_mutants_are_run_for_real(own_tmpdir: Path, name: str, cases: str, code: int, said: str) -> None:
    env = {**os.environ, "TMPDIR": str(own_tmpdir), "PYTEST_ADDOPTS": f"-k {cases}"}
    command = [sys.executable, "-m", "conformance.commands.main", "mutants", name, "--jobs", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, env=env, cwd=own_tmpdir, timeout=60, check=False)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stdout + ended.stderr
    assert [each.name for each in own_tmpdir.iterdir() if "mutants" in each.name] == []


# The reasons


def test_the_reasons_are_sentences_about_cases_that_exist() -> None:
    functions = set()
    for file in Path(str(files("conformance.suite"))).rglob("test_*.py"):
        for node in ast.parse(file.read_text()).body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            class_ = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            functions |= {f"{file.name}::{class_}{each.name}" for each in inside if isinstance(each, ast.FunctionDef)}
    assert {case.partition("[")[0] for case in unkilled_reasons()} <= functions
    assert all(re.fullmatch(r"[A-Z].*\.", why) for why in unkilled_reasons().values())
