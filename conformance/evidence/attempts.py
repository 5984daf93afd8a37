"""Attempts, read off the exchanges: which registry host was tried, in which order, and how it answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from conformance.registry_hosts.recorder import Exchange, NameLookup, RequestKind

OK = 200
BAD_REQUEST = 400


@dataclass(frozen=True)
class Attempt:
    """One try to get one image from one registry host: what lies between the first and the last exchange with it.

    From 1.33.4 on CRI-O asks a host that failed once more, for an artifact, before it goes on; both belong to one
    attempt. Without an exchange, the host's name was looked up and not found.
    """

    host: str
    exchanges: tuple[Exchange, ...]

    @property
    def served(self) -> bool:
        """Whether the host gave a manifest, in any of its exchanges; a blob may have failed after that."""
        return any(each.kind is RequestKind.MANIFEST and each.status == OK for each in self.exchanges)

    @property
    def answer(self) -> str:
        """How the host answered, in the exchange that matters.

        That is a refused blob, else the last request for a manifest, else the last one; ``no such host`` where there is
        none.
        """
        if not self.exchanges:
            return "no such host"
        refused = [each for each in self.exchanges if each.kind is RequestKind.BLOB and each.status >= BAD_REQUEST]
        manifests = [each for each in self.exchanges if each.kind is RequestKind.MANIFEST]
        last = (refused or manifests or self.exchanges)[-1]
        return f"{last.status} {last.note}".strip()

    @property
    def users(self) -> tuple[str, ...]:
        """The users whose credentials the host was sent."""
        return tuple(sorted({each.user for each in self.exchanges if each.user}))

    @property
    def references(self) -> tuple[str, ...]:
        """The tags and digests whose manifest was asked for, each once, in order."""
        return tuple(dict.fromkeys(each.reference for each in self.exchanges if each.kind is RequestKind.MANIFEST))

    @property
    def blobs(self) -> tuple[str, ...]:
        """The digests of the blobs that were asked for, each once, in order."""
        return tuple(dict.fromkeys(each.reference for each in self.exchanges if each.kind is RequestKind.BLOB))

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories whose manifest was asked for, each once, in order."""
        return tuple(dict.fromkeys(each.repository for each in self.exchanges if each.kind is RequestKind.MANIFEST))


def attempts(records: Iterable[Exchange | NameLookup]) -> list[Attempt]:
    """Group records into attempts, in the order in which hosts were asked."""
    return [
        Attempt(host, tuple(each for each in group if isinstance(each, Exchange)))
        for host, group in groupby(records, key=lambda record: record.host)
    ]
