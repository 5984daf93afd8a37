"""A page that a reader follows: the files that it has written, and the commands with what they print, in its order.

A block of ``toml`` goes to the end of the file that the text before it named last, ``name.toml`` or ``name.conf`` in
backticks. A block of ``console`` has commands behind ``$``, and below each what it prints, in which ``…`` stands for
anything: alone in a line for any number of lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```(?P<kind>toml|console)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`([\w.-]+\.(?:toml|conf))`")


@dataclass(frozen=True)
class Written:
    """Lines for the end of a file."""

    file: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command, and what it prints as the page has it."""

    command: str
    printed: str

    def agrees(self, output: str) -> bool:
        """Tell whether an output is what the page says."""
        lines = [_line_pattern(line) for line in self.printed.splitlines(keepends=True)]
        return re.fullmatch("".join(lines), output) is not None


def _line_pattern(line: str) -> str:
    if line == "…\n":
        return r"(?:.*\n)*?"
    return ".*?".join(map(re.escape, line.split("…")))


def steps(page: str) -> Iterator[Written | Command]:
    """Give what a reader does, in order; raises ``ValueError`` for a block of a file that is not named before."""
    named = ""
    end = 0
    for block in BLOCK.finditer(page):
        names = FILE.findall(page[end : block.start()])
        named = names[-1] if names else named
        end = block.end()
        if block["kind"] == "console":
            parts = re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]
            yield from (Command(*part.split("\n", 1)) for part in parts)
        elif not named:
            message = f"no file is named before {block['text']!r}"
            raise ValueError(message)
        else:
            yield Written(named, block["text"])
