"""Reading a scenario file: the only reader. What is wrong is said in one sentence, with the line and the key."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from conformance.scenario.checks import wrong_values
from conformance.scenario.key_locator import KeyPath, line_of, parse_key_path, write_key_path
from conformance.scenario.scenario import Scenario

SUFFIX = ".scenario.toml"
_AT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_EXPECTED = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_NO_MEMBER = re.compile(r"Invalid (?:enum )?value '?(.*?)'?", re.DOTALL)
_IN_WORDS = {
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "float": "a number",
}


class ScenarioError(Exception):
    """A scenario file cannot be used: one sentence, with the file, the line and the key."""


def read_scenario(path: Path) -> Scenario:
    """Read a file; raises ``ScenarioError``."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: it is no UTF-8 (byte {error.start})") from None
    return parse_scenario(text, str(path))


def parse_scenario(text: str, name: str = "the scenario") -> Scenario:
    """Read the text of a file of that name; raises ``ScenarioError``."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rpartition(" (at ")
        line = re.match(r"line (\d+)", where)
        number = int(line[1]) if line else len(text.splitlines())
        raise ScenarioError(f"{name}, line {number}: this is no TOML ({what or error})") from None
    except RecursionError:
        raise ScenarioError(f"{name}: its lists or tables lie deeper in each other than any scenario's") from None
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        raise _error(name, text, *_worded(str(error))) from None
    for wrong in wrong_values(scenario):
        raise _error(name, text, *wrong)
    return scenario


def _error(name: str, text: str, path: KeyPath, sentence: str) -> ScenarioError:
    key = f"{write_key_path(path)}: " if path else ""
    return ScenarioError(f"{name}, line {line_of(text, path)}: {key}{sentence}")


def _worded(message: str) -> tuple[list[str | int], str]:
    """Put what msgspec says into the words of the file; give the path of the key, and the sentence."""
    match = _AT.fullmatch(message)
    what, path = (match["what"], parse_key_path(match["path"] or "")) if match else (message, [])
    if found := _UNKNOWN.fullmatch(what):
        near = difflib.get_close_matches(found[1], known := _keys(path), 1)
        return [*path, found[1]], f"there is no such key; {f'did you mean {near[0]}?' if near else _either(known)}"
    if found := _MISSING.fullmatch(what):
        return path, f"the key {found[1]} is missing"
    if found := _EXPECTED.fullmatch(what):
        return path, f"this is {_in_words(found[2])}, and {_in_words(found[1])} is wanted"
    if found := _NO_MEMBER.fullmatch(what):
        return path, f"{found[1]!r} is none of the values; {_either(_values(path))}"
    return path, what


def _in_words(types: str) -> str:
    return " or ".join(_IN_WORDS.get(each, each) for each in types.split(" | ") if each != "null")


def _either(choices: Sequence[str]) -> str:
    return f"write one of {', '.join(choices)}"


def _keys(path: KeyPath) -> list[str]:
    """Give the keys that a table at that path may have; those of every kind of call, where it is one."""
    structs = [each for each in _types_at(path) if isinstance(each, inspect.StructType)]
    tags = [each.tag_field for each in structs if each.tag_field]
    return list(dict.fromkeys([*tags, *(key.encode_name for each in structs for key in each.fields)]))


def _values(path: KeyPath) -> list[str]:
    """Give the values that are there to be chosen from at a path."""
    found: list[str] = []
    types = _types_at(path)
    for each in types + [inner for outer in types for inner in _within(outer, "")]:
        if isinstance(each, inspect.EnumType):
            found += [str(member.value) for member in each.cls]
        if isinstance(each, inspect.LiteralType):
            found += [str(value) or '""' for value in each.values]
    if path and not found:  # the key that says which kind a table is of
        found = [str(each.tag) for each in _types_at(path[:-1]) if isinstance(each, inspect.StructType)]
    return found


def _types_at(path: KeyPath) -> list[inspect.Type]:
    """Give the types that a value at a path may have."""
    types = list(_alternatives(inspect.type_info(Scenario)))
    for step in path:
        types = [inner for each in types for inner in _within(each, step)]
    return types


def _within(outer: inspect.Type, step: str | int) -> Iterator[inspect.Type]:
    match outer:
        case inspect.StructType():
            for key in outer.fields:
                if key.encode_name == step:
                    yield from _alternatives(key.type)
        case inspect.VarTupleType():
            yield from _alternatives(outer.item_type)
        case inspect.DictType():
            yield from _alternatives(outer.value_type)


def _alternatives(found: Any) -> Iterator[inspect.Type]:
    if isinstance(found, inspect.UnionType):
        yield from found.types
    else:
        yield found
