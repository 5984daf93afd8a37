"""Writing a scenario file: the only writer. What is written is read again as the same scenario."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w
from msgspec.structs import FieldInfo

from conformance.scenario.scenario import Scenario

MOST_CHARACTERS = 120


def as_toml(scenario: Scenario, *comments: str) -> str:
    """Write a scenario as TOML, with comments above it; what it does not say is left out."""
    head = "".join(f"# {line}\n" for line in comments)
    return head + "".join(_lines(_table(scenario), "")).lstrip("\n")


class _Flat(dict[str, Any]):
    """A table of the user's own keys, which is written in one line below another, where there is room."""


def _table(value: Any) -> Any:
    """Give a value in TOML's terms, of a struct what is not its default."""
    match value:
        case msgspec.Struct():
            config, table = value.__struct_config__, {}
            if config.tag is not None:
                table[str(config.tag_field)] = config.tag
            for key in msgspec.structs.fields(value):
                if (found := getattr(value, key.name)) != _default(key):
                    table[key.encode_name] = _table(found)
            return table
        case tuple():
            return [_table(each) for each in value]
        case Mapping():
            return _Flat((key, _table(each)) for key, each in value.items())
        case str():
            return str(value)
    return value


def _default(key: FieldInfo) -> Any:
    """Give what a key is when it is left out; of one that must be there, what nothing is equal to."""
    return key.default if key.default_factory is msgspec.NODEFAULT else key.default_factory()


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    """Write the keys of a table, then the tables in it, each under its heading."""
    headed = {key: value for key, value in table.items() if _has_heading(value, nested=bool(path))}
    for key, value in table.items():
        if key not in headed:
            yield f"{_key(key)} = {_value(value)}\n"
    for key, value in headed.items():
        inner = f"{path}{_key(key)}"
        for each in value if isinstance(value, list) else [value]:
            yield f"\n[[{inner}]]\n" if isinstance(value, list) else f"\n[{inner}]\n"
            yield from _lines(each, f"{inner}.")


def _has_heading(value: Any, *, nested: bool) -> bool:
    if isinstance(value, _Flat):
        return not nested or len(_inline(value)) > MOST_CHARACTERS
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _inline(table: Mapping[str, Any]) -> str:
    return f"{{ {', '.join(f'{_key(key)} = {_value(value)}' for key, value in table.items())} }}"


def _key(key: str) -> str:
    """Write a key, quoted where it must be."""
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def _value(value: Any) -> str:
    """Write a value: a list in one line where there is room, a text of several lines as it stands."""
    if isinstance(value, _Flat):
        return _inline(value)
    if isinstance(value, list) and len(line := f"[{', '.join(map(_value, value))}]") < MOST_CHARACTERS:
        return line
    text = tomli_w.dumps({"_": value}, multiline_strings=True).removeprefix("_ = ").removesuffix("\n")
    plain = text.replace('\\"', '"')  # quotes in a text of several lines need no backslash, unless three stand together
    return plain if _read(plain) == _read(text) else text


def _read(text: str) -> Any:
    """Give what a value that was written is read as; nothing where it cannot be."""
    try:
        return tomllib.loads(f"_ = {text}")["_"]
    except tomllib.TOMLDecodeError:
        return None
