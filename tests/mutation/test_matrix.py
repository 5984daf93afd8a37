"""The matrix of mutants and cases: what it says, and the reasons for cases that kill none."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

from conformance.mutation.matrix import Matrix, matrix_lines, unexplained, why_cases_kill_no_mutant
from tests.mutation.suite_results import ONE, TWO, A, B, C, result

SOUND = {"1.36": result([A, B, C]), "1.33": result([A, B])}


def test_what_no_case_killed_and_what_kills_none() -> None:
    found = Matrix(SOUND, {ONE: result([A, B, C], [A]), TWO: result([A, B])})
    assert (found.survivors, found.cases_killing_none) == ([TWO], [B, C])
    assert list(matrix_lines(found, {})) == [
        f"search-order-reversed (1.36): {ONE.fault}",
        "    killed by 1 case: test_a",
        f"enforces-before-its-time (1.33): {TWO.fault}",
        "    SURVIVED: no case killed it",
        "",
        "2 mutants, 1 survived",
        "3 cases, 2 kill none",
        f"    KILLS NONE: {B}: sharpen it, or write a mutant that it kills",
        f"    KILLS NONE: {C}: sharpen it, or write a mutant that it kills",
    ]


def test_killers_are_counted_by_function_and_three_are_named() -> None:
    failed = [A, B, C, *(f"test_x.py::test_{letter}" for letter in "defg")]
    lines = list(matrix_lines(Matrix(SOUND, {ONE: result(failed, failed)}), {}))
    assert lines[1].startswith("    killed by 7 cases: test_a (2), ")
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
    assert [each.split(": ")[1] for each in lines if "KILLS NONE" in each] == left
    assert [each for each in lines if re.match(r"    \d cases?: ", each)] == ([line] if line else [])


def test_the_reasons_are_sentences_about_cases_that_exist() -> None:
    functions = set()
    for file in Path(str(files("conformance.suite"))).rglob("test_*.py"):
        for node in ast.parse(file.read_text()).body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            class_ = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            functions |= {f"{file.name}::{class_}{each.name}" for each in inside if isinstance(each, ast.FunctionDef)}
    assert {case.partition("[")[0] for case in why_cases_kill_no_mutant()} <= functions
    assert all(re.fullmatch(r"[A-Z].*\.", why) for why in why_cases_kill_no_mutant().values())
