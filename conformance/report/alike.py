"""Failures, and differences from the model, that are the same in several cases: told once, with their number."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from conformance.report.wording import wording_key

EXAMPLES = 3
"""How many cases are named of those that are alike."""

T = TypeVar("T")


def failure_key(longrepr: Any, details: Iterable[str], names: Iterable[str]) -> str:
    """Give what failures have in common that are one: the statement that failed, and what it and ``details`` say.

    ``longrepr`` is pytest's, whose place in the code counts where it has one; ``names`` are the images that stand for
    the case. It is a digest, since what it is made from may hold what is not shown.
    """
    crash = getattr(longrepr, "reprcrash", None)
    place = f"{crash.path}:{crash.lineno}" if crash else ""
    names = list(names)
    said = [crash.message if crash else str(longrepr), *details]
    return hashlib.sha256("\n".join([place, *(wording_key(each, names) for each in said)]).encode()).hexdigest()


def grouped(things: Iterable[T], key: Callable[[T], object]) -> list[list[T]]:
    """Put together what has the same key, in the order in which each came first."""
    groups: dict[object, list[T]] = {}
    for each in things:
        groups.setdefault(key(each), []).append(each)
    return list(groups.values())


def others_alike(first: str, others: Sequence[str]) -> str:
    """Say that others fail like the first: how many, and which some are; nothing where there are none.

    Of one with other parameters only these are written.
    """
    if not others:
        return ""
    fails = "1 more case fails" if len(others) == 1 else f"{len(others)} more cases fail"
    function = first.partition("[")[0]
    named = [each.removeprefix(function) if each.startswith(f"{function}[") else each for each in others[:EXAMPLES]]
    return f"{fails} with the same: {', '.join(named)}{', …' if len(others) > EXAMPLES else ''}"
