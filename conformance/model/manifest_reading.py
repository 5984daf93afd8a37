"""A manifest as containers/image reads it: by the media type that it came under, not by what it says that it is.

Source: containers/image manifest/oci.go, manifest/docker_schema1.go, manifest/docker_schema2.go,
internal/manifest/oci_index.go, internal/manifest/docker_schema2_list.go (``…FromManifest``),
internal/manifest/common.go (``ValidateUnambiguousManifestFormat``), internal/manifest/manifest.go (``GuessMIMEType``):
the same rules in the containers/image of CRI-O 1.31.13 to 1.36.3. Types are those of opencontainers/image-spec
specs-go/v1.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from conformance.model.go_json import (
    ANYTHING,
    INTEGER,
    SIZE,
    TEXT,
    GoJSONError,
    Shape,
    array_of,
    object_of,
    optional,
    unmarshal,
)
from conformance.model.go_text import go_quote
from conformance.model.media_types import (
    DOCKER_CONFIG,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEXES,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    SIGNED_SCHEMA_1,
)

_DIGEST = Shape("digest.Digest", "string")
_PLATFORM_MEMBERS = {
    "architecture": TEXT,
    "os": TEXT,
    "os.version": TEXT,
    "os.features": array_of(TEXT),
    "variant": TEXT,
}
_DOCKER_MEMBERS = {"mediaType": TEXT, "size": SIZE, "digest": _DIGEST, "urls": array_of(TEXT)}
_OCI_MEMBERS = {
    **_DOCKER_MEMBERS,
    "annotations": object_of(TEXT),
    "platform": optional(Shape("v1.Platform", "object", _PLATFORM_MEMBERS)),
    "artifactType": TEXT,
}
_DESCRIPTOR = Shape("v1.Descriptor", "object", _OCI_MEMBERS)
_DOCKER_DESCRIPTOR = Shape("manifest.Schema2Descriptor", "object", _DOCKER_MEMBERS)
_DOCKER_PLATFORM = Shape("manifest.Schema2PlatformSpec", "object", _PLATFORM_MEMBERS | {"features": array_of(TEXT)})
_DOCKER_ENTRY = Shape("manifest.Schema2ManifestDescriptor", "object", _DOCKER_MEMBERS | {"platform": _DOCKER_PLATFORM})
_VERSIONED = {"schemaVersion": INTEGER, "mediaType": TEXT}
_OCI_VERSIONED = {
    **_VERSIONED,
    "artifactType": TEXT,
    "subject": optional(_DESCRIPTOR),
    "annotations": object_of(TEXT),
}
_SCHEMA_1_HISTORY = Shape("manifest.Schema1History", "object", {"v1Compatibility": TEXT})
_SCHEMA_1_LAYER = Shape("manifest.Schema1FSLayers", "object", {"blobSum": _DIGEST})

_SHAPES = {
    OCI_MANIFEST: Shape(
        "manifest.OCI1", "object", _OCI_VERSIONED | {"config": _DESCRIPTOR, "layers": array_of(_DESCRIPTOR)}
    ),
    OCI_INDEX: Shape("manifest.OCI1IndexPublic", "object", _OCI_VERSIONED | {"manifests": array_of(_DESCRIPTOR)}),
    DOCKER_MANIFEST: Shape(
        "manifest.Schema2",
        "object",
        {**_VERSIONED, "config": _DOCKER_DESCRIPTOR, "layers": array_of(_DOCKER_DESCRIPTOR)},
    ),
    DOCKER_LIST: Shape("manifest.Schema2ListPublic", "object", {**_VERSIONED, "manifests": array_of(_DOCKER_ENTRY)}),
    SIGNED_SCHEMA_1: Shape(
        "manifest.Schema1",
        "object",
        {"schemaVersion": INTEGER, "fsLayers": array_of(_SCHEMA_1_LAYER), "history": array_of(_SCHEMA_1_HISTORY)},
    ),
}
_READ_FIRST = {OCI_INDEX: "unmarshaling OCI1Index", DOCKER_LIST: "unmarshaling Schema2List"}

_TELLING = ("config", "fsLayers", "history", "layers", "manifests")
_TELLING_SHAPE = Shape("struct", "object", dict.fromkeys(_TELLING, ANYTHING))
_ALLOWED = {
    OCI_MANIFEST: {"config", "layers"},
    OCI_INDEX: {"manifests"},
    DOCKER_MANIFEST: {"config", "layers"},
    DOCKER_LIST: {"manifests"},
    SIGNED_SCHEMA_1: {"fsLayers", "history"},
}
"""The members by which kinds of manifests are told apart, and those that each kind may have."""

_DOCKER_TYPES = {
    *(DOCKER_LIST, SCHEMA_1, SIGNED_SCHEMA_1, DOCKER_CONFIG, DOCKER_MANIFEST),
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar",
}
DOCKER_ZSTD_LAYER = "application/vnd.docker.image.rootfs.diff.tar.zstd"
"""A layer type that containers/image takes since 5.37 (CRI-O 1.35) in a Docker manifest: see the profile."""

NO_SINGLE_MANIFEST = "Treating manifest lists as individual manifests is not implemented"
"""What is said of an index in the place of an image (containers/image manifest/manifest.go, ``FromBlob``)."""


@lru_cache(maxsize=256)
def read_manifest(data: bytes, media_type: str) -> Mapping[str, Any]:
    """Read a manifest as one of that type, with all members that the type has; raises ``GoJSONError``."""
    if media_type == SCHEMA_1:
        media_type = SIGNED_SCHEMA_1
    try:
        content: Mapping[str, Any] = unmarshal(data, _SHAPES[media_type])
    except GoJSONError as error:
        if media_type not in _READ_FIRST:
            raise
        body = go_quote(data.decode(errors="surrogateescape"))
        raise GoJSONError(f"{_READ_FIRST[media_type]} {body}: {error}") from None
    if media_type == SIGNED_SCHEMA_1 and content["schemaVersion"] != 1:
        raise GoJSONError(f"unsupported schema version {content['schemaVersion']}")
    _check_kind(data, media_type)
    if media_type == SIGNED_SCHEMA_1 and len(content["fsLayers"]) != len(content["history"]):
        raise GoJSONError("length of history not equal to number of layers")
    if media_type == SIGNED_SCHEMA_1 and not content["fsLayers"]:
        raise GoJSONError("no FSLayers in manifest")
    for type_ in [content["mediaType"], *layer_types(content)] if media_type == DOCKER_MANIFEST else ():
        if type_ != DOCKER_ZSTD_LAYER and type_ not in _DOCKER_TYPES:
            raise GoJSONError(unsupported_type(type_))
    return content


def layer_types(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the media types of the layers of a manifest that was read."""
    return tuple(layer["mediaType"] for layer in content.get("layers", ()))


