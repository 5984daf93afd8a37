"""Pieces of Markdown as GitHub reads it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.report.issue_links import issue_url

_CODE = re.compile(r"(``.+?``|`[^`]+`)")
_SIGNS = re.compile(r"(?=[|<*\[\]])")


def escaped(text: str) -> str:
    """Let Markdown see no signs of its own in a text, but for code between backticks."""
    parts = _CODE.split(text)
    return "".join(_SIGNS.sub(r"\\", each) if number % 2 == 0 else each for number, each in enumerate(parts))


def code(text: str) -> str:
    """Give a text as code, in a table's cell, too."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def value_as_code(value: Any) -> str:
    """Give a value of TOML as code."""
    return code(json.dumps(value, ensure_ascii=False))


def seen_text(seen: Mapping[str, Any]) -> str:
    """Say what was seen: each expression over a case's fixtures, and its value."""
    return ", ".join(f"{code(name)} is {value_as_code(value)}" for name, value in seen.items())


def issue_link(issue: str) -> str:
    """Give an issue as a link; what is none as it is."""
    url = issue_url(issue)
    return f"[{issue}]({url})" if url else issue


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give the lines of a table; cells are Markdown already."""
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def anchor(name: str) -> str:
    """Give a place that a link can lead to."""
    return f'<a id="{name}"></a>'


def slug(heading: str) -> str:
    """Give the address that GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
