"""JSON as Go reads it: what is no JSON, and what does not fit the type that it is read into, in Go's words.

Source: Go encoding/json scanner.go (errors of the syntax) and decode.go (``UnmarshalTypeError``). Names of members
match in any case, members that are unknown are passed over, ``null`` leaves anything as it is, bytes that are no UTF-8
become U+FFFD.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from conformance.model.go_text import go_quote


class GoJSONError(ValueError):
    """What Go says of bytes that it cannot read."""


class Shape(NamedTuple):
    """A Go type: its name, what JSON it takes (``kind``), the members of an object or what each element is."""

    name: str
    kind: str
    members: Mapping[str, "Shape"] = {}
    each: "Shape | None" = None

    @property
    def is_nil_able(self) -> bool:
        """Whether ``null`` is a value of the type, which takes the place of one that came before."""
        return self.kind in {"array", "anything"} or self.kind.startswith("optional") or self.each is not None

    @property
    def zero(self) -> Any:
        """The value where the JSON has none, or ``null``."""
        if self.kind == "object" and self.each is None:
            return {name: shape.zero for name, shape in self.members.items()}
        return {"string": "", "number": 0, "bool": False, "object": {}, "array": []}.get(self.kind)


TEXT = Shape("string", "string")
INTEGER = Shape("int", "number")
SIZE = Shape("int64", "number")
ANYTHING = Shape("interface {}", "anything")


def array_of(each: Shape) -> Shape:
    """Give the type of a list of those."""
    return Shape(f"[]{each.name}", "array", each=each)


def object_of(each: Shape) -> Shape:
    """Give the type of an object with any members of that type."""
    return Shape(f"map[string]{each.name}", "object", each=each)


def optional(shape: Shape) -> Shape:
    """Give the type of a pointer: ``None`` where there is nothing."""
    return shape._replace(kind=f"optional {shape.kind}")


def unmarshal(data: bytes, shape: Shape) -> Any:
    """Read bytes into a type: all its members are there afterwards, and no others; raises ``GoJSONError``.

    Go reads on after a value that does not fit, and tells of the first one.
    """
    faults: list[str] = []
    value = _fitted(parse_json(data), shape, (), faults)
    if faults:
        raise GoJSONError(faults[0])
    return value


def parse_json(data: bytes) -> Any:
    """Read any JSON; raises ``GoJSONError``."""
    text = data.decode(errors="replace")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _Scanner(data.decode(errors="surrogateescape")).check()
        raise GoJSONError("exceeded max depth") from None


_LAYOUT = "2006-01-02T15:04:05Z07:00"
_TIME_PARTS = tuple(
    (part, re.compile(pattern))
    for part, pattern in (
        *(("2006", "[0-9]{4}"), ("-", "-"), ("01", "[0-9]{2}"), ("-", "-"), ("02", "[0-9]{2}"), ("T", "T")),
        *(("15", "[0-9]{2}"), (":", ":"), ("04", "[0-9]{2}"), (":", ":"), ("05", r"[0-9]{2}(?:\.[0-9]+)?")),
        ("Z07:00", "Z|[+-][0-9]{2}:[0-9]{2}"),
    )
)
_KINDS = ((bool, "bool"), (str, "string"), (int, "number"), (float, "number"), (list, "array"), (dict, "object"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fitted(value: Any, shape: Shape, path: tuple[str, ...], faults: list[str]) -> Any:
    """Give a value as its type takes it, the zero value where it does not."""
    kind = shape.kind.removeprefix("optional ")
    if value is None or kind == "anything":
        return value if kind == "anything" else shape.zero
    if kind == "time":
        return _time(value, path, faults)
    found = next(name for type_, name in _KINDS if isinstance(value, type_))
    if found != kind or (isinstance(value, float) and shape.name.startswith("int")):
        what = f"number {json.dumps(value)}" if found == kind else found
        faults.append(_misfit(what, path, shape.name))
        return shape.zero
    if kind == "array":
        assert shape.each is not None  # noqa: S101 (every list has elements of a type)
        return [_fitted(each, shape.each, (*path, str(at)), faults) for at, each in enumerate(value)]
    if kind == "object":
        return _members(value, shape, path, faults)
    return value


def _misfit(what: str, path: tuple[str, ...], type_: str) -> str:
    """Say that a kind of value does not fit a type, at that path."""
    field = "" if path and path[-1].isdigit() else "Go struct field "
    into = f"{field}{'.'.join(path)}" if path else "Go value"
    return f"json: cannot unmarshal {what} into {into} of type {type_}"


def _time(value: Any, path: tuple[str, ...], faults: list[str]) -> str:
    """Give a time as it is written, empty where it is none."""
    if isinstance(value, str):
        fault = _time_fault(value)
    else:
        found = next(name for type_, name in _KINDS if isinstance(value, type_))
        fault = _misfit(found, path, "time.Time")
    if fault:
        faults.append(fault)
    return "" if fault else str(value)


def _time_fault(value: str) -> str:
    """Give what is wrong with a time, empty for one of RFC 3339 (Go time/format_rfc3339.go, ``UnmarshalJSON``)."""
    rest = value
    for part, pattern in _TIME_PARTS:
        match = pattern.match(rest)
        if match is None:
            what = f"parsing time {go_quote(value)} as {go_quote(_LAYOUT)}"
            return f"{what}: cannot parse {go_quote(rest)} as {go_quote(part)}"
        rest = rest[match.end() :]
    if rest:
        return f"parsing time {go_quote(value)}: extra text: {go_quote(rest)}"
    return f"parsing time {go_quote(value)}: {wrong} out of range" if (wrong := _out_of_range(value)) else ""


def _out_of_range(written: str) -> str:
    """Name the part of a time, written as it should be, that there is not; empty where there is such a time."""
    try:
        datetime.fromisoformat(written)
    except ValueError:
        parts = (("month", written[5:7], 12), ("day", written[8:10], 31), ("hour", written[11:13], 23))
        return next((part for part, digits, most in parts if not int(part != "hour") <= int(digits) <= most), "day")
    return ""


def _members(value: Mapping[str, Any], shape: Shape, path: tuple[str, ...], faults: list[str]) -> dict[str, Any]:
    if shape.each is not None:
        return {name: _fitted(each, shape.each, (*path, name), faults) for name, each in value.items()}
    read = {name: each.zero for name, each in shape.members.items()}
    folded = {name.casefold(): name for name in shape.members}
    for written, each in value.items():
        name = written if written in shape.members else folded.get(written.casefold())
        if name is not None and (each is not None or shape.members[name].is_nil_able):
            root = path or (shape.name.rpartition(".")[2],)
            read[name] = _fitted(each, shape.members[name], (*root, written), faults)
    return read


class _Scanner:
    """Finds the first character that is wrong, in a text of which is known that one is."""

    _NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def check(self) -> None:
        """Read all; raises ``GoJSONError``."""
        try:
            self._value()
        except RecursionError:
            return
        self._blank()
        if self.at < len(self.text):
            self._wrong("after top-level value")

    def _blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def _wrong(self, where: str, *, back: bool = False) -> NoReturn:
        """Say that the character here, or the one behind which this is, is wrong in its place."""
        self.at -= back
        if self.at >= len(self.text):
            raise GoJSONError("unexpected end of JSON input")
        raise GoJSONError(f"invalid character {_quoted(self.text[self.at])} {where}")

    def _is(self, character: str) -> bool:
        """Tell whether that character comes after blanks, and go behind it if so."""
        self._blank()
        found = self.text[self.at : self.at + 1] == character
        self.at += found
        return found

    def _value(self) -> None:
        if self._is("{"):
            self._list("}", self._member, "after object key:value pair")
        elif self._is("["):
            self._list("]", self._value, "after array element")
        elif self._is('"'):
            self._string()
        else:
            self._plain()

    def _list(self, end: str, element: Any, where: str) -> None:
        if self._is(end):
            return
        element()
        while self._is(","):
            element()
        if not self._is(end):
            self._wrong(where)

    def _member(self) -> None:
        if not self._is('"'):
            self._wrong("looking for beginning of object key string")
        self._string()
        if not self._is(":"):
            self._wrong("after object key")
        self._value()

    def _string(self) -> None:
        while (character := self._next()) != '"':
            if character == "\\":
                self._escape()
            elif character < " ":
                self._wrong("in string literal", back=bool(character))

    def _escape(self) -> None:
        character = self._next()
        if character == "u":
            for digit in (self._next() for _ in range(4)):
                if digit not in set("0123456789abcdefABCDEF"):
                    self._wrong("in \\u hexadecimal character escape", back=bool(digit))
        elif character not in set('bfnrt\\/"'):
            self._wrong("in string escape code", back=bool(character))

    def _next(self) -> str:
        """Go behind the next character and give it, nothing at the end."""
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def _plain(self) -> None:
        first = self.text[self.at : self.at + 1]
        literal = {"t": "true", "f": "false", "n": "null"}.get(first)
        if literal:
            for expected in literal:
                if self.text[self.at : self.at + 1] != expected:
                    self._wrong(f"in literal {literal} (expecting {_quoted(expected)})")
                self.at += 1
            return
        number = self._NUMBER.match(self.text, self.at)
        if number is None:
            self.at += first == "-"
            self._wrong("in numeric literal" if first == "-" else "looking for beginning of value")
        self.at = number.end()
        following = self.text[self.at : self.at + 1]
        if following and following in ".eE":
            part = "after decimal point in" if following == "." else "in exponent of"
            self.at += 1
            self._wrong(f"{part} numeric literal")


def _quoted(character: str) -> str:
    """Quote one character as Go's scanner does (``quoteChar``)."""
    return {"'": r"'\''", '"': "'\"'"}.get(character, f"'{go_quote(character)[1:-1]}'")
