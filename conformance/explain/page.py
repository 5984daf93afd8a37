"""A page of text: paragraphs, wrapped to 100 columns, in colour where that is wanted."""

import enum
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 100


class TextStyle(enum.Enum):
    """How a paragraph looks: the numbers are those of ANSI escape sequences (ECMA-48, SGR)."""

    PLAIN = ""
    HEAD = "1"
    GOOD = "32"
    BAD = "31"
    NAME = "36"
    QUIET = "2"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two, or what stands for itself; ``indent`` is in columns, ``lead`` what comes before."""

    text: str
    indent: int = 2
    look: TextStyle = TextStyle.PLAIN
    lead: str = ""


def head(text: str) -> Paragraph:
    """Make a heading: an empty line comes before it, unless it is the first on the page."""
    return Paragraph(text, 0, TextStyle.HEAD)


def render(paragraphs: Iterable[Paragraph], *, colour: bool) -> str:
    """Give the page; a line is longer than 100 columns only where a name alone is."""
    lines: list[str] = []
    for paragraph in paragraphs:
        if paragraph.look is TextStyle.HEAD and lines:
            lines.append("")
        for line in _wrapped(paragraph):
            code = paragraph.look.value if colour else ""
            lines.append(f"\x1b[{code}m{line}\x1b[0m" if code else line)
    return "\n".join(lines) + "\n"


def _wrapped(paragraph: Paragraph) -> list[str]:
    """Break a paragraph into lines; a line break in its text stays one."""
    first = " " * paragraph.indent + paragraph.lead
    rest = " " * len(first)
    lines: list[str] = []
    for part in paragraph.text.split("\n"):
        lines += textwrap.wrap(
            _harmless(part),
            WIDTH,
            initial_indent=rest if lines else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def _harmless(text: str) -> str:
    """Show characters that a terminal would obey: what a registry answers is not ours."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Join words as a sentence lists them: "a, b and c"."""
    words = list(words)
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
