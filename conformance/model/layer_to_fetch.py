"""A layer as a manifest names it, and what the config says of it."""

from typing import NamedTuple

from conformance.model.go_text import go_quote

ENCRYPTED = "+encrypted"
"""How the media type of a layer ends that is encrypted (containers/ocicrypt spec/spec.go); no key is at hand."""


class LayerToFetch(NamedTuple):
    """A layer of a manifest: its place, digest and media type, and the digests that the config has for layers unpacked.

    Those are none where it says nothing of any.
    """

    number: int
    digest: str
    media_type: str = ""
    unpacked: tuple[str, ...] = ()

    @property
    def omission(self) -> str:
        """That the config speaks of other layers, and not of this one, where it is so, as CRI-O words it.

        Source: containers/image storage/storage_dest.go, ``untrustedLayerDiffID``.
        """
        known = len(self.unpacked)
        if not 0 < known <= self.number:
            return ""
        return f"image config has only {known} DiffID values, but a layer with index {self.number} exists"

    def contradiction(self, actual: str) -> str:
        """Say how the config is wrong about the layer, whose digest unpacked is that; empty where it is right.

        Source: containers/image storage/storage_dest.go, ``commitLayer``. Where ``actual`` is empty, it is not known.
        """
        if not actual or not self.unpacked:
            return ""
        if self.omission:
            return self.omission
        if actual == (expected := self.unpacked[self.number]):
            return ""
        what = f"layer {self.number} (blob {go_quote(self.digest)}/{go_quote('')}/{go_quote(actual)})"
        return f"{what} does not match config's DiffID {go_quote(expected)}"

    @property
    def is_encrypted(self) -> bool:
        """Whether it is said to be encrypted."""
        return self.media_type.endswith(ENCRYPTED)
