"""What is wrong with a registry host's answers, as a case arranges it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.images.builder import Blob, Content
from conformance.registry_hosts.personality import ErrorAnswer
from conformance.registry_hosts.recorder import RequestKind

Faulty = Content | Blob | str
"""An image, an index, an artifact or a blob, or the digest of what is meant."""

_RATE_LIMIT = "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"
_WORDS = {
    429: ("TOOMANYREQUESTS", _RATE_LIMIT),
    503: ("UNAVAILABLE", "service unavailable"),
}
_UNKNOWN = ("UNKNOWN", "unknown error")
_GZIP = b"\x1f\x8b"
_GZIP_TIME = 4


@dataclass(frozen=True)
class RawAnswer:
    """Any HTTP answer: status, the reason phrase beside it (``None``: the usual one), body and headers."""

    status: int = 200
    body: bytes = b""
    phrase: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass
class Faults:
    """The faults of one host.

    ``refusal`` answers every request for a manifest, ``retry_after`` (seconds) goes with it; ``altered`` and ``lost``
    are digests of manifests and blobs whose bytes are changed, or that are not there. ``answers`` are given to every
    request of a kind, whatever was asked; ``token_members`` are more members of the answer with a token.
    """

    refusal: ErrorAnswer | None = None
    retry_after: int | None = None
    altered: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    answers: dict[RequestKind, RawAnswer] = field(default_factory=dict)
    token_members: dict[str, Any] = field(default_factory=dict)

    def fail(self, status: int, retry_after: int | None) -> None:
        """Let every request for a manifest be answered with that status."""
        self.refusal = ErrorAnswer(status, *_WORDS.get(status, _UNKNOWN))
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with the refusal."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def served(self, content: Blob | None) -> bytes | None:
        """Give the bytes that leave the host: none for what is lost, others for what is altered."""
        if content is None or content.digest in self.lost:
            return None
        return alter(content.data) if content.digest in self.altered else content.data


def digest_of(content: Faulty) -> str:
    """Give the digest under which a registry stores it; of what has a manifest, the manifest's."""
    return content if isinstance(content, str) else content.digest


def alter(data: bytes) -> bytes:
    """Give bytes that say the same and have another digest: JSON with a line's end, gzip of another time (RFC 1952)."""
    if data.startswith(_GZIP):
        return data[:_GZIP_TIME] + bytes([data[_GZIP_TIME] ^ 1]) + data[_GZIP_TIME + 1 :]
    return data + b"\n"
