"""What a case opens to: everything that its record has, in the order in which a reader wants it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.evidence.case_records import CaseRecord, RunRecord
from conformance.evidence.evidence_folder import RunEvidence
from conformance.report.page.by_hand import by_hand, once_more
from conformance.report.page.error_marks import MarkedError, marked_errors
from conformance.report.page.sequence import RUNTIME, CallSequence, sequence_of
from conformance.report.page.sequence_layout import Diagram, lay_out

_PROGRAM = re.compile(r"CRI-O|containerd|Podman|simulator", re.IGNORECASE)


@dataclass(frozen=True)
class CaseDetails:
    """A case of one run as the template ``case.html.j2`` shows it; ``diagram`` is none where nothing was asked."""

    record: CaseRecord
    diagram: Diagram | None
    summary: str
    errors: Sequence[MarkedError]
    commands: str
    again: str

    @property
    def files(self) -> Mapping[str, str]:
        """The files that the runtime was given, path and text."""
        return self.record.configuration


def details_of(record: CaseRecord, evidence: RunEvidence) -> CaseDetails:
    """Work out what is shown of a case."""
    sequence = sequence_of(record, _runtime(evidence.run))
    return CaseDetails(
        record,
        lay_out(sequence) if sequence.arrows else None,
        _summary(sequence),
        marked_errors(record),
        by_hand(record),
        once_more(record, evidence.run),
    )


def _runtime(run: RunRecord) -> str:
    """Name the program that was asked, in a word."""
    match = _PROGRAM.search(run.properties.get("target", ""))
    return match[0] if match else "runtime"


def _summary(sequence: CallSequence) -> str:
    """Say of a diagram what somebody who does not see it needs to know; the list below it has the rest."""
    caller, runtime, *hosts = sequence.lanes
    calls = sum(each.target == RUNTIME for each in sequence.arrows)
    requests = sum(each.times for each in sequence.arrows if each.target > RUNTIME)
    asked = f", which makes {requests} to {', '.join(hosts)}" if hosts else ", which asks no registry"
    return f"Sequence diagram: calls of the {caller} to {runtime}: {calls}{asked}. The lists below say the same."
