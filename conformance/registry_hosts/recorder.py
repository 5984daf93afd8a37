"""What registry hosts and the name server record, as values, and where they put it."""

import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

HEADERS = ("accept", "user-agent", "authorization", "range")
"""The headers of a request that decide what is answered, or say who asks."""


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
    ``time.monotonic``, ``size`` the bytes of the answer's body, ``note`` why the host answered so. ``headers`` are
    those of the request that matter (``HEADERS``), in small letters; of credentials only their kind.
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
    scheme: str = "https"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    at: float = field(default_factory=time.monotonic)

    @property
    def url(self) -> str:
        """The URL that was asked, as the client wrote it."""
        return f"{self.scheme}://{self.server}{self.path}{f'?{self.query}' if self.query else ''}"

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that a token was asked for (docker/distribution, "Token Scope"), in the order of the query."""
        return tuple(value for key, value in parse_qsl(self.query) if key == "scope")


@dataclass(frozen=True, kw_only=True)
class NameLookup:
    """A host name that the runtime asked for and this internet does not have."""

    host: str
    at: float = field(default_factory=time.monotonic)


class Recorder:
    """Exchanges and lookups in the order in which they happened; written by the servers, read by the run.

    ``named`` gives a record as it is kept, where servers are asked by other names than their own.
    """

    def __init__(self) -> None:
        self.named: Callable[[Exchange | NameLookup], Exchange | NameLookup] = lambda record: record
        self._records: list[Exchange | NameLookup] = []

    def add(self, record: Exchange | NameLookup) -> None:
        """Append a record, with the time that it has itself; any thread may."""
        self._records.append(self.named(record))

    def position(self) -> int:
        """Give the number that the next record will have."""
        return len(self._records)

    def since(self, position: int) -> tuple[Exchange | NameLookup, ...]:
        """Give the records from number ``position`` on."""
        return tuple(self._records[position:])
