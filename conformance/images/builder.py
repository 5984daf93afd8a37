"""Container images as bytes, in OCI's and Docker's format; no I/O, and the same input gives the same digests.

Sources: the OCI image-spec v1.1 (Image Manifest, Image Index, Image Configuration, Image Layer Filesystem Changeset)
and Docker's Image Manifest Version 2, Schema 2 (with its manifest list).
"""
# ruff: noqa: A002  (image tools say "format" for the choice between OCI and Docker)

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol

from conformance.model.platform import Platform

_DEVICE_TYPES = {"char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE, "fifo": tarfile.FIFOTYPE}
Annotations = Mapping[str, str] | None
_Path = tuple[str, ...]


class Format(Enum):
    """A family of media types: of manifest, index (in Docker's words a manifest list), config and layer (tar, gzip)."""

    OCI = (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.oci.image.layer.v1.tar+gzip",
    )
    DOCKER = (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    )

    def __init__(self, *media_types: str) -> None:
        self.manifest_type, self.index_type, self.config_type, self.layer_type = media_types


@dataclass(frozen=True)
class Blob:
    """Bytes that a registry stores under their digest, and what they are."""

    media_type: str
    data: bytes = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """The name of the bytes, as ``sha256:`` and 64 hexadecimal digits."""
        return "sha256:" + hashlib.sha256(self.data).hexdigest()

    @property
    def size(self) -> int:
        """The number of bytes, as a descriptor has it."""
        return len(self.data)

    def descriptor(self, platform: Platform | None = None, annotations: Annotations = None) -> dict[str, Any]:
        """Give the reference to it that manifests and indexes hold (image-spec v1.1, OCI Content Descriptors)."""
        claims = {"platform": platform and platform.as_json(), "annotations": annotations and dict(annotations)}
        claims = {name: value for name, value in claims.items() if value}
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size, **claims}


class Content(Protocol):
    """What a registry stores under a name: a manifest, and all that this refers to."""

    @property
    def manifest(self) -> Blob:
        """The manifest that the name stands for."""

    @property
    def digest(self) -> str:
        """The digest of that manifest."""

    def manifests(self) -> tuple[Blob, ...]:
        """Give what a registry stores as manifests, in the order to push: what an index names before the index."""

    def blobs(self) -> tuple[Blob, ...]:
        """Give what a registry stores as blobs: configs and layers, each once."""


@dataclass(frozen=True)
class File:
    """A regular file of a layer; ``mode`` has the permission bits alone."""

    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class Directory:
    """A directory of a layer, without what is in it; ``mode`` has the permission bits alone."""

    mode: int = 0o755
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True)
class Symlink:
    """A symbolic link; its target is kept as it is written, wherever it may lead."""

    target: str
    uid: int = 0
    gid: int = 0
    mode: ClassVar[int] = 0o777


@dataclass(frozen=True)
class Hardlink:
    """One more name of another entry of the same layer, whose mode and owners it shares."""

    target: str


@dataclass(frozen=True)
class Device:
    """A device node or a FIFO, as mknod(1) makes them; a FIFO has no numbers."""

    kind: Literal["char", "block", "fifo"]
    major: int = 0
    minor: int = 0
    mode: int = 0o600
    uid: int = 0
    gid: int = 0


Entry = File | Directory | Symlink | Hardlink | Device


def whiteout(path: str) -> str:
    """Give the name of the empty file that hides ``path`` of the layers below (image-spec v1.1, Whiteouts)."""
    parts = _parts(path)
    if not parts:
        raise ValueError("a whiteout hides an entry, and the root is none: use opaque()")
    return "/".join((*parts[:-1], ".wh." + parts[-1]))


def opaque(directory: str) -> str:
    """Give the name of the empty file that hides what the layers below have in ``directory`` (Opaque Whiteout)."""
    return "/".join((*_parts(directory), ".wh..wh..opq"))


@dataclass(frozen=True)
class Layer:
    """One changeset of a root filesystem: a compressed tar, and the digest of that tar before compression."""

    blob: Blob
    diff_id: str


