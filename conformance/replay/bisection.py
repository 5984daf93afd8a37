"""Where among runtimes, in order, a scenario began to go otherwise: by halves, each played once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.replay.behaviour import Behaviour, changes, is_alike, level_of_change

T = TypeVar("T")


@dataclass(frozen=True)
class FoundChange:
    """The last that does as the first of all, and the next, which does not; ``level`` is what differs, if anything."""

    level: str
    before: Behaviour
    after: Behaviour

    def lines(self) -> list[str]:
        """Say what was found."""
        ends = [self.before.summary, self.after.summary]
        if not self.level:
            return [*ends, "Nothing changed between them."]
        first = f"First otherwise: {self.after.target}; the last before it that is at hand: {self.before.target}."
        return [
            *ends,
            f"{first} Otherwise is {self.level}:",
            *(f"  {line}" for line in changes(self.before, self.after)),
        ]


def find_change(candidates: Sequence[T], play: Callable[[T], Behaviour]) -> FoundChange:
    """Look among candidates, two at least, for the first that does otherwise than the first of all.

    Where the last one does the same, nothing has changed as far as that shows.
    """
    good, bad = 0, len(candidates) - 1
    before, after = play(candidates[good]), play(candidates[bad])
    level = level_of_change(before, after)
    while level and bad - good > 1:
        middle = (good + bad) // 2
        done = play(candidates[middle])
        if is_alike(level, before, done):
            good, before = middle, done
        else:
            bad, after = middle, done
    return FoundChange(level, before, after)
