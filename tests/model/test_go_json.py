"""JSON in Go's words: what cannot be read, and what does not fit."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model.go_json import (
    INTEGER,
    TEXT,
    GoJSONError,
    Shape,
    array_of,
    object_of,
    optional,
    parse_json,
    unmarshal,
)

WRONG = {
    b"": "unexpected end of JSON input",
    b"not json": "invalid character 'o' in literal null (expecting 'u')",
    b"nul": "unexpected end of JSON input",
    b"<html>": "invalid character '<' looking for beginning of value",
    b"{": "unexpected end of JSON input",
    b'{"a":1,}': "invalid character '}' looking for beginning of object key string",
    b'{"a" 1}': "invalid character '1' after object key",
    b'{"a":1 "b":2}': "invalid character '\"' after object key:value pair",
    b"[1 2]": "invalid character '2' after array element",
    b"[1,]": "invalid character ']' looking for beginning of value",
    b"{}x": "invalid character 'x' after top-level value",
    b"\xff": r"invalid character '\xff' looking for beginning of value",
    b"\xef\xbb\xbf{}": r"invalid character '\ufeff' looking for beginning of value",
    b'"a\nb"': r"invalid character '\n' in string literal",
    rb'"\x"': "invalid character 'x' in string escape code",
    rb'"\u12g4"': r"invalid character 'g' in \u hexadecimal character escape",
    b'"abc': "unexpected end of JSON input",
    b'"abc\\': "unexpected end of JSON input",
    b"NaN": "invalid character 'N' looking for beginning of value",
    b"-x": "invalid character 'x' in numeric literal",
    b"1.": "unexpected end of JSON input",
    b"[1.]": "invalid character ']' after decimal point in numeric literal",
    b"1ex": "invalid character 'x' in exponent of numeric literal",
    b"'a'": r"invalid character '\'' looking for beginning of value",
}


@pytest.mark.parametrize(("data", "words"), WRONG.items())
def test_what_is_no_json(data: bytes, words: str) -> None:
    with pytest.raises(GoJSONError) as error:
        parse_json(data)
    assert str(error.value) == words


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_what_is_json_is_read(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary() | st.text('{}[]",:\\ u0-1.eE+tn').map(str.encode))
def test_anything_is_read_or_refused_in_one_sentence(data: bytes) -> None:
    assert re.fullmatch("|unexpected end of JSON input|invalid character '.+' .+", refusal(data))


def refusal(data: bytes) -> str:
    """Give what is said of bytes, nothing where they are read."""
    try:
        parse_json(data)
    except GoJSONError as error:
        return str(error)
    return ""


def test_what_is_too_deep_is_refused() -> None:
    assert refusal(b"[" * 100_000) == "exceeded max depth"


SHAPE = Shape(
    "a.Thing",
    "object",
    {
        "name": TEXT,
        "number": INTEGER,
        "list": array_of(TEXT),
        "map": object_of(TEXT),
        "inner": Shape("a.Inner", "object", {"at": INTEGER}),
        "maybe": optional(Shape("a.Inner", "object", {"at": INTEGER})),
        "time": Shape("time.Time", "time"),
    },
)
ZERO = {"name": "", "number": 0, "list": [], "map": {}, "inner": {"at": 0}, "maybe": None, "time": None}


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("{}", {}),
        ("null", {}),
        ('{"NAME": "x"}', {"name": "x"}),
        ('{"name": "x", "Name": null}', {"name": "x"}),
        ('{"list": ["x"], "List": null}', {}),
        ('{"list": null, "map": null, "number": null, "inner": null}', {}),
        ('{"unknown": 1, "maybe": {}}', {"maybe": {"at": 0}}),
        ('{"map": {"A": "b"}}', {"map": {"A": "b"}}),
    ],
)
def test_all_members_are_there_and_no_others(data: str, read: dict[str, object]) -> None:
    assert unmarshal(data.encode(), SHAPE) == ZERO | read


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("[]", "json: cannot unmarshal array into Go value of type a.Thing"),
        ('{"name": 1}', "json: cannot unmarshal number into Go struct field Thing.name of type string"),
        ('{"number": "1"}', "json: cannot unmarshal string into Go struct field Thing.number of type int"),
        ('{"number": 1.5}', "json: cannot unmarshal number 1.5 into Go struct field Thing.number of type int"),
        ('{"number": true}', "json: cannot unmarshal bool into Go struct field Thing.number of type int"),
        ('{"list": {}}', "json: cannot unmarshal object into Go struct field Thing.list of type []string"),
        ('{"list": [1]}', "json: cannot unmarshal number into Thing.list.0 of type string"),
        ('{"inner": {"at": "x"}}', "json: cannot unmarshal string into Go struct field Thing.inner.at of type int"),
        ('{"name": 1, "number": "x"}', "json: cannot unmarshal number into Go struct field Thing.name of type string"),
        ('{"time": 1}', "json: cannot unmarshal number into Go struct field Thing.time of type time.Time"),
        ('{"time": "2026-13-01T00:00:00Z"}', 'parsing time "2026-13-01T00:00:00Z": month out of range'),
        ('{"time": "2026-02-30T00:00:00Z"}', 'parsing time "2026-02-30T00:00:00Z": day out of range'),
        ('{"time": "2026-02-03T00:00:00Z "}', 'parsing time "2026-02-03T00:00:00Z ": extra text: " "'),
        (
            '{"time": "now"}',
            'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
        ),
    ],
)
def test_what_does_not_fit(data: str, words: str) -> None:
    with pytest.raises(GoJSONError) as error:
        unmarshal(data.encode(), SHAPE)
    assert str(error.value) == words
