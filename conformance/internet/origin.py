"""Where a registry host's manifests and blobs come from: here, memory."""

from dataclasses import dataclass, field

from conformance.internet.faults import Faults
from conformance.internet.images import Blob, Content


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


class MemoryOrigin:
    """The repositories of one registry host, held in memory, and what is wrong with what it gives of them."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults = Faults()

    def repository(self, name: str) -> Repository:
        """Give the repository of that name, made if need be."""
        return self.repositories.setdefault(name, Repository())

    def clear(self) -> None:
        """Forget everything, and have no faults."""
        self.repositories.clear()
        self.faults = Faults()
