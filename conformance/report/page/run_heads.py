"""The head of a run: what it was about, how it ended, what it came to."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from conformance.evidence.case_records import VERDICTS, CaseRecord, RunRecord
from conformance.evidence.evidence_folder import RunEvidence
from conformance.report.page.sequence import duration, short

_ENDED = {0, 1}
_TOLD_OTHERWISE = {"target", "release", "run"}


@dataclass(frozen=True)
class RunHead:
    """What the page's head says of a run.

    ``verdict`` is how the whole ended: ``failed``, ``incomplete``, ``empty`` or ``passed``; ``sentence`` says it, and
    ``ending`` whether all cases ran. ``rehearsal`` is why it was none of a CRI-O, empty for a live one. ``counts`` are
    cases by verdict, ``facts`` what the run was made with, name and value, ``command`` how it was started.
    """

    name: str
    target: str
    verdict: str
    sentence: str
    ending: str
    rehearsal: str
    counts: dict[str, int]
    total: int
    began: str
    began_iso: str
    lasted: str
    facts: tuple[tuple[str, str], ...]
    command: str


@dataclass(frozen=True)
class ReasonCount:
    """A reason for one verdict, how many cases ended so because of it, and what the first of them states."""

    reason: str
    count: int
    behaviour: str

    @property
    def phrase(self) -> str:
        """What the page's search finds these cases by: the longest part of the reason that can be in quotes."""
        parts = re.split(r'["“”]', " ".join(short(self.reason).split()))
        return f'"{max(parts, key=len).strip()}"'


def head_of(evidence: RunEvidence, name: str) -> RunHead:
    """Say what a run was and came to; ``name`` is what its column is called."""
    run = evidence.run
    counted = Counter(each.verdict for each in evidence.cases)
    counts = {verdict: counted[verdict] for verdict in VERDICTS}
    ending = _ending(run, len(evidence.cases))
    live = run.properties.get("run", "live")
    began = datetime.fromtimestamp(run.began, UTC)
    verdict = _verdict(counts, ending)
    return RunHead(
        name=name,
        target=run.properties.get("target", "an unknown target"),
        verdict=verdict,
        sentence=_sentence(counts, verdict),
        ending=ending,
        rehearsal="" if live == "live" else live,
        counts=counts,
        total=len(evidence.cases),
        began=began.strftime("%d %B %Y, %H:%M UTC").lstrip("0"),
        began_iso=began.isoformat(timespec="seconds"),
        lasted=duration(_lasted(evidence)),
        facts=tuple((key, value) for key, value in sorted(run.properties.items()) if key not in _TOLD_OTHERWISE),
        command=shlex.join(run.arguments),
    )


def count_by_reason(cases: Iterable[CaseRecord]) -> dict[str, list[ReasonCount]]:
    """Count the cases of each verdict but ``passed`` by reason, the most frequent first."""
    found: dict[str, dict[str, ReasonCount]] = {verdict: {} for verdict in VERDICTS}
    for case in cases:
        known = found[case.verdict].get(case.reason) or ReasonCount(case.reason, 0, case.behaviour)
        found[case.verdict][case.reason] = replace(known, count=known.count + 1)
    return {
        verdict: sorted(reasons.values(), key=lambda each: (-each.count, each.reason))
        for verdict, reasons in found.items()
        if verdict != "passed"
    }


def names_of(runs: Sequence[RunEvidence]) -> list[str]:
    """Name each run for its column: by its target, and where two have the same, by when it began as well."""
    targets = [each.run.properties.get("target") or each.folder.name for each in runs]
    named: list[str] = []
    for evidence, target in zip(runs, targets, strict=True):
        began = datetime.fromtimestamp(evidence.run.began, UTC)
        name = f"{target}, {began:%d %b %H:%M}" if targets.count(target) > 1 else target
        while name in named:
            name += "′"
        named.append(name)
    return named


def _lasted(evidence: RunEvidence) -> float:
    """Give how long a run went on; of one that did not say so, up to the end of its last case."""
    if evidence.run.duration:
        return evidence.run.duration
    return max((each.began + each.duration for each in evidence.cases), default=evidence.run.began) - evidence.run.began


def _ending(run: RunRecord, done: int) -> str:
    """Say how far the run got; nothing where all cases ran."""
    of_all = f"{done:,} of {max(run.cases, done):,} cases"
    if run.exit_code is None:
        return f"ended early, or still going on: {of_all}"
    if done < run.cases or run.exit_code not in _ENDED:
        return f"ended early, with pytest's exit code {run.exit_code}: {of_all}"
    return ""


def _verdict(counts: dict[str, int], ending: str) -> str:
    if counts["failed"]:
        return "failed"
    if ending:
        return "incomplete"
    return "passed" if counts["passed"] or counts["deviates"] else "empty"


def _sentence(counts: dict[str, int], verdict: str) -> str:
    failed = counts["failed"]
    match verdict:
        case "failed":
            return f"{failed:,} {'case' if failed == 1 else 'cases'} failed"
        case "incomplete":
            return "Nothing failed, as far as it ran"
        case "empty":
            return "No case ran"
    return "Nothing failed, and every deviation is known" if counts["deviates"] else "Nothing failed"
