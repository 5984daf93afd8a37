"""The progress of a run at the bottom of a terminal, drawn with rich: a bar, verdicts, time left, what is running."""

from collections.abc import Iterator
from typing import TextIO, cast

from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from conformance.interrupts import uninterrupted
from conformance.report.run_progress import RunProgress, written_duration
from conformance.standard_streams import GuardedStream

BAR_WIDTH = 24
MOST_RUNNING = 8
"""How many of the cases that run now have a line."""

STYLES = {"failed": "bold red", "deviates": "yellow", "skipped": "dim"}
SUITE = "conformance/suite/"


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
            self._live.update(_drawn(progress, now), refresh=True)
            self._stream.before_write = self.erase

    def erase(self) -> None:
        """Take the lines away, and leave the terminal as it was."""
        with uninterrupted():
            self._stream.before_write = bool
            if self._live is not None:
                self._live.stop()
                self._live = None


def _drawn(progress: RunProgress, now: float) -> ConsoleRenderable:
    head = Table.grid(padding=(0, 1))
    colour = "red" if progress.ended["failed"] else "green"
    bar = ProgressBar(
        max(progress.total, 1), progress.done, width=BAR_WIDTH, complete_style=colour, finished_style=colour
    )
    head.add_row(bar, Text(progress.counted()), *_verdicts(progress), _left(progress, now))
    return Group(head, *_running(progress))


def _verdicts(progress: RunProgress) -> Iterator[Text]:
    for verdict, words in progress.verdicts():
        yield Text(words, style=STYLES[verdict])


def _left(progress: RunProgress, now: float) -> Text:
    left = progress.seconds_left(now)
    return Text("" if left is None else f"{written_duration(left)} left", style="cyan")


def _running(progress: RunProgress) -> Iterator[Text]:
    """Give a line for each case that runs, one of each worker."""
    running = list(progress.running)
    lines = [f"  {case.removeprefix(SUITE)}" for case in running[:MOST_RUNNING]]
    lines += [f"  and {len(running) - MOST_RUNNING} more"] if len(running) > MOST_RUNNING else []
    for line in lines:
        yield Text(line, style="dim", no_wrap=True, overflow="ellipsis")
