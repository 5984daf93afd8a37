"""What changed from one run to another, read off their evidence, and put together by cause."""

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from conformance.evidence.case_records import CallRecord, CaseRecord, ExchangeRecord
from conformance.evidence.evidence_folder import RunEvidence
from conformance.model.go_releases import without_go_release
from conformance.report.alike import grouped
from conformance.report.issue_links import ISSUE
from conformance.report.wording import asked_images, edits, open_wording, requests_of

SLOWER = 2.0
"""How many times as long a case must take to be told of; between runs of one machine, half as long again is noise."""

NOTICEABLE = 2.0
"""Seconds below which nobody cares."""


TOOLS = "registry.k8s.io/conformance/tools:1"
"""The image of the suite's own containers, which the first case that has one on a CRI-O pulls, whichever that is."""


class ChangeKind(enum.Enum):
    """What changed."""

    FAILS = "newly failing"
    CREDENTIALS = "credentials shown to others"
    DEVIATES = "newly deviating"
    OTHERWISE = "deviating otherwise"
    HOLDS = "newly passing"
    RUNS = "run, or not run any more"
    ERROR = "the text of an error"
    ANSWER = "what a call gives"
    REQUESTS = "requests to registries"
    TIME = "time"
    CASES = "cases there are"


_ORDER = (
    {ChangeKind.FAILS},
    {ChangeKind.CREDENTIALS},
    {ChangeKind.DEVIATES, ChangeKind.OTHERWISE, ChangeKind.HOLDS, ChangeKind.RUNS},
    {ChangeKind.ERROR, ChangeKind.ANSWER, ChangeKind.REQUESTS},
    {ChangeKind.TIME, ChangeKind.CASES},
)
"""What is told first; among equals, what most cases show."""

_WORSE = {ChangeKind.FAILS, ChangeKind.DEVIATES, ChangeKind.CREDENTIALS}
_TOLD_BY_KUBELET = re.compile(r"\[(?:kubelet|cluster)\b")
"""Cases in which a kubelet calls: it looks again and again, and no two runs make the same calls."""


class CaseChange(NamedTuple):
    """One change in one case: before and after in words in which names and digests stand open."""

    kind: ChangeKind
    before: str
    after: str

    @property
    def cause(self) -> tuple[object, ...]:
        """What changes have in common that are one: the issue, for cases that speak of some releases only."""
        issue = ISSUE.search(f"{self.before} {self.after}") if self.kind is ChangeKind.RUNS else None
        return (self.kind, issue[0]) if issue else self


@dataclass(frozen=True)
class ChangeGroup:
    """Equal changes in several cases, which have one cause as far as anyone can see from outside."""

    change: CaseChange
    cases: Sequence[str]

    @property
    def is_worse(self) -> bool:
        """Whether what came after is worse."""
        return self.change.kind in _WORSE


def compare_runs(before: RunEvidence, after: RunEvidence) -> list[ChangeGroup]:
    """Compare two runs case by case; the gravest comes first, and then what most cases show."""
    old, new = (_by_case(run) for run in (before, after))
    return _grouped(
        (change, case) for case in dict.fromkeys((*old, *new)) for change in _changes(old.get(case), new.get(case))
    )


def verdict_changes(before: RunEvidence, after: RunEvidence) -> list[ChangeGroup]:
    """Compare only how the cases ended that both runs have."""
    old, new = (_by_case(run) for run in (before, after))
    both = ((_verdict_change(old[case], record), case) for case, record in new.items() if case in old)
    return _grouped((change, case) for change, case in both if change is not None)


def _by_case(run: RunEvidence) -> dict[str, CaseRecord]:
    return {each.case: each for each in run.cases}


def _grouped(changes: Iterable[tuple[CaseChange, str]]) -> list[ChangeGroup]:
    """Put equal changes together, the gravest first, and then what most cases show."""
    groups = [
        ChangeGroup(same[0][0], [case for _, case in same]) for same in grouped(changes, lambda each: each[0].cause)
    ]
    return sorted(groups, key=lambda each: (_tier(each.change.kind), -len(each.cases)))


def _tier(kind: ChangeKind) -> int:
    return next(number for number, kinds in enumerate(_ORDER) if kind in kinds)