def layer(entries: Mapping[str, bytes | str | Entry], *, format: Format = Format.OCI, compression: int = 9) -> Layer:
    """Make a layer of paths and what is there (image-spec v1.1, Image Layer Filesystem Changeset).

    Bytes and text are the content of a File. A leading slash means nothing, ``/`` is the root's own Directory, and
    directories that are not given are ``Directory()``: that overrides mode and owners which a layer below gave them.

    ``compression`` is zlib's level, 1 to 9. Raises ``ValueError`` for a path given twice or leading out of the layer,
    entries inside something that is not a directory, and a hard link whose target is not a file of this layer.
    """
    tree: dict[_Path, Entry] = {}
    for path, entry in entries.items():
        parts = _parts(path)
        if parts in tree:
            raise ValueError(f"{path!r} is in the layer twice")
        content = entry.encode() if isinstance(entry, str) else entry
        tree[parts] = File(content) if isinstance(content, bytes) else content
    parents = {parts[:depth] for parts in tree for depth in range(1, len(parts))}
    tree = dict.fromkeys(parents, Directory()) | tree
    wrong = [parts for parts in parents | {()} if not isinstance(tree.get(parts, Directory()), Directory)]
    if wrong:
        raise ValueError(f"'/{'/'.join(min(wrong))}' must be a directory")
    # Parents come before children, whiteouts before their siblings (a SHOULD), hard links after their targets.
    order = sorted(tree, key=lambda path: (isinstance(tree[path], Hardlink), [(p[:4] != ".wh.", p) for p in path]))
    return _layer((_member(parts, tree) for parts in order), format, compression)


def raw_layer(members: Iterable[tuple[str, Entry]], *, format: Format = Format.OCI) -> Layer:
    """Make a layer of tar members just as they are given: names and order are neither checked nor completed."""
    return _layer((_header(name, entry, entry) for name, entry in members), format)


def _layer(members: Iterable[tuple[tarfile.TarInfo, io.BytesIO]], format: Format, compression: int = 9) -> Layer:
    # Default tar headers have time 0 and no owner names. PAX adds records only where the plain header is too small.
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            archive.addfile(*member)
    # Not gzip.compress(): the header it writes differs between releases of Python.
    compressed = zlib.compress(buffer.getvalue(), level=compression, wbits=31)
    return Layer(Blob(format.layer_type, compressed), diff_id=Blob("application/x-tar", buffer.getvalue()).digest)


@dataclass(frozen=True)
class Image:
    """An image for one platform: a manifest, and the config and layers that it names."""

    manifest: Blob
    config: Blob
    layers: tuple[Layer, ...]
    platform: Platform

    @property
    def digest(self) -> str:
        """The manifest's digest, by which registries know the image."""
        return self.manifest.digest

    @property
    def id(self) -> str:
        """The config's digest without its algorithm: the image ID of CRI-O and Podman."""
        return self.config.digest.partition(":")[2]

    def manifests(self) -> tuple[Blob, ...]:
        """Give what a registry stores as manifests: here, its only one."""
        return (self.manifest,)

    def blobs(self) -> tuple[Blob, ...]:
        """Give what a registry stores as blobs: the config and the layers, each once."""
        return tuple(dict.fromkeys([self.config, *(layer.blob for layer in self.layers)]))


class _Labelled:
    """The labels of all images that are made in this process."""

    labels: ClassVar[Mapping[str, str]] = {}


def label_images(labels: Mapping[str, str]) -> None:
    """Give labels to every image that is made from now on: others on a shared runtime have none with its digest."""
    _Labelled.labels = labels


def image(
    layers: Iterable[Layer],
    *,
    platform: Platform | str | None = None,
    format: Format = Format.OCI,
    config: Mapping[str, Any] | None = None,
    annotations: Annotations = None,
) -> Image:
    """Make an image, for this machine's platform unless another is given (image-spec v1.1, Image Manifest).

    Layers take the media type of ``format``, whichever they were made with. ``config`` is the object of that name in
    the image config: Cmd, Entrypoint, User, Env, … Annotations go into the manifest: ``ValueError`` where Docker has
    none. Where images are labelled (``label_images``), it has those labels, too.
    """
    config = dict(config or {})
    if _Labelled.labels:
        config["Labels"] = {**config.get("Labels", {}), **_Labelled.labels}
    platform = Platform.parse(platform) if isinstance(platform, str) else platform or Platform.host()
    layers = tuple(replace(layer, blob=replace(layer.blob, media_type=format.layer_type)) for layer in layers)
    rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    document = {**platform.as_json(), "created": "1970-01-01T00:00:00Z", "config": config, "rootfs": rootfs}
    config_blob = _json(format.config_type, document)
    content = {"config": config_blob.descriptor(), "layers": [layer.blob.descriptor() for layer in layers]}
    return Image(_manifest(format.manifest_type, content, annotations), config_blob, layers, platform)


