"""TOML as BurntSushi/toml reads it, where that is more than tomllib takes.

Up to release 1.5 it reads TOML 1.0, and of a list that is there twice the last counts (parse.go, ``setValue``,
``isArray``), but not in an inline table; from 1.6 on it reads TOML 1.1, and refuses such a list. What TOML 1.1 adds is
put into the words of 1.0.
"""

import json
import re
import tomllib
from typing import Any

_MARK = "\0"
"""What follows the name of a key that is there again: no file has it in a key."""

_AGAIN = re.compile(r"Cannot overwrite a value \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")
_KEY = re.compile(r"[ \t]*(?:[A-Za-z0-9_-]+|\"[^\"\\\n]*\"|'[^'\n]*')[ \t]*=")
_TOKENS = (
    r'"""(?:[^\\]|\\.)*?"{3,5}',
    r"'''.*?'{3,5}",
    r'"(?:[^"\\\n]|\\.)*"',
    r"'[^'\n]*'",
    r"#[^\n]*",
    r"""[^"'#\[\]{},\n]+""",
    r".",
)
_TOKEN = re.compile("|".join(_TOKENS), re.DOTALL)
_TIME = re.compile(r"(?<![\d:+-])\d{2}:\d{2}(?![\d:])")
"""A time without seconds; what follows a sign is an offset."""
_ESCAPE = re.compile(r"\\(?:x(?P<code>[0-9A-Fa-f]{2})|.)", re.DOTALL)


def load_toml(text: str, *, reads_toml_1_1: bool) -> dict[str, Any]:
    """Read a file, as the releases do that read TOML 1.1, or as those before; raises ``ValueError`` as tomllib does."""
    text = text.replace("\r\n", "\n")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        if not reads_toml_1_1:
            return _with_lists_twice(text)
        if (older := _in_toml_1_0(text)) == text:
            raise
        try:
            return tomllib.loads(older)
        except tomllib.TOMLDecodeError:
            pass
        raise


# A list that is there twice


def _with_lists_twice(text: str) -> dict[str, Any]:
    """Read a file in which lists may be there more than once: the last of each counts."""
    refusals: list[tomllib.TOMLDecodeError] = []
    while True:
        try:
            table = tomllib.loads(text)
            break
        except tomllib.TOMLDecodeError as error:
            text = _marked(text, error, len(refusals))
            refusals.append(error)
    _unmark(table, refusals)
    return table


def _marked(text: str, error: tomllib.TOMLDecodeError, number: int) -> str:
    """Mark the key that is there again, where that is the error; raises it where it is another."""
    place = _AGAIN.fullmatch(str(error))
    if place is None:
        raise error
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    end = starts[int(place["line"]) - 1] + int(place["column"]) - 1 if place["line"] else len(text)
    for start in reversed([each for each in starts if each < end]):
        statement = text[start:end]
        key = _KEY.match(statement)
        if key and _is_toml(statement):
            (name,) = tomllib.loads(statement)
            return f"{text[:start]}{json.dumps(f'{name}{_MARK}{number}')} = {statement[key.end() :]}{text[end:]}"
    raise error


def _is_toml(text: str) -> bool:
    try:
        return len(tomllib.loads(text)) == 1
    except tomllib.TOMLDecodeError:
        return False


def _unmark(value: Any, refusals: list[tomllib.TOMLDecodeError]) -> None:
    """Let what is marked take the place of the list before it; raises the refusal of what takes another's."""
    if isinstance(value, list):
        for each in value:
            _unmark(each, refusals)
    elif isinstance(value, dict):
        for key in list(value):
            _unmark(value[key], refusals)
            name, marked, number = key.partition(_MARK)
            if marked and not isinstance(value[name], list):
                raise refusals[int(number)]
            if marked:
                value[name] = value.pop(key)


# TOML 1.1


def _in_toml_1_0(text: str) -> str:
    """Write inline tables on one line, without a comma at their ends, times with seconds, new escapes as older ones."""
    written: list[str] = []
    within: list[str] = []
    for part in (match[0] for match in _TOKEN.finditer(text)):
        in_table = within[-1:] == ["{"]
        if part.startswith('"'):
            written.append(_ESCAPE.sub(_escape, part))
        elif part.startswith(("'", "#")):
            written.append(" " if part.startswith("#") and in_table else part)
        elif in_table and part == "\n":
            written.append(" ")
        else:
            if part == "}" and in_table:
                _drop_comma(written)
            if part in {"[", "{"}:
                within.append(part)
            elif part in {"]", "}"} and within:
                within.pop()
            written.append(_TIME.sub(r"\g<0>:00", part))
    return "".join(written)


def _escape(match: re.Match[str]) -> str:
    if match["code"]:
        return f"\\u00{match['code']}"
    return r"\u001b" if match[0] == r"\e" else match[0]


def _drop_comma(written: list[str]) -> None:
    """Take away a comma at the end, behind something."""
    last = next((at for at in range(len(written) - 1, -1, -1) if not written[at].isspace()), 0)
    before = next((each for each in reversed(written[:last]) if not each.isspace()), "{")
    if written[last] == "," and before not in {"{", ","}:
        del written[last]
