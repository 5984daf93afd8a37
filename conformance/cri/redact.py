"""Takes secrets out of CRI messages before they are recorded."""

from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

REDACTED = "[redacted]"


def redacted(message: M) -> M:
    """Give a copy in which every text field that the CRI marks ``debug_redact`` reads ``[redacted]``."""
    copy = type(message)()
    copy.CopyFrom(message)
    _redact(copy)
    return copy


def _redact(message: Message) -> None:
    """Redact in place, in all messages below, too."""
    for field, value in message.ListFields():
        if field.GetOptions().debug_redact:
            if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
                setattr(message, field.name, REDACTED)
            else:
                message.ClearField(field.name)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in _messages(field, value):
                _redact(each)


def _messages(field: FieldDescriptor, value: Any) -> list[Message]:
    """Give the messages that a set message field holds."""
    if not field.is_repeated:
        return [value]
    if field.message_type.GetOptions().map_entry:
        values = field.message_type.fields_by_name["value"]
        return list(value.values()) if values.type == FieldDescriptor.TYPE_MESSAGE else []
    return list(value)
