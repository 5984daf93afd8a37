"""The outcome of asking a runtime for an image."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.cri.error_parts import host_of
from conformance.cri.errors import CallError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Attempt, Evidence
from conformance.model.image_store import ListedImage
from conformance.model.reason import Reason


@dataclass(frozen=True)
class ImageInfo:
    """An image in the runtime's store: ID (64 hex digits), names with tags, names with digests.

    ``size`` is in bytes, the user a number (``uid``) or a name, ``pinned`` what is not to be collected as garbage. Two
    are equal that have the same ID and names.
    """

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size: int = field(default=0, compare=False)
    uid: int | None = field(default=None, compare=False)
    username: str = field(default="", compare=False)
    pinned: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, image: api.Image) -> "ImageInfo":
        """Read a CRI message; names keep their order."""
        return cls(
            image.id,
            tuple(image.repo_tags),
            tuple(image.repo_digests),
            image.size,
            image.uid.value if image.HasField("uid") else None,
            image.username,
            image.pinned,
        )

    @property
    def listed(self) -> ListedImage:
        """The same in the model's terms, all of which is compared."""
        return ListedImage(self.id, self.tags, self.digests, self.size, self.uid, self.username, self.pinned)

    @property
    def registries(self) -> tuple[str, ...]:
        """The registry hosts in its names, each once, docker.io for names without any."""
        return tuple(dict.fromkeys(host_of(name) for name in (*self.tags, *self.digests)))


@dataclass(frozen=True)
class ImageStatusResult:
    """The answer of ImageStatus for ``name``: the image, none, or an error."""

    name: str
    image: ImageInfo | None
    error: CallError | None
    evidence: Evidence

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked; a look into the store should ask none."""
        return self.evidence.asked


@dataclass(frozen=True)
class Pull:
    """The outcome of PullImage for ``name``.

    ``image_ref`` is what CRI-O answered (its form depends on the release), ``image`` what its store then holds under
    that, ``error`` the failure; ``evidence`` is what was recorded meanwhile.
    """

    name: str
    image_ref: str
    image: ImageInfo | None
    error: CallError | None
    evidence: Evidence

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts, one per registry host in a row, in the order in which hosts were asked."""
        return self.evidence.attempts

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked, in order."""
        return self.evidence.asked

    @property
    def tried(self) -> list[str]:
        """The registry hosts that CRI-O's log says it tried, in order."""
        return self.evidence.tried

    @property
    def references(self) -> list[str]:
        """The tags and digests that were asked for, each once, in order."""
        return list(dict.fromkeys(each for attempt in self.attempts for each in attempt.references))

    @property
    def repositories(self) -> list[str]:
        """The repositories that were asked for, with their hosts, each once, in order."""
        return list(dict.fromkeys(f"{a.host}/{name}" for a in self.attempts for name in a.repositories))

    @property
    def blobs(self) -> list[str]:
        """The digests of the blobs that were asked for, each once, in order."""
        return list(dict.fromkeys(each for attempt in self.attempts for each in attempt.blobs))

    @property
    def succeeded(self) -> bool:
        """Whether the runtime reported no error."""
        return self.error is None

    @property
    def image_hosts(self) -> tuple[str, ...]:
        """The registry hosts in the names of the image that came; none when none came.

        Of an image that a mirror gave, that is the registry which it is a mirror of: who gave it is in ``attempts``.
        """
        return self.image.registries if self.image else ()

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the error did not serve; empty for a pull that succeeded."""
        return self.error.reasons if self.error else {}

    @property
    def credentials(self) -> dict[str, tuple[str, ...]]:
        """Whose credentials each registry host was sent."""
        return {attempt.host: attempt.users for attempt in self.attempts}

    @property
    def servers_shown(self) -> list[str]:
        """The servers that were shown the credentials of a user, or a token had with them, each once, in order."""
        exchanges = (each for attempt in self.attempts for each in attempt.exchanges)
        return list(dict.fromkeys(each.server for each in exchanges if each.user))
