"""Variants of the simulator with one fault each: what a real regression would be, so that the cases can be tested.

Every class here that takes the place of a piece of the simulator (``Variant``) is a mutant: its name in small letters
with hyphens is the mutant's, its docstring says the fault. ``release`` is the line that it is a fault of.
"""

import inspect
import re
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from conformance.simulator.mutants import (
    artifacts,
    content,
    error_reporting,
    login,
    manifests,
    mirrors,
    names,
    registries_conf,
    registry_answers,
    search_order,
    signature_policy,
    status,
    store,
    volumes,
)
from conformance.simulator.variant import Variant

MODULES: tuple[ModuleType, ...] = (
    *(names, registries_conf, search_order, mirrors, content, login, error_reporting, store, status, volumes),
    *(artifacts, signature_policy, manifests, registry_answers),
)
DEFAULT_LINE = "1.36"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class UnknownMutantError(ValueError):
    """There is no mutant of that name: one sentence that says which there are."""


@dataclass(frozen=True)
class Mutant:
    """One fault: its name, one sentence, the release line whose behaviour it breaks, and the variant that has it."""

    name: str
    fault: str
    line: str
    variant: Variant


@cache
def mutants() -> dict[str, Mutant]:
    """Give all mutants by name, in the order in which they are written."""
    return {each.name: each for module in MODULES for each in _in(module)}


def mutant(name: str) -> Mutant:
    """Give the mutant of that name; raises ``UnknownMutantError``."""
    if (found := mutants().get(name)) is None:
        msg = f"there is no mutant {name}: there are {', '.join(mutants())}"
        raise UnknownMutantError(msg)
    return found


def _in(module: ModuleType) -> list[Mutant]:
    found = []
    for name_, class_ in vars(module).items():
        ours = inspect.isclass(class_) and class_.__module__ == module.__name__ and not name_.startswith("_")
        if ours and (piece := _piece(class_)):
            name = _WORD.sub("-", class_.__name__).lower()
            fault = (class_.__doc__ or "").partition("\n")[0]
            line: str = getattr(class_, "release_line", DEFAULT_LINE)
            replaced: dict[str, Any] = {piece: class_}
            found.append(Mutant(name, fault, line, Variant(**replaced)))
    return found


def _piece(class_: type) -> str:
    """Name the field of ``Variant`` that a class may stand in, empty where there is none."""
    pieces = vars(Variant())
    return next((piece for piece, usual in pieces.items() if issubclass(class_, usual) and class_ is not usual), "")
