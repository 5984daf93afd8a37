"""Variants of the simulator with one fault each: what a real regression would be, so that the cases can be tested.

Every class here that takes the place of a piece of the simulator (``Variant``) is a mutant: its name in small letters
with hyphens is the mutant's, its docstring says the fault. ``release_line`` is the line that it is a fault of. Two more
do nothing at all: null runtimes.
"""

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any

from conformance.simulator.mutants import (
    artifacts,
    content,
    error_reporting,
    login,
    manifests,
    mended,
    mirrors,
    names,
    null_servicers,
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
    *(artifacts, signature_policy, manifests, registry_answers, mended),
)
DEFAULT_LINE = "1.36"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class UnknownMutantError(ValueError):
    """There is no mutant of that name: one sentence that says which is near, and what names all ``known`` ones."""

    def __init__(self, what: str, name: str, known: Iterable[str], command: str) -> None:
        near = get_close_matches(name, known)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        super().__init__(f"{what} {name}: {hint}`{command}` names all there are")


@dataclass(frozen=True)
class Mutant:
    """One fault: its name, one sentence, the release line whose behaviour it breaks, and the variant that has it.

    ``subject`` is what the fault is about, some words: the name of the module in which it stands.
    A null runtime, ``is_null``, does nothing at all, and is none of the faults that a regression would be.
    """

    name: str
    fault: str
    line: str
    variant: Variant
    is_null: bool = False
    subject: str = ""


@cache
def mutants() -> dict[str, Mutant]:
    """Give all mutants by name, in the order in which they are written."""
    return {each.name: each for module in MODULES for each in _in(module)}


@cache
def null_runtimes() -> dict[str, Mutant]:
    """Give the null runtimes by name."""
    servicers: tuple[Any, ...] = (null_servicers.RefusesEverything, null_servicers.AcceptsEverything)
    variants = {each: Variant(images=each, runtime=each) for each in servicers}
    found = [Mutant(_name(each), _fault(each), DEFAULT_LINE, variants[each], is_null=True) for each in servicers]
    return {each.name: each for each in found}


def mutant(name: str) -> Mutant:
    """Give the mutant or null runtime of that name; raises ``UnknownMutantError``."""
    known = {**mutants(), **null_runtimes()}
    if (found := known.get(name)) is None:
        raise UnknownMutantError("there is no mutant", name, known, "crio-conformance mutants --list")
    return found


def _in(module: ModuleType) -> list[Mutant]:
    found = []
    subject = module.__name__.rpartition(".")[2].replace("_", " ")
    for name_, class_ in vars(module).items():
        ours = inspect.isclass(class_) and class_.__module__ == module.__name__ and not name_.startswith("_")
        if ours and (piece := _piece(class_)):
            line: str = getattr(class_, "release_line", DEFAULT_LINE)
            replaced: dict[str, Any] = {piece: class_}
            found.append(Mutant(_name(class_), _fault(class_), line, Variant(**replaced), subject=subject))
    return found


def _name(class_: type) -> str:
    return _WORD.sub("-", class_.__name__).lower()


def _fault(class_: type) -> str:
    return (class_.__doc__ or "").partition("\n")[0]


def _piece(class_: type) -> str:
    """Name the field of ``Variant`` that a class may stand in, empty where there is none."""
    pieces = vars(Variant())
    return next((piece for piece, usual in pieces.items() if issubclass(class_, usual) and class_ is not usual), "")
