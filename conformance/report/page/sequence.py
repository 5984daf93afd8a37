"""A case as a sequence of arrows between those who took part: who asked, the runtime, each registry host."""

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from conformance.evidence.case_records import CallRecord, CaseRecord, ExchangeRecord

CALLER, RUNTIME = 0, 1
"""The lanes that every diagram has; those of registry hosts follow, in the order in which they were asked."""

MOST_ARROWS = 150
"""What a diagram shows; the list below it has all."""

_REDIRECTS = range(300, 400)
_REFUSED, _UNAUTHORIZED = 400, 401
_TEXT_OF_DIGEST = 12
_BROKEN_OFF = re.compile(r"\b(?:cut|reset|silent|closed|hung|stalled|no answer)\b")
"""What a host's note says of an answer that did not come whole."""


class ArrowLook(enum.StrEnum):
    """How an arrow is drawn: what is asked, went well, was refused, leads elsewhere, was broken off, or is only told.

    A registry that answers its first request with 401 refuses nothing: it says where tokens are given.
    """

    ASK = "ask"
    CHALLENGE = "challenge"
    GOOD = "good"
    REFUSED = "refused"
    REDIRECT = "redirect"
    CUT = "cut"
    NOTE = "note"


@dataclass(frozen=True)
class Arrow:
    """A line of the diagram, from one lane to another; both are the same lane where something is told.

    ``label`` stands on the arrow, ``answer`` beside the lane that it leads to, ``user`` is as whom a host was asked
    (``None``: without credentials), ``title`` is everything. ``at`` is seconds since the case began, ``times`` how
    often the same was asked in a row.
    """

    at: float
    source: int
    target: int
    label: str
    look: ArrowLook
    answer: str = ""
    user: str | None = None
    title: str = ""
    times: int = 1


@dataclass(frozen=True)
class CallSequence:
    """The lanes' names, the arrows in the order of time, and how many more there are than are shown."""

    lanes: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    left_out: int = 0


def sequence_of(record: CaseRecord, runtime: str) -> CallSequence:
    """Read the sequence off a record; ``runtime`` is the name of who was asked."""
    hosts = tuple(dict.fromkeys(each.host for each in record.exchanges))
    lanes = ("kubelet" if record.messages else "client", runtime, *hosts)
    arrows = sorted(_arrows(record, lanes), key=lambda each: each.at)
    shown = list(_joined(arrows))
    return CallSequence(lanes, tuple(shown[:MOST_ARROWS]), max(0, len(shown) - MOST_ARROWS))


def _arrows(record: CaseRecord, lanes: tuple[str, ...]) -> Iterator[Arrow]:
    for call in record.calls:
        yield Arrow(call.at, CALLER, RUNTIME, _asked(call), ArrowLook.ASK, title=f"{call.name} {call.subject}".strip())
        yield _returned(call)
    for exchange in record.exchanges:
        yield _exchange(exchange, lanes.index(exchange.host, RUNTIME + 1))
    for message in record.messages:
        yield Arrow(message.at, CALLER, CALLER, message.text, ArrowLook.NOTE, title=message.text)


def _joined(arrows: Iterable[Arrow]) -> Iterator[Arrow]:
    """Put together what was asked and answered alike several times in a row, as a host that is overwhelmed is."""

    def same(arrow: Arrow) -> tuple[object, ...]:
        return arrow.source, arrow.target, arrow.label, arrow.answer, arrow.user, arrow.title

    for _, group in groupby(arrows, key=same):
        first, *more = group
        yield replace(first, times=1 + len(more)) if first.target > RUNTIME else first
        if first.target <= RUNTIME:
            yield from more


def _asked(call: CallRecord) -> str:
    return f"{call.name} {short(call.subject)}".strip()


def _returned(call: CallRecord) -> Arrow:
    took = duration(call.duration)
    if call.error:
        text = f"{call.error.code or 'error'} · {took}"
        return Arrow(call.at + call.duration, RUNTIME, CALLER, text, ArrowLook.REFUSED, title=call.error.message)
    text = f"{_answer(call)} · {took}"
    return Arrow(call.at + call.duration, RUNTIME, CALLER, text, ArrowLook.GOOD, title=f"{call.name}: {text}")


def _answer(call: CallRecord) -> str:
    """Say in a word or two what came back: an ID, how many images, or nothing."""
    response = call.response
    found = next((response[key] for key in ("image_ref", "pod_sandbox_id", "container_id") if key in response), None)
    if found is None and isinstance(image := response.get("image"), dict):
        found = image.get("id")
    if isinstance(found, str):
        return short(found)
    if call.name == "ListImages":
        count = len(response.get("images", ()))
        return f"{count} {'image' if count == 1 else 'images'}"
    return "no such image" if call.name == "ImageStatus" and not response else "done"


def _exchange(exchange: ExchangeRecord, lane: int) -> Arrow:
    if not exchange.method:
        title = f"{exchange.host} was looked up, and there is no such name"
        return Arrow(exchange.at, RUNTIME, lane, "looked up", ArrowLook.CUT, "no such host", title=title)
    answer = " ".join(filter(None, (str(exchange.status or "no answer"), _told(exchange))))
    request = f"{exchange.method} {exchange.url}"
    title = f"{request} → {answer}"
    return Arrow(exchange.at, RUNTIME, lane, _request(exchange), _look(exchange), answer, exchange.user, title)


def _request(exchange: ExchangeRecord) -> str:
    """Name a request as a person would: what for, of which repository."""
    plain = "plain HTTP, " if exchange.url.startswith("http:") else ""
    separator = "@" if ":" in exchange.reference else ":"
    match exchange.kind:
        case "ping":
            what = "/v2/"
        case "token":
            what = "token"
        case "manifest":
            what = f"manifest {exchange.repository}{separator}{short(exchange.reference)}"
        case "blob":
            what = f"blob {short(exchange.reference)}"
        case _:
            what = exchange.url.partition("://")[2].partition("/")[2]
    return f"{plain}{exchange.method} {what}"


def _told(exchange: ExchangeRecord) -> str:
    if exchange.status in _REDIRECTS:
        return "redirected elsewhere"
    if _is_challenge(exchange):
        return ""
    if exchange.note or exchange.kind != "blob":
        return exchange.note
    return f"{exchange.size:,} bytes".replace(",", " ")


def _look(exchange: ExchangeRecord) -> ArrowLook:
    if not exchange.status or _BROKEN_OFF.search(exchange.note):
        return ArrowLook.CUT
    if exchange.status in _REDIRECTS:
        return ArrowLook.REDIRECT
    if _is_challenge(exchange):
        return ArrowLook.CHALLENGE
    return ArrowLook.REFUSED if exchange.status >= _REFUSED else ArrowLook.GOOD


def _is_challenge(exchange: ExchangeRecord) -> bool:
    return exchange.kind == "ping" and exchange.status == _UNAUTHORIZED


def short(text: str) -> str:
    """Give a text with its digests cut to what a person compares."""
    return re.sub(rf"(?:sha\d+:)?([0-9a-f]{{{_TEXT_OF_DIGEST}}})[0-9a-f]{{20,}}", r"\1", text)


def duration(seconds: float) -> str:
    """Write a duration as a person reads it, in milliseconds, seconds or minutes."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 (a minute)
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
