"""A case as a story from its record: what was asked, which registries answered how, what the user saw."""

from collections.abc import Iterable, Iterator

from conformance.evidence.case_records import CallRecord, CaseRecord, ExchangeRecord, LineRecord

STORY = "the story"
"""The title under which a failed case tells it."""

RERUN = "to run it alone"
"""The title of the command that does."""


def story(record: CaseRecord) -> str:
    """Write the calls in order, a pull with each registry host that was asked and its answer; and what a user reads."""
    paragraphs = [(call.at, list(_call(call))) for call in record.calls]
    paragraphs += [(message.at, [message.text]) for message in record.messages]
    return "\n".join(line for _, lines in sorted(paragraphs, key=lambda each: each[0]) for line in lines)


def _call(call: CallRecord) -> Iterator[str]:
    yield f"{call.name} {call.subject} ({call.duration * 1000:.0f} ms)".replace("  ", " ")
    for attempt in call.asked:
        yield f"    asked {attempt.host}: {attempt.answer}"
    if call.error:
        yield f"    the user saw: {call.error.message}"


def sections(record: CaseRecord, program: str = "CRI-O", rerun: str = "") -> list[tuple[str, str]]:
    """Give what a failed case shows below what it expected, under titles.

    That is the story, the command that runs it alone, and in detail the exchanges and the runtime's lines.
    """
    told = (
        (STORY, story(record)),
        (RERUN, rerun),
        ("exchanges", exchanges(record.exchanges)),
        (f"{program}'s log", log(record.log)),
        *((f"{program}'s goroutines when a call was not answered in time", each) for each in record.goroutines),
    )
    return [(title, text) for title, text in told if text]


def exchanges(records: Iterable[ExchangeRecord]) -> str:
    """Write the exchanges, and the lookups of names that nobody has, a line each, in their order."""
    return "\n".join(_exchange(each) if each.method else f"{each.host}: no such name" for each in records)


def _exchange(exchange: ExchangeRecord) -> str:
    user = "" if exchange.user is None else f" as {exchange.user or 'anonymous'}"
    answer = f"{exchange.status} {exchange.note}".strip()
    return f"{exchange.host}: {exchange.method} {exchange.url}{user} -> {answer}"


def log(lines: Iterable[LineRecord]) -> str:
    """Write lines of a runtime's log, each with its level."""
    return "\n".join(f"{line.level or '?'}: {line.message}" for line in lines)
