"""The house: imports go downwards, a name has one meaning, a file fits in the head."""

import ast
import importlib
import inspect
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import conformance.plugin

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "conformance"
GENERATED = PACKAGE / "cri" / "v1"
MOST_LINES = 400
LONG = 300

WHY_LONG = {
    "conformance/images/builder.py": "the builder's whole vocabulary, of which each part needs the others",
    "conformance/runtime/runtime.py": "what a case may ask of a runtime, each with its prediction",
    "conformance/suite/cri/test_cri_pull.py": "one family",
    "conformance/suite/policy/test_signature_policy.py": "one family",
    "conformance/suite/pulls/test_mirrors.py": "one family",
    "conformance/suite/store/test_artifacts.py": "one family",
    "conformance/suite/store/test_store.py": "one family",
    "conformance/suite/volumes/test_image_volumes.py": "one family",
    "conformance/suite/volumes/test_volume_artifacts.py": "one family",
    "conformance/suite/volumes/test_volume_content.py": "one family",
    "conformance/suite/volumes/test_volume_lifecycle.py": "one family",
    "conformance/suite/volumes/test_volume_paths.py": "one family",
}
"""Files of more than 300 lines, and why each is one. A family of the suite is a file, and totals go by families."""

MUTANTS = PACKAGE / "simulator" / "mutants"
"""A module there is named after the family that its mutants are about."""

TWO_SIDES = {
    "attached": "what already runs on a socket: as a target that is found, and as a runtime that is asked",
    "explain": "the command line of it, and what it does",
}
"""Names of two modules that are the same thing from two sides."""


def modules() -> list[Path]:
    """Give the package's modules, generated ones left out."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if GENERATED not in path.parents]


def classes() -> list[tuple[str, ast.ClassDef]]:
    """Give the public classes with the files that they are in; a class of cases is not one that anybody names."""
    return [
        (str(path.relative_to(PACKAGE)), node)
        for path in modules()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith(("_", "Test"))
    ]


def test_no_import_runs_upwards() -> None:
    """The layers are in pyproject.toml."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_fits_in_the_head() -> None:
    tests = [path for path in ROOT.joinpath("tests").rglob("*.py") if path.is_file()]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in [*modules(), *tests]}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
    long = {name for name, count in lines.items() if count > LONG and not name.startswith("tests/")}
    assert long == WHY_LONG.keys()


def test_a_class_name_has_one_meaning() -> None:
    count = Counter(node.name for _, node in classes())
    assert {name for name, number in count.items() if number > 1} == set()


def test_a_module_name_has_one_meaning() -> None:
    names = Counter(path.stem for path in modules() if path.stem != "__init__" and path.parent != MUTANTS)
    assert {name for name, number in names.items() if number > 1} == TWO_SIDES.keys()


def test_a_function_name_has_one_meaning() -> None:
    """What a module offers by a bare name; every command has its ``add_command``, ``run`` and ``main``."""
    functions = Counter(
        node.name
        for path in modules()
        if PACKAGE / "suite" not in path.parents
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith(("_", "pytest_"))
    )
    conventions = {"add_command", "run", "main", "serve"}
    assert {name for name, number in functions.items() if number > 1} - conventions == set()


def test_a_plugin_imports_from_earlier_ones_alone() -> None:
    """Else pytest warns that it cannot rewrite the assertions of the later one, which is there already."""
    seen: set[str] = set()
    for name in conformance.plugin.pytest_plugins:
        path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        imported = {
            node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        } & set(conformance.plugin.pytest_plugins)
        assert imported <= seen, name
        seen.add(name)


def test_exceptions_end_in_error() -> None:
    found = set()
    for path in modules():
        relative = path.relative_to(ROOT).with_suffix("")
        if {"suite", "init", "__main__"} & set(relative.parts):  # pytest imports cases; the others are programs
            continue
        module = importlib.import_module(".".join(relative.parts).removesuffix(".__init__"))
        for name, each in vars(module).items():
            if inspect.isclass(each) and each.__module__ == module.__name__ and issubclass(each, BaseException):
                found.add(name)
    assert len(found) > 20
    assert {name for name in found if not name.endswith("Error")} == set()


@pytest.mark.parametrize(
    "room", sorted({path.parent for path in modules()}), ids=lambda path: os.path.relpath(path, PACKAGE)
)
def test_a_room_says_what_it_is_for(room: Path) -> None:
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    assert text.count(". ") + text.count(".\n") + text.endswith(".") >= 2, "what it is for, what comes in and goes out"
