"""A registry host as a case arranges it."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Self

from conformance.images.builder import Content, Entry, Format, Image, Index, image, index, layer
from conformance.model.answers import Login
from conformance.model.platform import Platform
from conformance.registry_hosts.arguments import (
    check_failure,
    checked_faulty,
    checked_path,
    checked_platforms,
    checked_tags,
)
from conformance.registry_hosts.faults import Faulty, RawAnswer, digest_of
from conformance.registry_hosts.origin import MemoryOrigin, Origin
from conformance.registry_hosts.personality import Personality
from conformance.registry_hosts.recorder import RequestKind


class RegistryHost(str):
    """A registry host, which is its name: it compares equal to ``"docker.io"`` and can stand wherever that can.

    A copy of it is the host itself; pickled, it is its name alone. What a case says to it wrongly raises
    ``ValueError``.
    """

    __slots__ = ("origin", "personality")

    personality: Personality
    origin: Origin

    def __new__(cls, personality: Personality, origin: Origin | None = None) -> Self:
        """Make the host of that personality, with nothing to offer yet; without an ``origin``, it is in memory."""
        host = super().__new__(cls, personality.name)
        host.personality = personality
        host.origin = origin or MemoryOrigin()
        return host

    def offer(
        self,
        name: str,
        *,
        platform: str | None = None,
        platforms: Sequence[str] = (),
        tags: Sequence[str] = ("latest",),
        files: Mapping[str, bytes | str | Entry] | None = None,
        format: Format = Format.OCI,  # noqa: A002 (the field's word)
    ) -> Image | Index:
        """Offer an image under ``name`` (a path on this host, ``library/`` may be left out where the host adds it).

        With ``platforms``, an index of one image each; else a plain image for ``platform`` or this machine's. Each
        holds ``files`` and a file ``offered-by`` with host, name and platform in it. Gives what was stored.
        """
        platforms = checked_platforms(platforms)
        images = [
            self._build(name, Platform.parse(each), files or {}, format)
            for each in platforms or [platform or str(Platform.host())]
        ]
        content = index(images, format=format) if platforms else images[0]
        self.store(name, content, tags)
        return content

    def _build(self, name: str, platform: Platform, files: Mapping[str, bytes | str | Entry], kind: Format) -> Image:
        """Build one image with a file that says where it is from."""
        origin = {"offered-by": f"{self}/{name} for {platform}\n"}
        return image([layer({**origin, **files}, format=kind)], platform=platform, format=kind)

    def store(self, name: str, content: Content, tags: Sequence[str] = ("latest",)) -> None:
        """Offer an image, index or artifact that is already built; raises what ``Origin.store`` does."""
        self.origin.store(self._path(name), content, checked_tags(tags))

    def require_login(self, name: str) -> Login:
        """Make the repository private, offered or not; give the login that opens it."""
        login = Login("robot", secrets.token_urlsafe(12), str(self))
        self.origin.repository(self._path(name)).logins[login.user] = login.password
        return login

    # Faults, until the case is over

    def fail(self, status: int, retry_after: int | None = None) -> None:
        """Answer every request for a manifest with that HTTP status, and ``Retry-After`` where it is given."""
        check_failure(status, retry_after)
        self.origin.faults.fail(status, retry_after)

    def answer(
        self,
        kind: RequestKind,
        body: bytes | str = b"",
        *,
        status: int = 200,
        phrase: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer every request of that kind with any bytes, status, reason phrase and headers, whoever asks."""
        content = body.encode() if isinstance(body, str) else body
        self.origin.faults.answers[kind] = RawAnswer(status, content, phrase, dict(headers or {}))

    def amend_tokens(self, **members: Any) -> None:
        """Give every token with more, or other, members beside it: ``issued_at``, ``expires_in`` (seconds)."""
        self.origin.faults.token_members = members

    def tamper(self, content: Faulty) -> None:
        """Serve the manifest or blob with altered bytes, under the same tags and digest."""
        self.origin.faults.altered.add(digest_of(checked_faulty(content)))

    def lose(self, content: Faulty) -> None:
        """Lack the blob or manifest, whatever else refers to it."""
        self.origin.faults.lost.add(digest_of(checked_faulty(content)))

    def repository(self, name: str) -> str:
        """Give the full name that an image called ``name`` has on this host, without a tag."""
        return f"{self}/{self._path(name)}"

    def _path(self, name: str) -> str:
        """Give the name of a repository as the host knows it."""
        return self.personality.repository(checked_path(self, name))

    # As a value

    def __copy__(self) -> Self:
        """Give the host itself: there is one of it."""
        return self

    def __deepcopy__(self, _: object) -> Self:
        """Give the host itself: there is one of it."""
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Be pickled as a name."""
        return str, (str(self),)
