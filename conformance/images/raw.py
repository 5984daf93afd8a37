"""Manifests as they should not be: any bytes, under any media type, beside what belongs to a sound image.

What a registry says of a manifest (the header ``Content-Type``) and what stands in it may differ as one likes; clients
must cope (OCI distribution-spec v1.1, "Pulling manifests").
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.images.builder import Blob, Content
from conformance.model.platform import Platform


@dataclass(frozen=True)
class RawManifest:
    """Bytes that a registry stores as a manifest; ``beside`` and ``extra`` are what it stores with them."""

    manifest: Blob
    beside: tuple[Content, ...] = field(default=(), repr=False)
    extra: tuple[Blob, ...] = field(default=(), repr=False)
    platform: Platform | None = None

    @property
    def digest(self) -> str:
        """The digest of the bytes."""
        return self.manifest.digest

    def manifests(self) -> tuple[Blob, ...]:
        """Give the manifests of the other content, then the bytes."""
        return tuple(dict.fromkeys([*(each for other in self.beside for each in other.manifests()), self.manifest]))

    def blobs(self) -> tuple[Blob, ...]:
        """Give the blobs of the other content and the extra ones, each once."""
        return tuple(dict.fromkeys([*(each for other in self.beside for each in other.blobs()), *self.extra]))


def raw_manifest(
    data: bytes | str | Mapping[str, Any], media_type: str, *beside: Content, extra: Iterable[Blob] = ()
) -> RawManifest:
    """Make a manifest of any bytes, text or JSON object, which goes out under that media type, or any text.

    With the empty ``media_type``, the answer has no ``Content-Type``. ``beside`` is stored with it: the images that an
    index names, or the image whose config and layers a manifest names; an index claims the platform of the first one.
    ``extra`` are blobs that no sound image has.
    """
    text = json.dumps(data, separators=(",", ":")) if isinstance(data, Mapping) else data
    content = text.encode() if isinstance(text, str) else text
    platform = getattr(beside[0], "platform", None) if beside else None
    return RawManifest(Blob(media_type, content), beside, tuple(extra), platform)


def amended(content: Content, members: Mapping[str, Any], media_type: str | None = None) -> RawManifest:
    """Give an image or index whose manifest has other, or more, members; a member of ``None`` is JSON's ``null``.

    It goes out under its own media type unless another is given.
    """
    document = json.loads(content.manifest.data) | dict(members)
    return raw_manifest(document, content.manifest.media_type if media_type is None else media_type, content)
