"""Which methods of the simulator a case reaches: a fault elsewhere cannot show in it, so it need not be run there."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.simulator.mutants import Mutant
from conformance.simulator.variant import Variant

EVERYWHERE = "*"
"""Stands for a fault that any case may reach: in how a piece is made, or in what is no method."""

Reached = Mapping[str, frozenset[str]]
"""By case, the methods that it reached."""


def faulty_methods(mutant: Mutant) -> frozenset[str]:
    """Name the methods that are other ones in a mutant, as ``puller.candidate``, or give ``EVERYWHERE``."""
    usual = vars(Variant())
    ((piece, class_),) = ((name, each) for name, each in vars(mutant.variant).items() if each is not usual[name])
    own = [each for each in class_.__mro__ if each not in usual[piece].__mro__]
    return frozenset(
        _reached(piece, usual[piece], name) for each in own for name in vars(each) if _counts(usual[piece], name)
    )


def _counts(usual: type, name: str) -> bool:
    """Tell whether a name in a mutant's class takes the place of one that there is."""
    return name == "__init__" or (not name.startswith("__") and hasattr(usual, name))


def _reached(piece: str, usual: type, name: str) -> str:
    """Name what is reached when a piece's method is called."""
    plain = name != "__init__" and inspect.isfunction(inspect.getattr_static(usual, name))
    return f"{piece}.{name}" if plain else EVERYWHERE


class ReachRecorder:
    """Makes a sound variant that records which methods are called; ``reached`` holds them until it is cleared."""

    def __init__(self, mutants: Iterable[Mutant]) -> None:
        self.reached: set[str] = set()
        usual = vars(Variant())
        methods = {each for mutant in mutants for each in faulty_methods(mutant)} - {EVERYWHERE}
        pieces: dict[str, Any] = {}
        for piece, class_ in usual.items():
            names = [each.partition(".")[2] for each in methods if each.startswith(f"{piece}.")]
            recording = {name: self._recording(f"{piece}.{name}", getattr(class_, name)) for name in names}
            pieces[piece] = type(class_.__name__, (class_,), recording)
        self.mutant = Mutant("sound", "It has no fault.", "", Variant(**pieces))

    def _recording(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Give a method that puts on record that it is called."""

        @functools.wraps(method)
        def recording(*arguments: Any, **options: Any) -> Any:
            self.reached.add(name)
            return method(*arguments, **options)

        return recording


def cases_reaching(mutant: Mutant, reached: Reached) -> frozenset[str]:
    """Give the cases in which a mutant may show itself: those that ran without it and reached what is faulty."""
    faulty = faulty_methods(mutant)
    return frozenset(case for case, methods in reached.items() if EVERYWHERE in faulty or faulty & methods)
