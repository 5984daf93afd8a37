"""What the content of an image in the store says: size, user, labels, annotations.

Source: CRI-O internal/storage/image.go (``buildImageResult``), server/image_status.go (``createImageInfo``,
``getUserFromImage``); containers/image storage/storage_src.go (``getSize``), storage/storage_dest.go
(``CommitWithOptions``); OCI image-spec v1.1, "Image Configuration".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from conformance.model.image_copy import PulledImage

_CONFIG = (
    "created",
    "author",
    "architecture",
    "variant",
    "os",
    "os.version",
    "os.features",
    "config",
    "rootfs",
    "history",
)
_RUN = (
    *("User", "ExposedPorts", "Env", "Entrypoint", "Cmd"),
    *("Volumes", "WorkingDir", "Labels", "StopSignal", "ArgsEscaped"),
)
"""The members of an OCI config, and of what is ``config`` in it, in the order in which Go writes them."""

_NUMBER = re.compile(r"[+-]?[0-9]+")
_NEWEST = "manifest"
"""The name under which the store has the manifest that came last, besides that of its digest."""


class Contents(Protocol):
    """Manifests, configs and layers by digest; both give nothing, or 0, for what is not there."""

    def __getitem__(self, digest: str) -> bytes:
        """Give the bytes of a manifest or config."""

    def unpacked_size(self, digest: str) -> int:
        """Give the bytes of a layer, unpacked, or of anything else."""


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image besides its names.

    ``layers`` are the bytes of its layers, unpacked, ``data`` those of each piece that is kept beside them, by name.
    """

    layers: int = 0
    data: Mapping[str, int] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, copied: PulledImage, contents: Contents) -> "ImageFacts":
        """Read them off the content that came."""
        manifest = copied.manifest
        kept = {each: contents.unpacked_size(each) for each in (manifest.config, manifest.digest, copied.top.digest)}
        return cls(
            layers=sum(map(contents.unpacked_size, manifest.layers)),
            data={**kept, _NEWEST: kept[manifest.digest]},
            config=_object(contents[manifest.config]),
            annotations={} if copied.top.is_index else _object(contents[manifest.digest]).get("annotations") or {},
        )

    @property
    def size(self) -> int:
        """The size that the CRI gives, in bytes: layers unpacked, the manifest kept twice."""
        return self.layers + sum(self.data.values())

    @property
    def uid(self) -> int | None:
        """The user that the image's programs run as, where it is a number."""
        return int(self._user) if _NUMBER.fullmatch(self._user) else None

    @property
    def username(self) -> str:
        """The user that the image's programs run as, where it is no number."""
        return "" if _NUMBER.fullmatch(self._user) else self._user

    @property
    def _user(self) -> str:
        return str(self._run.get("User") or "").partition(":")[0]

    @property
    def info(self) -> str:
        """What a verbose ImageStatus adds under ``info``: labels and config, as JSON."""
        spec = _ordered(self.config, _CONFIG)
        spec["config"] = _ordered(self._run, _RUN)
        spec["rootfs"] = _ordered(spec.get("rootfs") or {}, ("type", "diff_ids"))
        labels = {"labels": self._run["Labels"]} if self._run.get("Labels") else {}
        return json.dumps({**labels, "imageSpec": spec}, separators=(",", ":"), ensure_ascii=False)

    @property
    def _run(self) -> dict[str, Any]:
        """The part of the config that says how to run it."""
        run = self.config.get("config")
        return run if isinstance(run, dict) else {}


def _ordered(members: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Give the members that Go knows, in its order."""
    return {name: members[name] for name in order if name in members}


def _object(data: bytes) -> dict[str, Any]:
    """Read a JSON object, empty where there is none."""
    try:
        content = json.loads(data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
