"""The end of a run: totals per family, deviations met, and what could not be run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VERDICTS = ("passed", "deviates", "failed", "skipped")


@dataclass(frozen=True)
class Verdict:
    """How one case ended: its family, one of ``VERDICTS``, and the reason where it was skipped or deviates."""

    family: str
    verdict: str
    reason: str = ""


def totals_table(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Give the totals per family, a line each, and of all."""
    counts = Counter((each.family, each.verdict) for each in verdicts)
    families = sorted({family for family, _ in counts})
    width = max([len(family) for family in families] + [len("family")])
    yield f"{'family':<{width}}" + "".join(f"{verdict:>10}" for verdict in VERDICTS)
    for family in families:
        yield f"{family:<{width}}" + "".join(f"{counts[family, verdict]:>10}" for verdict in VERDICTS)
    totals = [sum(counts[family, verdict] for family in families) for verdict in VERDICTS]
    yield f"{'all':<{width}}" + "".join(f"{total:>10}" for total in totals)


def count_reasons(verdicts: Iterable[Verdict], verdict: str) -> Iterator[str]:
    """Count the reasons for one verdict, a line each, the most frequent first."""
    for reason, count in Counter(each.reason for each in verdicts if each.verdict == verdict).most_common():
        yield f"{count:>4} {'case' if count == 1 else 'cases'}: {reason}"
