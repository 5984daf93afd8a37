"""From what was recorded for a case to its record: values that are written, and told of afterwards."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from conformance.cri import Call, CallError, CRIError
from conformance.evidence.attempts import attempts
from conformance.evidence.case_records import (
    AttemptRecord,
    CallRecord,
    CaseRecord,
    ErrorRecord,
    ExchangeRecord,
    LineRecord,
    MessageRecord,
)
from conformance.evidence.evidence import Command, Evidence
from conformance.evidence.secrets import Secrets
from conformance.registry_hosts.recorder import Exchange, NameLookup


class CaseTold(NamedTuple):
    """What a case is, before it has a verdict: its node ID, family, the sentence that it states, and issues."""

    case: str
    family: str
    behaviour: str = ""
    upstream: tuple[str, ...] = ()


def record_case(
    told: CaseTold, evidence: Evidence, began: float, configuration: Mapping[str, str], secrets: Secrets
) -> CaseRecord:
    """Give the record of a case that has no verdict yet, without secrets; ``began`` is of ``time.monotonic``."""
    calls = [_call(f"{each.rpc}", _subject(each), each, evidence, began) for each in evidence.calls]
    calls += [_call(" ".join(each.line), "", each, evidence, began) for each in evidence.commands]
    record = CaseRecord(
        **told._asdict(),
        verdict="",
        configuration=dict(configuration),
        calls=tuple(sorted(calls, key=lambda each: each.at)),
        exchanges=tuple(_exchange(each, began) for each in evidence.exchanges),
        log=tuple(LineRecord(message=each.message, level=each.level, time=each.time) for each in _lines(evidence)),
        messages=tuple(MessageRecord(at=_since(began, each.at), text=each.text) for each in evidence.messages),
        predictions=evidence.predictions,
        differences=evidence.differences,
        goroutines=evidence.goroutines,
        unread=evidence.unread,
    )
    return without_secrets(record, secrets)


def without_secrets(record: CaseRecord, secrets: Secrets) -> CaseRecord:
    """Give a record without the secrets, wherever in it they stand.

    The names of a case's file, class and function stay, as its sentence does: they stand in its source, and a password
    may be a word of theirs.
    """
    cleared = msgspec.convert(secrets.removed_from_value(msgspec.to_builtins(record)), CaseRecord)
    name, bracket, parameters = record.case.partition("[")
    case = f"{name}{bracket}{secrets.removed_from(parameters)}" if "::" in name else cleared.case
    return msgspec.structs.replace(cleared, case=case, behaviour=record.behaviour)


def _since(began: float, at: float) -> float:
    return round(at - began, 6)


def _lines(evidence: Evidence) -> Iterable[Any]:
    return (line for line in evidence.lines if line.is_specific)


def _call(name: str, subject: str, call: Call | Command, evidence: Evidence, began: float) -> CallRecord:
    within = (record for record in evidence.exchanges if call.at <= record.at <= call.at + call.duration)
    return CallRecord(
        name=name,
        subject=subject,
        at=_since(began, call.at),
        duration=round(call.duration, 6),
        request=_as_json(call.request) if isinstance(call, Call) else {},
        response=_as_json(call.response) if isinstance(call, Call) and call.response is not None else {},
        error=_error(call.error),
        asked=tuple(AttemptRecord(host=each.host, answer=each.answer, users=each.users) for each in attempts(within)),
    )


def _error(error: CallError | None) -> ErrorRecord | None:
    if error is None:
        return None
    return ErrorRecord(code=error.code.name if isinstance(error, CRIError) else "", message=error.message)


def _as_json(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)


def _exchange(record: Exchange | NameLookup, began: float) -> ExchangeRecord:
    at = _since(began, record.at)
    if isinstance(record, NameLookup):
        return ExchangeRecord(host=record.host, at=at)
    return ExchangeRecord(
        host=record.host,
        at=at,
        method=record.method,
        url=record.url,
        kind=str(record.kind),
        repository=record.repository,
        reference=record.reference,
        user=record.user,
        status=record.status,
        size=record.size,
        note=record.note,
        headers=dict(record.headers),
    )


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
