"""Release lines in words."""

from collections.abc import Collection, Iterator, Sequence

LEAST_RANGE = 3
"""How many lines in a row are told by the first and the last."""


def lines_text(wanted: Collection[str], lines: Sequence[str]) -> str:
    """Name some of the lines that there are, in their order: ``1.31, 1.33 to 1.36``.

    A range has no gaps: a line that is not among ``lines`` is not in it.
    """
    return ", ".join(_text(run) for run in _runs([each for each in lines if each in wanted]))


def _runs(lines: Sequence[str]) -> Iterator[list[str]]:
    """Put lines together that follow one another."""
    run: list[str] = []
    for line in lines:
        if run and line != _next(run[-1]):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _next(line: str) -> str:
    major, _, minor = line.partition(".")
    return f"{major}.{int(minor) + 1}"


def _text(run: Sequence[str]) -> str:
    return f"{run[0]} to {run[-1]}" if len(run) >= LEAST_RANGE else ", ".join(run)
