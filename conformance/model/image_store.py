"""The image store: which names an image has, and what looking up, untagging and removing do.

Source: CRI-O internal/storage/image.go (``makeRepoDigests``, ``UntagImage``,
``HeuristicallyTryResolvingStringAsIDPrefix``), containers/image storage/storage_reference.go (``resolveImage``),
containers/storage store.go (``SetNames``), containers/image storage/storage_dest.go (``CommitWithOptions``).
"""

import re
from collections.abc import Iterator, MutableSet
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from conformance.model.image_copy import PulledImage
from conformance.model.image_facts import ImageFacts
from conformance.model.reference import Reference, parse_normalized

SHORTEST_ID = 3
"""Hex digits that a shortened ID has at least (CRI-O internal/storage/image.go, ``minimumTruncatedIDLength``)."""

_ID = re.compile(r"[0-9a-f]{64}")


class ListedImage(NamedTuple):
    """An image as the CRI lists it: ID (64 hex digits), names with tags, names with digests, both sorted.

    ``size`` is in bytes; the user is a number (``uid``) or a name, or neither.
    """

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size: int = 0
    uid: int | None = None
    username: str = ""
    pinned: bool = False


@dataclass
class StoredImage:
    """An image in the store: its names with tag or digest, and all digests that its manifests have.

    ``former`` is the name that it lost last, ``layers`` the digests of its layers, ``facts`` what its content says.
    """

    id: str
    names: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    former: str = ""
    layers: tuple[str, ...] = ()
    facts: ImageFacts = field(default_factory=ImageFacts)

    def learn(self, facts: ImageFacts) -> None:
        """Take what its content says; manifests that came before are kept (``CommitWithOptions``)."""
        self.facts = replace(facts, data={**self.facts.data, **facts.data})

    @property
    def repositories(self) -> list[str]:
        """The repositories in its names, with their hosts, each once."""
        return list(dict.fromkeys(parse_normalized(name).name for name in self.names))

    def listed(self) -> ListedImage:
        """Give it as the CRI lists it: every repository is combined with every digest (``makeRepoDigests``)."""
        tags = sorted(name for name in self.names if "@" not in name)
        explicit = {name for name in self.names if "@" in name}
        combined = {f"{repository}@{digest}" for repository in self.repositories for digest in self.digests}
        facts = self.facts
        return ListedImage(
            self.id, tuple(tags), tuple(sorted(explicit | combined)), facts.size, facts.uid, facts.username
        )


class ImageStore:
    """Images by ID; a name belongs to one image at a time.

    ``other_layers`` are the digests of layers that are there as well, of images that are not spoken of, ``left_layers``
    those of pulls that failed: they stay until another image has them, and is deleted (containers/image
    storage/storage_dest.go, ``commitLayer``).
    """

    def __init__(self) -> None:
        self.images: dict[str, StoredImage] = {}
        self.other_layers: set[str] = set()
        self.left_layers: set[str] = set()

    @property
    def layers(self) -> "StoredLayers":
        """The digests of all layers in the store, as they are when asked."""
        return StoredLayers(self)

    def add(self, copied: PulledImage) -> StoredImage:
        """Take an image; its name leaves the image that had it."""
        name = str(copied.reference)
        self.left_layers.difference_update(copied.manifest.layers)
        image = self.images.setdefault(copied.id, StoredImage(copied.id, layers=copied.manifest.layers))
        for other in self.images.values():
            if other is not image and name in other.names:
                other.names.remove(name)
                other.former = name
        image.names = list(dict.fromkeys([*image.names, name]))
        image.digests = list(dict.fromkeys([*image.digests, copied.manifest.digest, copied.top.digest]))
        return image

    def named(self, reference: Reference) -> StoredImage | None:
        """Find an image by name; by digest under any name of that repository."""
        text = str(reference)
        for image in self.images.values():
            if text in image.names:
                return image
        if reference.digest:
            for image in self.images.values():
                if reference.digest in image.digests and reference.name in image.repositories:
                    return image
        return None

    def identified(self, text: str) -> str | None:
        """Give the ID that a text is, or begins: any 64 hex digits, or three or more that begin one image's ID."""
        if _ID.fullmatch(text):
            return text
        if len(text) < SHORTEST_ID:
            return None
        matching = [each for each in self.images if each.startswith(text)]
        return matching[0] if len(matching) == 1 else None

    def untag(self, image: StoredImage, reference: Reference) -> None:
        """Take a name away, and the image with its last name; a name that it does not have changes nothing."""
        if self.is_last_name(image, reference):
            self.delete(image.id)
        else:
            image.names = [each for each in image.names if each != str(reference)]

    def is_last_name(self, image: StoredImage, reference: Reference) -> bool:
        """Tell whether an image has no name but this one."""
        return all(each == str(reference) for each in image.names)

    def delete(self, id_: str) -> None:
        """Take an image away with all its names, if it is there."""
        if (image := self.images.pop(id_, None)) is not None:
            self.left_layers.difference_update(image.layers)

    def clear(self) -> None:
        """Take all images away."""
        for id_ in list(self.images):
            self.delete(id_)


class StoredLayers(MutableSet[str]):
    """The digests of the layers in a store, which it follows; what is added is of a pull that failed."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def __contains__(self, digest: object) -> bool:
        store = self._store
        kept = (store.other_layers, store.left_layers, *(image.layers for image in store.images.values()))
        return any(digest in layers for layers in kept)

    def __iter__(self) -> Iterator[str]:
        store = self._store
        return iter(store.left_layers.union(store.other_layers, *(image.layers for image in store.images.values())))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(self, value: str) -> None:
        """Keep a layer that is no image's."""
        if value not in self:
            self._store.left_layers.add(value)

    def discard(self, value: str) -> None:
        """Take away a layer that is no image's."""
        self._store.left_layers.discard(value)
