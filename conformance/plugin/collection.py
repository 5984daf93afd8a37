"""How cases are collected: under which names, and by which words they are found."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.deviations import Deviation

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
    """Let ``-k`` find cases by the upstream issue that they are about, or by which releases deviate in them."""
    for mark in item.iter_markers("upstream"):
        item.extra_keyword_matches.update(mark.args)
    if SUITE in item.path.parents:
        case = f"{item.path.name}::{item.nodeid.partition('::')[2]}"
        item.extra_keyword_matches.update(
            each.upstream for each in _known_deviations().get(item.path.name, ()) if each.names(case)
        )


@cache
def _known_deviations() -> dict[str, list[Deviation]]:
    """Give the known deviations by the names of the files whose cases they are about."""
    from conformance.deviations import load_deviations

    found: dict[str, list[Deviation]] = {}
    for deviation in load_deviations():
        for file in {case.partition("::")[0] for case in deviation.cases}:
            found.setdefault(file, []).append(deviation)
    return found


def case_of(case: pytest.Item | pytest.TestReport) -> str:
    """Name a case as ``deviations.toml`` does: its file, without folders, and what follows.

    The file is that of its location: a node ID has none where pytest was given a module of another folder.
    """
    return f"{PurePath(case.location[0]).name}::{case.nodeid.partition('::')[2]}"
