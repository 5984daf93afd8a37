"""Takes secrets out of CRI messages before they are recorded."""

from typing import TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

REDACTED = "[redacted]"


def redacted(message: M) -> M:
    """Give a copy in which every text that the CRI marks ``debug_redact`` reads ``[redacted]``."""
    copy = type(message)()
    copy.CopyFrom(message)
    _redact(copy)
    return copy


def _redact(message: Message) -> None:
    """Redact in place, in the messages below, too."""
    for field, value in message.ListFields():
        if field.GetOptions().debug_redact:
            setattr(message, field.name, REDACTED)
        elif isinstance(value, Message):
            _redact(value)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in value:
                if isinstance(each, Message):
                    _redact(each)
