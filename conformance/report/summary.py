"""The end of a run: totals per family, deviations met, and what could not be run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.report.alike import EXAMPLES, grouped
from conformance.report.wording import wording_key

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


def count_differences(differing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Count the cases in which the model and the runtime differ alike; each such difference once, with some cases.

    A difference begins with the call and what of it was compared: ``PullImage team/app, asked:``, both sides below.
    """
    pairs = [(case, each) for case, differences in differing.items() for each in differences]
    for same in sorted(grouped(pairs, lambda pair: _difference_key(pair[1])), key=len, reverse=True):
        cases = list(dict.fromkeys(case for case, _ in same))
        head, *sides = same[0][1].splitlines()
        call, what = _compared(head)
        some = f"{', '.join(cases[:EXAMPLES])}{', …' if len(cases) > EXAMPLES else ''}"
        yield f"{len(cases):>4} {'case' if len(cases) == 1 else 'cases'}: {call}, {what}, such as {some}"
        yield from (f"      {line}" for line in sides)


def _compared(head: str) -> tuple[str, str]:
    """Give the call and what of it was compared, without what it was about."""
    call, _, what = head.removesuffix(":").rpartition(", ")
    return call.partition(" ")[0], what


def _difference_key(difference: str) -> str:
    head, _, sides = difference.partition("\n")
    name = head.rpartition(", ")[0].partition(" ")[2]
    return f"{_compared(head)} {wording_key(sides, [name])}"
