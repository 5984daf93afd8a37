"""CRI-O's form for a bug, as Markdown: its fields, and the pieces that stand in them.

Source: cri-o/cri-o .github/ISSUE_TEMPLATE/bug-report.yml.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BugForm:
    """What stands in each field, as lines of Markdown."""

    happened: Iterable[str]
    expected: Iterable[str]
    reproduced: Iterable[str]
    more: Iterable[str]
    versions: Iterable[str]
    system: Iterable[str]
    environment: Iterable[str]

    def lines(self) -> Iterator[str]:
        """Give the lines of the whole form, in the order of its fields."""
        yield from _section("What happened?", self.happened)
        yield from _section("What did you expect to happen?", self.expected)
        yield from _section("How can we reproduce it (as minimally and precisely as possible)?", self.reproduced)
        yield from _section("Anything else we need to know?", self.more)
        yield from _section("CRI-O and Kubernetes version", self.versions)
        yield from _section("OS version", self.system)
        yield from _section("Additional environment details (AWS, VirtualBox, physical, etc.)", self.environment)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield from "\n".join(lines).rstrip("\n").split("\n")
    yield ""


def code_block(text: str, language: str = "") -> Iterator[str]:
    """Write a text as a block of code, fenced by more backticks than are in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}{language}"
    yield text.rstrip("\n")
    yield fence


def folded(title: str, text: str) -> Iterator[str]:
    """Write a text as a block of code that a click opens; nothing where there is no text."""
    if text:
        yield f"<details><summary>{title}</summary>"
        yield ""
        yield from code_block(text)
        yield ""
        yield "</details>"
        yield ""


def table_cell(text: str) -> str:
    """Write a text so that it can stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ")
