"""The behaviours that the suite states, read from its files: no case is collected, which takes seconds.

A behaviour is a test function; its sentence is the first line of the docstring.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class StatedBehaviour:
    """What a test function of the suite states.

    ``name`` is that of its cases below ``conformance/suite/``, without parameters
    (``pulls/test_login.py::TestPrivate::test_it``); ``upstream`` are the issues that it is about.
    """

    name: str
    family: str
    sentence: str
    upstream: tuple[str, ...]

    @property
    def short_name(self) -> str:
        """Its name as ``deviations.toml`` has it, without the folder."""
        return self.name.partition("/")[2]


def read_behaviours() -> list[StatedBehaviour]:
    """Read the behaviours of the suite, in the order in which pytest runs them."""
    folders = (each for each in files("conformance.suite").iterdir() if each.is_dir())
    return [found for folder in sorted(folders, key=_name) for found in _of_folder(folder)]


def _name(file: Traversable) -> str:
    return file.name


def _of_folder(folder: Traversable) -> Iterator[StatedBehaviour]:
    for file in sorted(folder.iterdir(), key=_name):
        if file.name.startswith("test_") and file.name.endswith(".py"):
            yield from behaviours_in(file.read_text(encoding="utf-8"), f"{folder.name}/{file.name}")


def behaviours_in(source: str, name: str) -> Iterator[StatedBehaviour]:
    """Read the behaviours in a file of cases; ``name`` is its folder and name."""
    family = name.partition("/")[2].removeprefix("test_").removesuffix(".py").replace("_", " ")
    for function, path, decorators in _functions(ast.parse(source).body, name, ()):
        sentence = (ast.get_docstring(function) or "").partition("\n")[0]
        yield StatedBehaviour(path, family, sentence, tuple(dict.fromkeys(_issues(decorators))))


def _functions(
    body: Sequence[ast.stmt], path: str, decorators: tuple[ast.expr, ...]
) -> Iterator[tuple[ast.FunctionDef, str, tuple[ast.expr, ...]]]:
    """Give the test functions, with their names and the decorators of theirs and of the classes around them."""
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node, f"{path}::{node.name}", (*node.decorator_list, *decorators)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _functions(node.body, f"{path}::{node.name}", (*node.decorator_list, *decorators))


def _issues(decorators: Iterable[ast.expr]) -> Iterator[str]:
    """Give what ``pytest.mark.upstream(…)`` says, also of a case among parameters."""
    for node in (node for each in decorators for node in ast.walk(each)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "upstream":
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))
