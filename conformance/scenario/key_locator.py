"""Where a key stands in a TOML file: the line on which what it is about begins."""

import re
import tomllib
from collections.abc import Sequence
from typing import Any

KeyPath = Sequence[str | int]
_STEP = re.compile(r"\.?(?P<key>[^.\[\]]+)|\[(?P<number>\d+)\]|\[\.\.\.\]")


def parse_key_path(text: str) -> list[str | int]:
    """Read a path such as ``$.host[0].fails``; a step ``[...]``, which stands for any key of a table, ends it."""
    path: list[str | int] = []
    for step in _STEP.finditer(text.removeprefix("$")):
        if step["key"] is None and step["number"] is None:
            break
        path.append(step["key"] if step["number"] is None else int(step["number"]))
    return path


def write_key_path(path: KeyPath) -> str:
    """Write a path as ``host[0].fails``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def line_of(text: str, path: KeyPath) -> int:
    """Give the line (from 1) of the statement after which the path is there; the first where it never is.

    The file is read as often as it has lines: what TOML's own reader takes needs no second grammar.
    """
    lines = text.splitlines()
    read = 0
    for end in range(1, len(lines) + 1):
        try:
            table = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a statement
        if path and _is_there(table, path):
            return _line_within(lines, read, end, path)
        read = end
    return 1


def _is_there(value: Any, path: KeyPath) -> bool:
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return False
        elif not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def _line_within(lines: Sequence[str], start: int, end: int, path: KeyPath) -> int:
    """Give the line of a statement that has the last key of the path, else its first."""
    statement = [number for number in range(start, end) if lines[number].strip() and lines[number].strip()[0] != "#"]
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    return 1 + next((number for number in statement if word.search(lines[number])), statement[0])
