"""Standard output and error that no command trips over: closed, full, of another encoding, or read no further."""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

ERROR = 2
"""The last of the standard streams, standard error."""

UNWRITTEN = 2
"""The exit code of a command whose output cannot be written."""


class GuardedStream:
    """A text stream that keeps its first failure and raises none; what is written after that goes nowhere.

    ``failure`` is that error, and ``on_failure`` is called when it comes; ``before_write`` is called before each text.
    """

    def __init__(self, stream: TextIO, on_failure: Callable[[], object] = lambda: None) -> None:
        self.stream = stream
        self.on_failure = on_failure
        self.before_write: Callable[[], object] = bool
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        """Write, if that can be done."""
        self.before_write()
        self._attempt(lambda: self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, if that can be done."""
        self._attempt(self.stream.flush)

    def _attempt(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)
            self.failure = error
            self.on_failure()

    def __getattr__(self, name: str) -> Any:
        """Be the stream in everything else."""
        return getattr(self.stream, name)

    @property
    def complaint(self) -> str:
        """Say what went wrong; nothing where all was written, or who reads has read enough."""
        if self.failure is None or self.failure.errno == errno.EPIPE:
            return ""
        return f"what this prints cannot be written: {self.failure.strerror}"


def open_closed_files() -> None:
    """Open what is closed of the files of standard streams: else the next files that are opened are these."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= ERROR:
        pass
    os.close(opened)


def open_closed_streams() -> None:
    """Let standard output and error lead nowhere where they were closed, and Python has none."""
    open_closed_files()
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()


def guard_stdout() -> GuardedStream:
    """Let standard output raise nothing, and give it; one that is guarded already stays as it is."""
    if not isinstance(sys.stdout, GuardedStream):
        sys.stdout = cast("TextIO", GuardedStream(sys.stdout or _nowhere()))
    return cast("GuardedStream", sys.stdout)


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Run a command with streams that are there, take every character and raise nothing.

    Raises ``SystemExit`` at the end, after one sentence, where standard output could not be written.
    """
    open_closed_files()
    before = sys.stdout, sys.stderr
    sys.stderr = cast("TextIO", GuardedStream(before[1] or _nowhere()))
    guarded = guard_stdout()
    for stream in (guarded.stream, before[1]):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        guarded.flush()
        if guarded.complaint:
            sys.stderr.write(f"crio-conformance: {guarded.complaint}\n")
        sys.stderr.flush()
        sys.stdout, sys.stderr = before
        if guarded.complaint:
            raise SystemExit(UNWRITTEN)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
