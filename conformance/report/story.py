"""A case as a story from its evidence: what was asked, which registries answered how, what the user saw."""

from collections.abc import Iterable, Iterator

from conformance.cri import Call
from conformance.evidence import Command, Evidence, LogLine, attempts
from conformance.registry_hosts import Exchange

STORY = "the story"
"""The title under which a failed case tells it."""


def story(evidence: Evidence) -> str:
    """Write the calls in order, a pull with each registry host that was asked and its answer; and what a user reads."""
    paragraphs = [(call.at, list(_call(f"{call.rpc} {_subject(call)}", call, evidence))) for call in evidence.calls]
    paragraphs += [(each.at, list(_call(" ".join(each.line), each, evidence))) for each in evidence.commands]
    paragraphs += [(saying.at, [saying.text]) for saying in evidence.messages]
    return "\n".join(line for _, lines in sorted(paragraphs, key=lambda each: each[0]) for line in lines)


def _call(title: str, call: Call | Command, evidence: Evidence) -> Iterator[str]:
    yield f"{title} ({call.duration * 1000:.0f} ms)".replace("  ", " ")
    end = call.at + call.duration
    within = tuple(record for record in evidence.exchanges if call.at <= record.at <= end)
    for attempt in attempts(within):
        yield f"    asked {attempt.host}: {attempt.answer}"
    if call.error:
        yield f"    the user saw: {call.error.message}"


def _subject(call: Call) -> str:
    """Name what a call is about: an image, a pod, a container, a command."""
    request = call.request
    for path in (("image", "image"), ("config", "metadata", "name"), ("cmd",)):
        value: object = request
        for name in path:
            value = getattr(value, name, None)
        if value:
            return value if isinstance(value, str) else " ".join(value)  # type: ignore[arg-type]
    return ""


def sections(evidence: Evidence, program: str = "CRI-O") -> list[tuple[str, str]]:
    """Give what a failed case shows, under titles: the story, the exchanges, the runtime's lines."""
    return [
        (STORY, story(evidence)),
        ("exchanges", exchanges(evidence)),
        (f"{program}'s log", log(evidence.lines)),
        *((f"{program}'s goroutines when a call was not answered in time", each) for each in evidence.goroutines),
    ]


def exchanges(evidence: Evidence) -> str:
    """Write the exchanges, and the lookups of names that nobody has, a line each, in their order."""
    return "\n".join(
        _exchange(record) if isinstance(record, Exchange) else f"{record.host}: no such name"
        for record in evidence.exchanges
    )


def _exchange(exchange: Exchange) -> str:
    user = "" if exchange.user is None else f" as {exchange.user or 'anonymous'}"
    answer = f"{exchange.status} {exchange.note}".strip()
    return f"{exchange.host}: {exchange.method} {exchange.url}{user} -> {answer}"


def log(lines: Iterable[LogLine]) -> str:
    """Write the lines of CRI-O's log that it does not print on every call, each with its level."""
    return "\n".join(f"{line.level or '?'}: {line.message}" for line in lines if line.is_specific)
