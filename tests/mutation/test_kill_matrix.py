"""The matrix of mutants and cases: what it says, and the reasons for cases that kill none."""

import ast
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from conformance.mutation.kill_matrix import Matrix, matrix_lines
from conformance.mutation.reasons import KILLING_NONE, PASSING_ON_NULL, WeakCases, read_reasons, weak_cases
from conformance.simulator.mutants import null_runtimes
from tests.mutation.suite_results import ONE, REFUSES, TWO, A, B, C, result

SOUND = {"1.36": result([A, B, C]), "1.33": result([A, B])}


def test_what_no_case_killed_and_what_kills_none() -> None:
    found = Matrix(SOUND, {ONE: result([A, B, C], [A]), TWO: result([A, B])})
    assert (found.survivors, found.cases_killing_none) == ([TWO], [B, C])
    assert list(matrix_lines(found)) == [
        f"search-order-reversed (1.36): {ONE.fault}",
        "    killed by 1 case: test_a",
        f"enforces-before-its-time (1.33): {TWO.fault}",
        "    SURVIVED: no case killed it",
        "",
        "3 cases, 2 mutants, 1 survived",
    ]
    remedy = "sharpen it, or write a mutant that it kills, or say why in killing_none.toml"
    assert list(weak_cases(found)[0].lines()) == [
        "2 kill none",
        f"    KILL NONE: {B}: {remedy}",
        f"    KILL NONE: {C}: {remedy}",
    ]


def test_what_passes_on_a_null_runtime_kills_and_is_told_whatever_the_line() -> None:
    older = replace(REFUSES, line="1.33")
    found = Matrix(SOUND, {REFUSES: result([A, B, C], [A, B], [C]), older: result([A, B], [A]), ONE: result([A], [A])})
    assert (found.survivors, found.cases_killing_none) == ([], [B, C])
    assert found.passing_on_null == {REFUSES.name: [B]}
    assert list(matrix_lines(found))[:4] == [
        f"refuses-everything (1.36): {REFUSES.fault}",
        "    0 of 3 cases pass",
        f"refuses-everything (1.33): {REFUSES.fault}",
        "    1 of 2 cases pass",
    ]
    (weak,) = weak_cases(found)[1:]
    assert (weak.verb, weak.cases) == ("pass on refuses-everything", [B])


def test_killers_are_counted_by_function_and_three_are_named() -> None:
    failed = [A, B, C, *(f"test_x.py::test_{letter}" for letter in "defg")]
    lines = list(matrix_lines(Matrix(SOUND, {ONE: result(failed, failed)})))
    assert lines[1].startswith("    killed by 7 cases: test_a (2), ")
    assert lines[1].endswith(" and 3 more")


@pytest.mark.parametrize(
    ("why", "left", "line"),
    [
        ({}, [B, C], None),
        ({C: "It is so."}, [B], "    1 case: It is so."),
        ({"test_names.py::test_a": "It is so."}, [C], "    1 case: It is so."),
        ({B: "It is so.", C: "It is so."}, [], "    2 cases: It is so."),
        ({"test_a": "So.", "test_store.py::TestB": "So."}, [B, C], None),
    ],
)
def test_a_weak_case_may_have_a_reason(why: dict[str, str], left: list[str], line: str | None) -> None:
    weak = WeakCases("kill none", [B, C], why, "sharpen it")
    lines = list(weak.lines())
    assert weak.unexplained == left
    assert [each.split(": ")[1] for each in lines if "KILL NONE" in each] == left
    assert [each for each in lines if re.match(r"    \d cases?: ", each)] == ([line] if line else [])


def test_a_reason_for_no_weak_case_is_told() -> None:
    weak = WeakCases("kill none", [B], {A: "So.", B: "So.", "test_store.py::TestB::test_c": "So."}, "sharpen it")
    assert weak.outdated == [A, "test_store.py::TestB::test_c"]
    assert f"    NO LONGER: {A}: take its reason away" in list(weak.lines())


@pytest.mark.parametrize(
    ("file", "kinds"),
    [(KILLING_NONE, {"case", "containers"}), (PASSING_ON_NULL, set(null_runtimes()))],
    ids=["killing", "passing"],
)
def test_the_reasons_are_sentences_about_cases_that_exist(file: str, kinds: set[str]) -> None:
    functions = set()
    for path in Path(str(files("conformance.suite"))).rglob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            class_ = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            functions |= {f"{path.name}::{class_}{each.name}" for each in inside if isinstance(each, ast.FunctionDef)}
    reasons = read_reasons(file)
    assert set(reasons) <= kinds
    for why in reasons.values():
        assert {case.partition("[")[0] for case in why} <= functions
        assert all(re.fullmatch(r"[A-Z].*\.", each) for each in why.values())