@dataclass(frozen=True)
class Index:
    """One name for several images: usually one for each platform."""

    manifest: Blob
    images: tuple[Content, ...]

    @property
    def digest(self) -> str:
        """The digest of the index itself, whichever image of it a platform gets."""
        return self.manifest.digest

    def manifests(self) -> tuple[Blob, ...]:
        """Give what a registry stores as manifests, each once and before the index that names it: the order to push."""
        return tuple(dict.fromkeys([*(blob for image in self.images for blob in image.manifests()), self.manifest]))

    def blobs(self) -> tuple[Blob, ...]:
        """Give what a registry stores as blobs for all the images, each once."""
        return tuple(dict.fromkeys(blob for image in self.images for blob in image.blobs()))


def index(
    images: Iterable[Content],
    *,
    format: Format = Format.OCI,
    platforms: Sequence[Platform | None] | None = None,
    annotations: Annotations = None,
) -> Index:
    """Make an index (image-spec v1.1, Image Index) or, in Docker's format, a manifest list.

    It claims for an image the image's own platform and for an index none, unless ``platforms`` has a claim for each of
    them: an index may lie, and None claims nothing. Raises ``ValueError`` where their numbers differ, and as ``image``
    does.
    """
    images = tuple(images)
    claims = [getattr(image, "platform", None) for image in images] if platforms is None else platforms
    if len(claims) != len(images):
        raise ValueError(f"{len(images)} images need as many platforms, not {len(claims)}")
    children = [image.manifest.descriptor(claim) for image, claim in zip(images, claims, strict=True)]
    return Index(_manifest(format.index_type, {"manifests": children}, annotations), images)


def _manifest(media_type: str, content: dict[str, Any], annotations: Annotations) -> Blob:
    if annotations and media_type in {Format.DOCKER.manifest_type, Format.DOCKER.index_type}:
        raise ValueError("Docker's manifests have no annotations: use Format.OCI")
    noted = {"annotations": dict(annotations)} if annotations else {}
    return _json(media_type, {"schemaVersion": 2, "mediaType": media_type, **content, **noted})


def _json(media_type: str, value: Mapping[str, Any]) -> Blob:
    return Blob(media_type, json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def _parts(path: str) -> _Path:
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    if ".." in parts:
        raise ValueError(f"{path!r} may lead out of the layer")
    return parts


def _member(parts: _Path, tree: Mapping[_Path, Entry]) -> tuple[tarfile.TarInfo, io.BytesIO]:
    name, entry = "/".join(parts) or ".", tree[parts]
    if not isinstance(entry, Hardlink):
        return _header(name, entry, entry)
    # A hard link's header repeats its target's mode and owners, since who unpacks it may apply them.
    target = _parts(entry.target)
    node = tree.get(target)
    if node is None or isinstance(node, Hardlink | Directory):
        raise ValueError(f"the hard link '/{name}' needs a file of this layer as its target")
    return _header(name, Hardlink("/".join(target)), node)


def _header(name: str, entry: Entry, node: Entry) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info, content = tarfile.TarInfo(name), entry.content if isinstance(entry, File) else b""
    info.size = len(content)
    if not isinstance(node, Hardlink):
        info.mode, info.uid, info.gid = node.mode, node.uid, node.gid
    match entry:
        case Directory():
            info.type = tarfile.DIRTYPE
        case Symlink(target=target):
            info.type, info.linkname = tarfile.SYMTYPE, target
        case Hardlink(target=target):
            info.type, info.linkname = tarfile.LNKTYPE, target
        case Device(kind=kind, major=major, minor=minor):
            info.type, info.devmajor, info.devminor = _DEVICE_TYPES[kind], major, minor
    return info, io.BytesIO(content)
