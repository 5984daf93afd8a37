"""The end of a run: totals per family, deviations met, and what could not be run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def count_differences(differing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Count the cases in which the model and the runtime differ, by call and what about it; each with one such case.

    A difference begins with the call and what of it was compared: ``PullImage team/app, error:``, both sides below.
    """
    cases: dict[str, dict[str, None]] = {}
    for case, differences in differing.items():
        for each in differences:
            call, _, what = each.partition(":\n")[0].rpartition(", ")
            cases.setdefault(f"{call.partition(' ')[0]}, {what}", {})[case] = None
    for kind, found in sorted(cases.items(), key=lambda each: -len(each[1])):
        yield f"{len(found):>4} {'case' if len(found) == 1 else 'cases'}: {kind}, such as {next(iter(found))}"
