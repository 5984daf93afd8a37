"""How cases are collected: under which names, and by which words they are found."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

SUITE = Path(__file__).parents[1] / "suite"


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Name the cases of the suite ``conformance/suite/…`` wherever it is installed, and from wherever it is run.

    Else JUnit's class names, and what a report tells to be run again, depend on where one stands.
    """
    if SUITE not in module_path.parents:
        return None
    name = PurePath("conformance", "suite", module_path.relative_to(SUITE))
    module: pytest.Module = pytest.Module.from_parent(parent, path=module_path, nodeid=str(name))
    return module


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ``-k`` find cases by their upstream issue."""
    for mark in item.iter_markers("upstream"):
        item.extra_keyword_matches.update(mark.args)
