"""What registry hosts and the name server record, as values, and where they put it."""

import enum
import time
from dataclasses import dataclass, field


class RequestKind(enum.StrEnum):
    """What a request to a registry host is for, by its path and method."""

    PING = "ping"
    TOKEN = "token"  # noqa: S105 (the name of a request)
    MANIFEST = "manifest"
    BLOB = "blob"
    TAGS = "tags"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One HTTP request and its answer, as a registry host recorded it before the answer left.

    ``host`` is the registry host (``docker.io``), ``server`` the name that was asked (``auth.docker.io``), ``user``
    the name in the credentials that came along (``None``: none; ``""``: an anonymous token), ``at`` seconds of
    ``time.monotonic``, ``size`` the bytes of the answer's body, ``note`` why the host answered so.
    """

    host: str
    server: str
    method: str
    path: str
    status: int
    kind: RequestKind
    repository: str = ""
    reference: str = ""
    user: str | None = None
    size: int = 0
    note: str = ""
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, kw_only=True)
class NameLookup:
    """A host name that the runtime asked for and this internet does not have."""

    host: str
    at: float = field(default_factory=time.monotonic)


class Recorder:
    """Exchanges and lookups in the order in which they happened; written by the servers, read by the run."""

    def __init__(self) -> None:
        self._records: list[Exchange | NameLookup] = []

    def add(self, record: Exchange | NameLookup) -> None:
        """Append a record, with the time that it has itself; any thread may."""
        self._records.append(record)

    def position(self) -> int:
        """Give the number that the next record will have."""
        return len(self._records)

    def since(self, position: int) -> tuple[Exchange | NameLookup, ...]:
        """Give the records from number ``position`` on."""
        return tuple(self._records[position:])
