"""docs/troubleshooting.md as data: the sentences of each table, as a reader matches what a run says with them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "troubleshooting.md"
MACHINE, ASKED = "## About the machine", "## About what was asked for"
HOLE = "…"
ENOUGH = 6
"""Characters that are words."""


def rows(heading: str) -> list[list[str]]:
    """Give the beginnings of sentences of each row below a heading."""
    section = PAGE.read_text().partition(f"{heading}\n")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    return [
        re.findall(r"`([^`]+)`", re.sub(r"\([^()]*\]\([^)]*\)[^()]*\)|\(exit code[^)]*\)", "", cell)) for cell in cells
    ]


def begins(beginning: str, sentence: str) -> bool:
    """Tell whether a sentence begins so, holes filled."""
    return re.match(".*".join(map(re.escape, beginning.split(HOLE))), sentence) is not None


def sentences(package: Path) -> Iterator[str]:
    """Give the texts in the code below a folder, with a hole for each value that is put in."""
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else HOLE
                for part in parts
                if isinstance(part, ast.Constant | ast.FormattedValue)
            )
            if text and isinstance(node, ast.JoinedStr | ast.Constant):
                yield text


def may_begin(beginning: str, sentence: str) -> bool:
    """Tell whether a sentence of the code may begin as the page says, whatever is in the holes of either.

    Where the page has a word, the code may have a hole. They must have words in common, or holes alone would say all.
    """
    known = [piece for piece in sentence.split(HOLE) if len(piece.strip()) >= ENOUGH]
    told = [piece for piece in beginning.split(HOLE) if len(piece.strip()) >= ENOUGH]
    if not any(each in sentence for each in told) and not any(each in beginning for each in known):
        return False
    page = beginning.rstrip(HOLE) + HOLE

    @cache
    def meet(here: int, there: int) -> bool:
        if here == len(page) and there == len(sentence):
            return True
        if page[here : here + 1] == HOLE:
            return meet(here + 1, there) or (there < len(sentence) and meet(here, there + 1))
        if sentence[there : there + 1] == HOLE:
            return meet(here, there + 1) or (here < len(page) and page[here] != " " and meet(here + 1, there))
        return page[here : here + 1] == sentence[there : there + 1] != "" and meet(here + 1, there + 1)

    return meet(0, 0)
