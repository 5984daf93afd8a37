"""The progress of a run at the bottom of a terminal, drawn with rich: a bar, verdicts, time left, what is running."""

from collections.abc import Iterator
from typing import TextIO, cast

from rich.console import Console
from rich.live import Live
from rich.text import Text

from conformance.interrupts import uninterrupted
from conformance.report.run_progress import RunProgress, written_duration
from conformance.standard_streams import GuardedStream

BAR_WIDTH = 12
NARROW = 60
"""In fewer columns there is neither bar nor time: how many cases failed is what counts."""

MOST_RUNNING = 8
"""How many of the cases that run now have a line."""

STYLES = {"failed": "bold red", "deviates": "yellow", "skipped": "dim"}


class LiveDisplay:
    """Lines at the bottom of a terminal, which give way to whatever else is written to its stream.

    Nothing is drawn but when it is asked for: another thread would write into what pytest captures of a case.
    """

    def __init__(self, stream: GuardedStream) -> None:
        self._stream = stream
        self._console = Console(file=cast("TextIO", stream), highlight=False)
        self._live: Live | None = None

    def draw(self, progress: RunProgress, now: float) -> None:
        """Draw the lines, in place of those that are there."""
        with uninterrupted():
            self._stream.before_write = bool
            if self._live is None:
                self._live = Live(
                    console=self._console,
                    auto_refresh=False,
                    transient=True,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
                self._live.start()
            self._live.update(drawn(progress, now, is_narrow=self._console.width < NARROW), refresh=True)
            self._stream.before_write = self.erase

    def erase(self) -> None:
        """Take the lines away, and leave the terminal as it was."""
        with uninterrupted():
            self._stream.before_write = bool
            if self._live is not None:
                self._live.stop()
                self._live = None


def drawn(progress: RunProgress, now: float, *, is_narrow: bool) -> Text:
    """Lay out the lines by hand: a table takes three times as long, and this is done for every case."""
    done = BAR_WIDTH * progress.done // max(progress.total, 1)
    colour = "red" if progress.ended["failed"] else "green"
    bar = [("━" * done, colour), ("━" * (BAR_WIDTH - done), "grey23"), (" ", "")]
    text = Text.assemble(*([] if is_narrow else bar), progress.counted(), end="")
    if not is_narrow and (left := progress.seconds_left(now)) is not None:
        text.append(f", {written_duration(left)} left")
    for verdict, words in progress.verdicts():
        text.append(", ").append(words, STYLES[verdict])
    for line in _running(progress):
        text.append(f"\n  {line}", "dim")
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _running(progress: RunProgress) -> Iterator[str]:
    """Give a line for each case that runs, one of each worker."""
    running = list(progress.running)
    yield from map(_short, running[:MOST_RUNNING])
    if len(running) > MOST_RUNNING:
        yield f"and {len(running) - MOST_RUNNING} more"


def _short(case: str) -> str:
    """Name a case by its file and function: without folders and classes, most fit into a line."""
    path, _, rest = case.partition("::")
    function, bracket, parameters = rest.partition("[")
    return f"{path.rpartition('/')[2]}::{function.rpartition('::')[2]}{bracket}{parameters}"
