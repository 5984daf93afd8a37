"""What was downloaded, as far as it may be read again: manifests, configs, sizes of layers."""

import hashlib

GZIP = b"\x1f\x8b"
TRAILER = 4
SMALL = 4 << 20
"""Bytes up to which content is kept."""

KEPT = 32 << 20
"""Bytes that are kept in all; the oldest content goes first."""


class Download:
    """Content on its way: fed in pieces, its digest computed, its bytes held only while it is small."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm if algorithm in {"sha256", "sha384", "sha512"} else "sha256"
        self.size = 0
        self._hash = hashlib.new(self.algorithm)
        self._pieces: list[bytes] = []
        self._head = self._tail = b""

    def feed(self, piece: bytes) -> None:
        """Take the next piece into size and digest, and its bytes while all of them are few."""
        self.size += len(piece)
        self._hash.update(piece)
        self._head = self._head or piece[: len(GZIP)]
        self._tail = (self._tail + piece[-TRAILER:])[-TRAILER:]
        if self.size <= SMALL:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    @property
    def digest(self) -> str:
        """The digest of what has come so far."""
        return f"{self.algorithm}:{self._hash.hexdigest()}"

    @property
    def data(self) -> bytes | None:
        """The bytes that have come, none where they are too many."""
        return b"".join(self._pieces) if self.size <= SMALL else None

    @property
    def unpacked(self) -> int:
        """The bytes that it has unpacked."""
        return unpacked_size(self._head, self._tail, self.size)


def unpacked_size(head: bytes, tail: bytes, size: int) -> int:
    """Give the bytes that so many have unpacked: what gzip's last four say (RFC 1952, ISIZE), else the same."""
    return int.from_bytes(tail[-TRAILER:], "little") if head.startswith(GZIP) else size


class ContentCache:
    """Content by digest, bounded, and the unpacked size of all that ever came."""

    def __init__(self) -> None:
        self._unpacked: dict[str, int] = {}
        self._kept: dict[str, bytes] = {}
        self._bytes = 0

    def add(self, incoming: Download) -> None:
        """Keep a download's bytes, if it held them, and its unpacked size; the oldest bytes make room."""
        digest, data = incoming.digest, incoming.data
        self._unpacked[digest] = incoming.unpacked
        if data is None or digest in self._kept:
            return
        self._kept[digest] = data
        self._bytes += len(data)
        while self._bytes > KEPT:
            oldest = next(iter(self._kept))
            self._bytes -= len(self._kept.pop(oldest))

    def __getitem__(self, digest: str) -> bytes:
        """Give content, empty where it is not kept."""
        return self._kept.get(digest, b"")

    def unpacked_size(self, digest: str) -> int:
        """Give the bytes that content has unpacked, 0 where it never came."""
        return self._unpacked.get(digest, 0)
