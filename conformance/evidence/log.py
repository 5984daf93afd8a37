"""CRI-O's log: followed as a file, read as facts (logrus text format)."""

import io
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from conformance.cri.error_parts import host_of

_ESCAPE = re.compile(r"""\\([abfnrtv\\'"]|x[0-9a-f]{2}|u[0-9a-f]{4}|U000[0-9a-f]{5}|U0010[0-9a-f]{4})""")
_NAMED = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
_FIELD = re.compile(r'([\w.-]+)=("(?:[^"\\]|\\.)*"|\S*)')
_TRYING = re.compile(r'Trying to access "(?P<name>[^"]+)"')
_NEITHER = re.compile(r"Neither (?P<one>\w+) nor (?P<other>\w+) \S+ found")
_PANICKING = re.compile(r"(?:[\w.-]+/)*(?P<function>\w+(?:\.(?:\(\*?\w+\)|\w+))+)\(")
_RESOLVING = re.compile(r'Resolv(?:ing|ed) "(?P<name>[^"]+)" (?:using|as)')


REGISTRIES_APPLIED = "Applied new registry configuration"
RELOADED = "Configuration reload completed"
"""How the lines begin that CRI-O prints when it has read registries.conf anew, and when all of its configuration."""

NOT_RELOADED = "Unable to reload configuration: "
"""How the line begins in which it says why it keeps the old one."""

_HOUSEKEEPING = (
    "Request: ",
    "Response: ",
    "No credentials ",
    " No signature storage configuration found",
    "Looking for TLS certificates",
    "Using ",
    "Skipping non-existing decryption_keys_path",
    "Pull timeout is",
)
"""How lines begin that CRI-O prints on every call at level debug, whatever happens; requests and responses whole."""


@dataclass(frozen=True)
class LogLine:
    """One line of CRI-O's log. ``request_id`` ties the lines of one call together where CRI-O gives it."""

    message: str
    level: str = ""
    time: str = ""
    request_id: str = ""
    fields: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_specific(self) -> bool:
        """Whether it says something about this call that it does not say about every one."""
        return not self.message.startswith(_HOUSEKEEPING)

    @classmethod
    def parse(cls, text: str) -> "LogLine":
        """Read one line; what is no logrus line (a panic, a library's own print) becomes a message without a level."""
        fields = fields_of(text)
        if "msg" not in fields or "level" not in fields:
            return cls(text)
        return cls(fields["msg"], fields["level"], fields.get("time", ""), fields.get("id", ""), fields)


class LogNotReadError(Exception):
    """A case wants to know what a runtime logged, whose log is not read: one sentence that says why."""


class Log:
    """A log file that is still being written, read up to its last complete line; it stays open until ``close``.

    ``unread`` says why nobody may conclude anything from what is not in it; mostly nothing.
    """

    def __init__(self, path: Path, unread: str = "") -> None:
        self.path = path
        self.unread = unread
        self._file: io.FileIO | None = None
        self._begun = b""
        self._lines: list[str] = []
        self._following = threading.Lock()

    def _follow(self) -> None:
        """Read what has been written since the last time."""
        with self._following, suppress(FileNotFoundError):
            if self._file is None:
                self._file = io.FileIO(self.path)
            if not self._file.closed and (new := self._file.read()):
                *lines, self._begun = (self._begun + new).split(b"\n")
                self._lines += [line.decode(errors="replace") for line in lines]

    def close(self) -> None:
        """Read on no more: what has been read can still be asked for."""
        with self._following:
            if self._file is not None:
                self._file.close()

    def position(self) -> int:
        """Give the number that the next line will have."""
        self._follow()
        return len(self._lines)

    def since(self, position: int, until: int | None = None) -> tuple[LogLine, ...]:
        """Give the lines from ``position`` to ``until``, or on.

        CRI-O writes the lines of a call before it answers the call, so that all of them are there by then.
        """
        self._follow()
        return tuple(LogLine.parse(line) for line in self._lines[position:until])

    def tail(self, count: int = 5) -> str:
        """Give the last lines, for an error that quotes them."""
        self._follow()
        return "\n".join(LogLine.parse(line).message for line in self._lines[-count:])


def fields_of(text: str) -> dict[str, str]:
    """Give the fields of a structured line, ``key=value`` with Go's quoting, as logrus and klog write them."""
    return {key: _unquoted(value) for key, value in _FIELD.findall(text)}


def tried_hosts(lines: Iterable[LogLine]) -> Iterator[str]:
    """Give the registry hosts that CRI-O says it tries, once for each time it says so."""
    for line in lines:
        if match := _TRYING.search(line.message):
            yield host_of(match["name"])


def missing_kinds(lines: Iterable[LogLine]) -> Iterator[str]:
    """Give what CRI-O says there is neither of under a name that was looked up, in its own words."""
    for line in lines:
        if match := _NEITHER.fullmatch(line.message):
            yield from match.groups()


def resolved_names(lines: Iterable[LogLine]) -> Iterator[str]:
    """Give the short names that CRI-O says it resolves."""
    for line in lines:
        if match := _RESOLVING.search(line.message):
            yield match["name"]


def panics(lines: Iterable[LogLine]) -> Iterator[str]:
    """Give what each panic of Go says, and in which function: that of the first frame which is not Go's own."""
    said = ""
    for line in lines:
        if line.message.startswith("panic: ") and not line.level:
            said = line.message.removeprefix("panic: ")
        elif said and (match := _PANICKING.match(line.message)) and not line.message.startswith("runtime."):
            yield f"{said} in {match['function']}"
            said = ""


def _unquoted(value: str) -> str:
    """Undo Go's quoting of a value (``strconv.Quote``)."""
    if not (value.startswith('"') and value.endswith('"') and len(value) > 1):
        return value
    return _ESCAPE.sub(lambda match: _NAMED.get(match[1]) or chr(int(match[1][1:], 16)), value[1:-1])