def unsupported_type(type_: str) -> str:
    """Word that a Docker manifest has something of another type (``SupportedSchema2MediaType``)."""
    return f"unsupported docker v2s2 media type: {go_quote(type_)}"


def commit_fault(data: bytes) -> str:
    """Give what is wrong with a manifest once it is read by what it says that it is, as the image store reads it.

    Source: containers/image storage/storage_dest.go, ``CommitWithOptions``.
    """
    guessed = guess_type(data)
    if guessed in INDEXES:
        return NO_SINGLE_MANIFEST
    try:
        read_manifest(data, guessed or SIGNED_SCHEMA_1)
    except GoJSONError as error:
        return str(error)
    return ""


def guess_type(data: bytes) -> str:
    """Give the media type that a manifest says it has, or looks like; empty where nothing tells (``GuessMIMEType``)."""
    try:
        said = unmarshal(data, Shape("struct", "object", {**_VERSIONED, "signatures": ANYTHING}))
        if said["mediaType"] in {*INDEXES, OCI_MANIFEST, DOCKER_MANIFEST}:
            return str(said["mediaType"])
        if said["schemaVersion"] == 1:
            return SCHEMA_1 if said["signatures"] is None else SIGNED_SCHEMA_1
        looks = unmarshal(
            data, Shape("struct", "object", {"config": _DOCKER_DESCRIPTOR, "manifests": array_of(_DESCRIPTOR)})
        )
    except GoJSONError:
        return ""
    if said["schemaVersion"] != 2:  # noqa: PLR2004 (the version that OCI's and Docker's manifests have)
        return ""
    kind = str(looks["config"]["mediaType"])
    by_config = {OCI_CONFIG: OCI_MANIFEST, DOCKER_CONFIG: DOCKER_MANIFEST}.get(kind)
    return by_config or ((kind or OCI_INDEX) if looks["manifests"] else OCI_MANIFEST)


@lru_cache(maxsize=1024)
def digest_fault(digest: str) -> str:
    """Give what is wrong with a digest, empty for one that is well formed (opencontainers/go-digest ``Validate``)."""
    algorithm, _, encoded = digest.partition(":")
    if not algorithm or not encoded:
        return "invalid checksum digest format"
    length = {"sha256": 64, "sha384": 96, "sha512": 128}.get(algorithm)
    if length is None:
        return "unsupported digest algorithm"
    if len(encoded) != length:
        return "invalid checksum digest length"
    return "" if set(encoded) <= set("0123456789abcdef") else "invalid checksum digest format"


def _check_kind(data: bytes, media_type: str) -> None:
    """Refuse a manifest that has members of more than one kind; raises ``GoJSONError``."""
    found = unmarshal(data, _TELLING_SHAPE)
    unexpected = [name for name in _TELLING if found[name] is not None and name not in _ALLOWED[media_type]]
    if unexpected:
        names = ", ".join(json.dumps(name) for name in unexpected)
        raise GoJSONError(
            f"rejecting ambiguous manifest, unexpected fields []string{{{names}}} in supposedly {media_type}"
        )
