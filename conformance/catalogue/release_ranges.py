"""Releases in words."""

from collections.abc import Collection, Iterator, Sequence


def lines_text(wanted: Collection[str], lines: Sequence[str]) -> str:
    """Name some of the lines that there are, in their order: ``1.31, 1.33 to 1.36``."""
    return ", ".join(_runs([each in wanted for each in lines], lines))


def _runs(marks: Sequence[bool], lines: Sequence[str]) -> Iterator[str]:
    start = None
    for number, marked in enumerate([*marks, False]):
        if marked and start is None:
            start = number
        elif not marked and start is not None:
            last = number - 1
            joint = " to " if last > start + 1 else ", "
            yield lines[start] if last == start else f"{lines[start]}{joint}{lines[last]}"
            start = None
