"""The log as CRI-O writes it: logrus text format, CRI-O's own lines with the request that they belong to.

Source: CRI-O internal/log/log.go, sirupsen/logrus text_formatter.go.
"""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from conformance.model.go_text import go_quote

_PLAIN = re.compile(r"[a-zA-Z0-9\-._/@^+]+")
_LIBRARY = ("Trying to access ", "Accessing ", "Resolving ", "Resolved ")
"""How the lines begin that containers/image prints, which knows of no request."""

_request: ContextVar[str] = ContextVar("request", default="")


class LogFile:
    """A log that is written line by line; without a ``place``, nowhere. ``debug`` says that lines of that level count.

    ``place`` is a file's path, or a stream that stays open.
    """

    def __init__(self, place: Path | TextIO | None, *, debug: bool = False) -> None:
        self.is_debug = debug
        self._owned = place.open("a", buffering=1, encoding="utf-8") if isinstance(place, Path) else None
        self._stream = self._owned if isinstance(place, Path) else place

    @contextmanager
    def request(self, method: str) -> Iterator[None]:
        """Give all lines that are written meanwhile the ID of one call and its method's full name."""
        token = _request.set(f" id={uuid.uuid4()} name={method}" if self._stream else "")
        try:
            yield
        finally:
            _request.reset(token)

    def write(self, level: str, message: str) -> None:
        """Write one line: ``debug``, ``info``, ``warning`` or ``error``."""
        if self._stream is None or (level == "debug" and not self.is_debug):
            return
        fields = "" if message.startswith(_LIBRARY) else _request.get()
        print(f'time="{_now()}" level={level} msg={_quoted(message)}{fields}', file=self._stream, flush=True)

    def close(self) -> None:
        """Close the file, if it is one; a stream stays open."""
        if self._owned is not None:
            self._owned.close()


def _quoted(text: str) -> str:
    """Quote a value where logrus does."""
    return text if _PLAIN.fullmatch(text) else go_quote(text)


def _now() -> str:
    """Give the time as CRI-O writes it (RFC 3339, nanoseconds, UTC)."""
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    return f"{_second(seconds)}.{nanoseconds:09d}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
