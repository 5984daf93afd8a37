"""docs/reference.md has every command and option, and no page speaks of one that there is not."""

import re
from pathlib import Path

import pytest

from conformance.plugin import options
from tests.docsite.told_options import ROOT, commands, environments, options_of_a_run, told_commands
from tests.test_docs import PAGES

REFERENCE = (ROOT / "docs" / "reference.md").read_text()
COMMANDS = commands()
of_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def first_cells(heading: str) -> list[str]:
    section = REFERENCE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_it_has_every_command() -> None:
    told = {*first_cells("Commands")}
    there = COMMANDS.keys() - {""}
    grouped = {each for each in there if any(other.startswith(f"{each} ") for other in there)}
    assert told | grouped == there
    assert told & grouped == {"releases"}  # which does something without an action, too


def test_it_has_every_option_of_a_run() -> None:
    told = [each.partition(" ")[0] for each in first_cells("Options of a run")]
    assert sorted(told) == sorted(options_of_a_run())


@pytest.mark.parametrize("option", [name for name, each in options_of_a_run().items() if each.choices])
def test_it_has_every_choice_of_an_option(option: str) -> None:
    (row,) = re.findall(rf"^\| `{option}\b.*$", REFERENCE, re.MULTILINE)
    glossary = (ROOT / "docs" / "glossary.md").read_text().partition("## Capabilities")[2]
    told = glossary if "glossary.md#capabilities" in row else row
    missing = [each for each in options_of_a_run()[option].choices or () if f"`{each}`" not in told]
    assert missing == []


def test_it_has_every_marker() -> None:
    described = re.findall(r'addinivalue_line\("markers", "(\w+)', Path(options.__file__).read_text())
    assert {re.split(r"\W", each)[0] for each in first_cells("Markers")} == set(described)


@of_each_page
def test_a_page_names_commands_and_options_that_are_there(page: Path) -> None:
    wrong = []
    for words in told_commands(page.read_text(), "crio-conformance"):
        if not words or words[0].startswith("-") or not re.fullmatch(r"[a-z]+", words[0]):
            continue
        name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
        if name == "run":
            continue
        own = words[: words.index("--")] if "--" in words else words
        own = own[: own.index("--pytest") + 1] if "--pytest" in own else own
        named = {each for each in own if re.fullmatch(r"--?[a-z-]+", each)}
        if name not in COMMANDS or not named <= COMMANDS[name]:
            wrong.append(" ".join(words))
    assert wrong == []


@of_each_page
def test_a_page_names_environments_of_tox_that_are_there(page: Path) -> None:
    told = {
        name
        for words in told_commands(page.read_text(), "tox")
        if words[:2] == ["run", "-e"]
        for name in words[2].split(",")
    }
    assert told <= environments()


@of_each_page
def test_a_page_gives_pytest_options_that_are_there(page: Path, pytestconfig: pytest.Config) -> None:
    parser = pytestconfig._parser
    groups = [parser._anonymous, *parser._groups]
    there = {name for group in groups for option in group.options for name in option.names()}
    told = {
        option.partition("=")[0]
        for words in [
            *told_commands(page.read_text(), "pytest"),
            *told_commands(page.read_text(), "crio-conformance run"),
            *told_commands(page.read_text(), "tox run -e conformance --"),
        ]
        for option in words
        if option.startswith("--")
    }
    assert told <= there
