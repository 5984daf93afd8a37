"""docs/troubleshooting.md as data: the sentences of each table, as a reader matches what a run says with them."""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "troubleshooting.md"
MACHINE, ASKED = "## About the machine", "## About what was asked for"
HOLE = "…"


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