def _changes(old: CaseRecord | None, new: CaseRecord | None) -> Iterator[CaseChange]:
    if old is None or new is None:
        yield CaseChange(
            ChangeKind.CASES, *("there is none" if each is None else "there is one" for each in (old, new))
        )
        return
    shown = [(_shown_to(each)) for each in (old, new)]
    if more := shown[1] - shown[0]:
        users = sorted({user for _, user in more})
        yield CaseChange(
            ChangeKind.CREDENTIALS, "", f"{', '.join(users)}: shown to {len(more)} more of the registry hosts"
        )
    change = _verdict_change(old, new)
    if change is not None:
        yield change
        return
    if old.verdict == "skipped":
        return
    yield from dict.fromkeys(_call_changes(old, new))
    if new.duration > NOTICEABLE and new.duration > SLOWER * old.duration:
        yield CaseChange(ChangeKind.TIME, "", f"takes more than {SLOWER:.0f} times as long")


def _verdict_change(old: CaseRecord, new: CaseRecord) -> CaseChange | None:
    told = [_told(each) for each in (old, new)]
    if told[0] == told[1]:
        return None
    kind = _VERDICT_CHANGES.get((old.verdict, new.verdict))
    if kind is None:
        kind = ChangeKind.FAILS if new.verdict == "failed" else ChangeKind.RUNS
    return CaseChange(kind, *told)


_VERDICT_CHANGES = {
    ("passed", "deviates"): ChangeKind.DEVIATES,
    ("deviates", "deviates"): ChangeKind.OTHERWISE,
    ("failed", "deviates"): ChangeKind.HOLDS,
    ("failed", "passed"): ChangeKind.HOLDS,
    ("deviates", "passed"): ChangeKind.HOLDS,
}
"""What a change of verdicts is called; all others are cases that fail, or that are run on one side alone."""


def _told(record: CaseRecord) -> str:
    """Say how a case ended, and why."""
    match record.verdict:
        case "passed":
            return "passes"
        case "deviates":
            return f"deviates ({record.reason})"
        case "skipped":
            return f"is not run ({record.reason})"
    return f"fails ({open_wording(record.reason, asked_images(record))})"


def _shown_to(record: CaseRecord) -> set[tuple[str, str]]:
    """Give the registry hosts that saw somebody's credentials."""
    return {(each.host, each.user) for each in record.exchanges if each.user}


def _call_changes(old: CaseRecord, new: CaseRecord) -> Iterator[CaseChange]:
    """Compare call by call, as far as both cases make the same calls."""
    if _TOLD_BY_KUBELET.search(old.case):
        return
    names = asked_images(old) | asked_images(new)
    made = [[call for call in each.calls if call.subject != TOOLS] for each in (old, new)]
    for before, after in zip_longest(*made):
        if before is None or after is None or before.name != after.name:
            names_made = edits(*(" ".join(call.name for call in each) for each in made))
            yield CaseChange(ChangeKind.ANSWER, *(f"calls: {each or 'none'}" for each in names_made))
            return
        yield from _answer_changes(before, after, names)
        asked = [requests_of(_within(record, call)) for record, call in ((old, before), (new, after))]
        if asked[0] != asked[1] and before.name == "PullImage":
            yield CaseChange(ChangeKind.REQUESTS, *(each or "nothing" for each in edits(*asked)))


def _answer_changes(before: CallRecord, after: CallRecord, names: set[str]) -> Iterator[CaseChange]:
    errors = [
        open_wording(without_go_release(each.error.message), names) if each.error else "" for each in (before, after)
    ]
    if errors[0] != errors[1]:
        said = edits(*errors) if all(errors) else tuple(each or "no error" for each in errors)
        yield CaseChange(ChangeKind.ERROR, *(f"{before.name}: {each or 'nothing'}" for each in said))
        return
    facts = [_facts(call, names) for call in (before, after)]
    if facts[0].keys() != facts[1].keys():
        yield CaseChange(ChangeKind.ANSWER, *(f"{before.name}: {', '.join(each) or 'nothing'}" for each in facts))
        return
    for key in facts[0]:
        if facts[0][key] != facts[1][key]:
            yield CaseChange(ChangeKind.ANSWER, *(f"{before.name}: {key} is {each[key]}" for each in facts))


def _facts(call: CallRecord, names: set[str]) -> dict[str, str]:
    """Give what is compared of an answer; the rest has times, addresses, sizes of what each run makes anew in it."""
    match call.name:
        case "PullImage":
            return {"image_ref": open_wording(str(call.response.get("image_ref", "nothing")), names)}
        case "ImageStatus":
            image = call.response.get("image", {})
            named = {key: f"{len(image.get(key, ()))} names" for key in ("repo_tags", "repo_digests")}
            return {"pinned": str(image.get("pinned", False)), **named} if image else {"image": "none"}
        case "ExecSync":
            return {"exit_code": str(call.response.get("exit_code", 0))}
    return {}


def _within(record: CaseRecord, call: CallRecord) -> Iterable[ExchangeRecord]:
    return (each for each in record.exchanges if call.at <= each.at <= call.at + call.duration)
