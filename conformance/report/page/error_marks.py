"""An error as the user read it, with the part that is about each registry marked, and who is missing from it."""

from dataclasses import dataclass

from conformance.cri.error_parser import reasons_by_registry
from conformance.cri.error_parts import parts_by_registry
from conformance.evidence.case_records import CallRecord, CaseRecord
from conformance.report.page.sequence_layout import hue_of


@dataclass(frozen=True)
class ErrorSpan:
    """A piece of the text; ``host`` and ``reason`` are empty where it is about no registry, ``hue`` is the host's."""

    text: str
    host: str = ""
    reason: str = ""
    hue: int = 0


@dataclass(frozen=True)
class SilentHost:
    """A registry host that was asked, and of which the error does not speak: what it had answered."""

    host: str
    answer: str
    hue: int


@dataclass(frozen=True)
class MarkedError:
    """An error of a call: which call, the code of gRPC, the text in pieces, and the hosts it does not speak of."""

    call: str
    code: str
    spans: tuple[ErrorSpan, ...]
    silent: tuple[SilentHost, ...]


def marked_errors(record: CaseRecord) -> list[MarkedError]:
    """Give the errors of a case, in the order in which users read them."""
    hosts = list(dict.fromkeys(each.host for each in record.exchanges))
    hues = {host: hue_of(lane) for lane, host in enumerate(hosts, start=2)}
    return [_marked(call, hues) for call in record.calls if call.error]


def _marked(call: CallRecord, hues: dict[str, int]) -> MarkedError:
    text = call.error.message if call.error else ""
    parts, reasons = parts_by_registry(text), reasons_by_registry(text)
    spans: list[ErrorSpan] = []
    end = 0
    for part in parts:
        spans.append(ErrorSpan(text[end : part.start]))
        reason = str(reasons.get(part.host, ""))
        spans.append(ErrorSpan(text[part.start : part.end], part.host, reason, hues.get(part.host, 0)))
        end = part.end
    spans.append(ErrorSpan(text[end:]))
    named = {part.host for part in parts}
    silent = {each.host: SilentHost(each.host, each.answer, hues.get(each.host, 0)) for each in call.asked}
    return MarkedError(
        f"{call.name} {call.subject}".strip(),
        call.error.code if call.error else "",
        tuple(each for each in spans if each.text),
        tuple(each for host, each in silent.items() if host not in named and host not in text),
    )
