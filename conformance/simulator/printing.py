"""CRI messages as Go prints them in CRI-O's log: of gogo/protobuf up to 1.33, of google.golang.org/protobuf since."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from conformance.model.go_text import go_quote
from conformance.model.release import Release

SINCE = Release("1.34")
"""The first release with Google's package."""

_LATER = {"runtime.v1.ImageSpec.image_ref", "runtime.v1.ContainerConfig.stop_signal"}
"""Fields that the CRI has got since."""


def go_print(message: Message, release: Release) -> str:
    """Give a request or response as CRI-O of that release prints it (``%+v``, and ``%T`` before it since 1.34)."""
    if release.base < SINCE:
        return f"&{_gogo(message)}"
    return f"*v1.{message.DESCRIPTOR.name}: {_google(message)}"


def _google(message: Message) -> str:
    """Print the fields that are set."""
    return "  ".join(
        f"{field.name}:{_google_value(field, each)}"
        for field, value in message.ListFields()
        for each in _each(field, value)
    )


def _google_value(field: FieldDescriptor, value: Any) -> str:
    if isinstance(value, Message):
        return f"{{{_google(value)}}}"
    if isinstance(value, tuple):
        key, held = value
        return f"{{key:{go_quote(key)}  value:{go_quote(held)}}}"
    return go_quote(value) if isinstance(value, str) else _scalar(field, value)


def _each(field: FieldDescriptor, value: Any) -> Iterator[Any]:
    """Give all values of a field: entries of a map as pairs, in the order of their keys."""
    if isinstance(value, Mapping):
        yield from sorted(value.items())
    elif field.is_repeated:
        yield from value
    else:
        yield value


def _gogo(message: Message) -> str:
    """Print all fields, set or not."""
    known = (field for field in message.DESCRIPTOR.fields if field.full_name not in _LATER)
    fields = "".join(f"{_camel(field.name)}:{_gogo_field(message, field)}," for field in known)
    return f"{message.DESCRIPTOR.name}{{{fields}}}"


def _gogo_field(message: Message, field: Any) -> str:
    value = getattr(message, field.name)
    kind = field.message_type.name if field.message_type else "string"
    if isinstance(value, Mapping):
        held = "".join(f"{key}: {each}," for key, each in sorted(value.items()))
        return f"map[string]string{{{held}}}"
    if field.is_repeated and field.message_type:
        return f"[]*{kind}{{{''.join(f'&{_gogo(each)},' for each in value)}}}"
    if field.is_repeated:
        return f"[{' '.join(_scalar(field, each) for each in value)}]"
    if isinstance(value, Message):
        return f"&{_gogo(value)}" if message.HasField(field.name) else "nil"
    return _scalar(field, value)


def _scalar(field: FieldDescriptor, value: Any) -> str:
    """Print a number, a word or a truth."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    return str(value)


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
