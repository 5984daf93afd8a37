"""Artifacts as bytes: files that a registry stores as it stores images, although they are none.

Source: OCI image-spec v1.1, "Guidelines for Artifact Usage", "Guidance for an Empty Descriptor", "Pre-Defined
Annotation Keys".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.images.builder import Annotations, Blob, Format

TITLE = "org.opencontainers.image.title"
"""The annotation of a layer that names the file it is."""

EMPTY = Blob("application/vnd.oci.empty.v1+json", b"{}")
"""The config of an artifact that has none."""

TYPE = "application/vnd.example.model"
FILE_TYPE = "application/vnd.example.model.file"

Files = Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]]
"""Files by title; as pairs, where one is given twice. An empty title is none."""


@dataclass(frozen=True)
class Artifact:
    """An artifact: a manifest, the config and the layers that it names, each layer a file as it is."""

    manifest: Blob
    config: Blob
    layers: tuple[Blob, ...]

    @property
    def digest(self) -> str:
        """The manifest's digest, by which registries know the artifact."""
        return self.manifest.digest

    @property
    def id(self) -> str:
        """That digest without its algorithm: what CRI-O takes for the ID."""
        return self.digest.partition(":")[2]

    def manifests(self) -> tuple[Blob, ...]:
        """Give what a registry stores as manifests: here, its only one."""
        return (self.manifest,)

    def blobs(self) -> tuple[Blob, ...]:
        """Give what a registry stores as blobs, each once."""
        return tuple(dict.fromkeys([self.config, *self.layers]))


def artifact(
    files: Files,
    *,
    artifact_type: str = TYPE,
    config: Blob = EMPTY,
    file_type: str = FILE_TYPE,
    annotations: Annotations = None,
    indent: int | None = None,
) -> Artifact:
    """Make an artifact of files, a layer for each in their order; the empty ``artifact_type`` is left out.

    The manifest is written as Go writes one, which most tools are made with, unless it is to have an ``indent``.
    """
    titled = list(files.items() if isinstance(files, Mapping) else files)
    layers = [Blob(file_type, each.encode() if isinstance(each, str) else each) for _, each in titled]
    content = {
        "schemaVersion": 2,
        "mediaType": Format.OCI.manifest_type,
        "artifactType": artifact_type,
        "config": config.descriptor(),
        "layers": [
            layer.descriptor(annotations={TITLE: title} if title else None)
            for layer, (title, _) in zip(layers, titled, strict=True)
        ],
        "annotations": dict(sorted((annotations or {}).items())),
    }
    members = {name: value for name, value in content.items() if value or name == "layers"}
    separators = (",", ":") if indent is None else None
    data = json.dumps(members, indent=indent, separators=separators, ensure_ascii=False).encode()
    return Artifact(Blob(Format.OCI.manifest_type, data), config, tuple(layers))
