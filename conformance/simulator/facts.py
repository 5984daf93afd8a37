"""What the content of an image in the store says: size, user, labels, annotations.

Source: CRI-O internal/storage/image.go (``buildImageResult``), server/image_status.go (``createImageInfo``,
``getUserFromImage``); OCI image-spec v1.1, "Image Configuration".
"""

import json
from dataclasses import dataclass, field
from typing import Any

from conformance.cri.v1 import api_pb2 as api
from conformance.model.image_copy import PulledImage
from conformance.registry_client.downloads import ContentCache

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


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image besides its names; ``size`` is in bytes: layers unpacked, the manifest kept twice."""

    size: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, copied: PulledImage, contents: ContentCache) -> "ImageFacts":
        """Read them off the content that came."""
        manifest = copied.manifest
        layers = sum(contents.unpacked.get(layer, 0) for layer in manifest.layers)
        kept = [manifest.config, manifest.digest, copied.top.digest if copied.top.is_index else "", manifest.digest]
        return cls(
            size=layers + sum(contents.unpacked.get(digest, 0) for digest in kept),
            config=_object(contents[manifest.config]),
            annotations={} if copied.top.is_index else _object(contents[manifest.digest]).get("annotations") or {},
        )

    def fill_user(self, image: api.Image) -> None:
        """Write the user that the image's programs run as: a number, or a name."""
        user, _, _ = str(self._run.get("User") or "").partition(":")
        try:
            number = int(user)
        except ValueError:
            image.username = user
        else:
            image.uid.value = number

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


def _ordered(members: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Give the members that Go knows, in its order."""
    return {name: members[name] for name in order if name in members}


def _object(data: bytes) -> dict[str, Any]:
    """Read a JSON object, empty where there is none."""
    try:
        content = json.loads(data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
