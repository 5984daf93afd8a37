"""Where a registry host's manifests and blobs come from: what every origin is, and the one in memory."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from conformance.images.builder import Blob, Content
from conformance.registry_hosts.faults import Faults


class OfferRefusedError(Exception):
    """An origin does not take what a case offers: one sentence that says why."""


class OriginError(Exception):
    """An origin did not do what every origin does: one sentence that says what."""


@dataclass
class Repository:
    """Content of one repository: manifests and blobs by digest, tags by name.

    ``logins`` maps each user who may pull to a password; empty, everybody may.
    """

    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, Blob] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)

    def store(self, content: Content, tags: tuple[str, ...]) -> None:
        """Take an image or index with all it refers to, and point the tags at it."""
        for manifest in content.manifests():
            self.manifests[manifest.digest] = manifest
        for blob in content.blobs():
            self.blobs[blob.digest] = blob
        self.tags.update(dict.fromkeys(tags, content.digest))

    def manifest(self, reference: str) -> Blob | None:
        """Find a manifest by tag or digest."""
        return self.manifests.get(self.tags.get(reference, reference))


class Origin(ABC):
    """The repositories of one registry host, and what is wrong with what the host gives of them.

    ``repositories`` is what was stored there, and who may pull it: by that the host lets callers in and the model
    predicts. What the host serves is what ``manifest``, ``blob`` and ``tags`` give; they raise ``OriginError``.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults = Faults()

    def repository(self, name: str) -> Repository:
        """Give the repository of that name, made if need be."""
        return self.repositories.setdefault(name, Repository())

    def store(self, name: str, content: Content, tags: tuple[str, ...]) -> None:
        """Take content into a repository.

        Raises ``OfferRefusedError`` where this origin refuses it, and ``OriginError``.
        """
        self.repository(name).store(content, tags)

    def clear(self) -> None:
        """Take all repositories away, with who may pull them, and have no faults."""
        self.repositories.clear()
        self.faults = Faults()

    @abstractmethod
    async def manifest(self, name: str, reference: str) -> Blob | None:
        """Give a manifest of a repository by tag or digest; none where there is no such thing."""

    @abstractmethod
    async def blob(self, name: str, digest: str) -> Blob | None:
        """Give a blob of a repository; none where there is no such thing."""

    @abstractmethod
    async def tags(self, name: str) -> list[str]:
        """Give the tags of a repository, sorted."""


class MemoryOrigin(Origin):
    """An origin that holds everything in memory and takes whatever it is given."""

    async def manifest(self, name: str, reference: str) -> Blob | None:
        """Give a manifest that was stored, by tag or digest."""
        return self.repositories.get(name, Repository()).manifest(reference)

    async def blob(self, name: str, digest: str) -> Blob | None:
        """Give a blob that was stored in that repository; others do not count."""
        return self.repositories.get(name, Repository()).blobs.get(digest)

    async def tags(self, name: str) -> list[str]:
        """Give the tags of a repository, sorted; one that is not there has none."""
        return sorted(self.repositories.get(name, Repository()).tags)
