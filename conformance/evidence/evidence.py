"""Evidence: what was recorded between two moments, and the collector that holds all of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from conformance.cri import Call, CallError
from conformance.evidence.attempts import Attempt, attempts
from conformance.evidence.case_records import PredictionRecord
from conformance.evidence.log import Log, LogLine, LogNotReadError, missing_kinds, panics, tried_hosts
from conformance.registry_hosts.recorder import Exchange, NameLookup, Recorder


@dataclass(frozen=True)
class UserMessage:
    """A line of what a user reads, or of what was wanted, and when (seconds, monotonic clock)."""

    at: float
    text: str


@dataclass(frozen=True)
class Command:
    """A command that a runtime without a CRI was asked with, when (``time.monotonic``) and for how long (seconds)."""

    line: tuple[str, ...]
    error: CallError | None
    at: float
    duration: float


@dataclass(frozen=True)
class Evidence:
    """What was recorded for a case or a call: CRI calls or commands, exchanges (and lookups), CRI-O's log lines.

    ``differences`` are what the model had predicted otherwise, ``messages`` what a kubelet wants and would show a user,
    ``goroutines`` what CRI-O was doing when a call was not answered in time, ``unread`` why the log was not read, if it
    was not: then what it tells raises ``LogNotReadError``. ``predictions`` are what the model said before each call.
    """

    calls: tuple[Call, ...]
    exchanges: tuple[Exchange | NameLookup, ...]
    read_lines: Callable[[], tuple[LogLine, ...]]
    differences: tuple[str, ...] = ()
    messages: tuple[UserMessage, ...] = ()
    commands: tuple[Command, ...] = ()
    goroutines: tuple[str, ...] = ()
    unread: str = ""
    predictions: tuple[PredictionRecord, ...] = ()

    @cached_property
    def lines(self) -> tuple[LogLine, ...]:
        """CRI-O's log lines, read when they are wanted: most cases ask for none."""
        return self.read_lines()

    @property
    def told_lines(self) -> tuple[LogLine, ...]:
        """The log lines, from which something is to be concluded; raises ``LogNotReadError``."""
        if self.unread:
            raise LogNotReadError(self.unread)
        return self.lines

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts, in the order in which hosts were asked."""
        return attempts(self.exchanges)

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked, in order, by what they recorded."""
        return [attempt.host for attempt in self.attempts]

    @property
    def tried(self) -> list[str]:
        """The registry hosts that CRI-O's log says were tried, in its order, repetitions left out."""
        return list(dict.fromkeys(tried_hosts(self.told_lines)))

    @property
    def not_found(self) -> list[str]:
        """What CRI-O's log says there is neither of under a name that was looked up, in its own words."""
        return list(missing_kinds(self.told_lines))

    @property
    def panics(self) -> list[str]:
        """What CRI-O's log says that it panicked of, each with the function."""
        return list(panics(self.told_lines))


@dataclass(frozen=True)
class Cursor:
    """A position in the records of a collector: how many there were of each kind, and when (``time.monotonic``)."""

    at: float
    calls: int
    exchanges: int
    lines: int
    differences: int
    messages: int
    commands: int
    goroutines: int
    predictions: int


class Collector:
    """Holds all records of one runtime, and gives those since a cursor. ``secrets`` are texts that are never shown."""

    def __init__(self, recorder: Recorder, log: Log) -> None:
        self.calls: list[Call] = []
        self.recorder = recorder
        self.log = log
        self.secrets: set[str] = set()
        self.differences: list[str] = []
        self.messages: list[UserMessage] = []
        self.commands: list[Command] = []
        self.goroutines: list[str] = []
        self.predictions: list[PredictionRecord] = []

    def record_message(self, *lines: str) -> None:
        """Record lines that a user reads, with the present time."""
        self.messages += [UserMessage(time.monotonic(), line) for line in lines]

    def cursor(self) -> Cursor:
        """Give the present end of the records, from which ``since`` reads on."""
        return Cursor(
            time.monotonic(),
            len(self.calls),
            self.recorder.position(),
            self.log.position(),
            len(self.differences),
            len(self.messages),
            len(self.commands),
            len(self.goroutines),
            len(self.predictions),
        )

    def since(self, cursor: Cursor) -> Evidence:
        """Give what was recorded between a cursor and now; log lines are parsed when they are first asked for."""
        until = self.log.position()
        return Evidence(
            tuple(self.calls[cursor.calls :]),
            self.recorder.since(cursor.exchanges),
            lambda: self.log.since(cursor.lines, until),
            tuple(self.differences[cursor.differences :]),
            tuple(self.messages[cursor.messages :]),
            tuple(self.commands[cursor.commands :]),
            tuple(self.goroutines[cursor.goroutines :]),
            self.log.unread,
            tuple(self.predictions[cursor.predictions :]),
        )
