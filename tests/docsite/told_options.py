"""The commands and options that there are, and those that a page speaks of."""

import argparse
import configparser
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from conformance.commands.main import command_parser
from conformance.plugin.options import pytest_addoption

ROOT = Path(__file__).parents[2]
ENDS = re.compile(r"[|>;]|&&| #|…")
"""Where a command line ends, and other things begin."""


def options_of_a_run() -> dict[str, argparse.Action]:
    """Give the options that the plugin adds to pytest, by their names."""
    parser = argparse.ArgumentParser(add_help=False)
    pytest_addoption(cast("Any", SimpleNamespace(getgroup=lambda *_: SimpleNamespace(addoption=parser.add_argument))))
    return {action.option_strings[0]: action for action in parser._actions}


def commands() -> dict[str, set[str]]:
    """Give the options of every command and of its actions, by its words (``scenario run``)."""
    return dict(_commands(command_parser(), ""))


def _commands(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, set[str]]]:
    yield words, {name for action in parser._actions for name in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inside in action.choices.items():
                yield from _commands(inside, f"{words} {name}".strip())


def environments() -> set[str]:
    """Give the environments of tox."""
    read = configparser.ConfigParser(interpolation=None)
    read.read(ROOT / "tox.ini")
    return {section.removeprefix("testenv:") for section in read.sections() if section.startswith("testenv:")}


def told_lines(page: str) -> Iterator[str]:
    """Give what a page has as code: lines of its blocks, continued ones as one, and what stands between backticks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    text = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    yield from (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    yield from (" ".join(each.split()) for each in re.findall(r"`([^`]+)`", text))


def told_commands(page: str, program: str) -> Iterator[list[str]]:
    """Give the arguments of each command line of a program that a page has, as far as it goes."""
    for line in told_lines(page):
        for found in re.finditer(rf"(?:^|[\s(/])(?<!--namespace ){re.escape(program)} (?P<rest>.*)", line):
            yield ENDS.split(found["rest"])[0].split()
