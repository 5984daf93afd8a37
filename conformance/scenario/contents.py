"""What the registry hosts of a scenario hold: contents that are the same bytes for the same words."""

import enum
from collections.abc import Iterable
from functools import cache

from conformance.images.artifacts import artifact
from conformance.images.builder import Content, Format, Image, Index, image, index, layer
from conformance.model.platform import Platform

UNKNOWN_DIGEST = "sha256:" + "0" * 64


class ContentKind(enum.StrEnum):
    """What a registry may hold under a tag; ``foreign`` is for another architecture alone."""

    IMAGE = "image"
    DOCKER_IMAGE = "Docker image"
    INDEX = "index"
    LIST = "Docker list"
    FOREIGN_INDEX = "foreign index"
    FOREIGN_LIST = "foreign Docker list"
    FOREIGN_IMAGE = "foreign image"


_OF_DOCKER = {ContentKind.DOCKER_IMAGE, ContentKind.LIST, ContentKind.FOREIGN_LIST}


def scenario_digest(text: str) -> str:
    """Give the digest that a scenario means by a text such as ``index 1``; raises ``ValueError``."""
    if text == "unknown":
        return UNKNOWN_DIGEST
    own, _, of = text.rpartition(" of ")
    kind, _, version = of.rpartition(" ")
    found = build_content(ContentKind(kind), int(version))
    return found.images[-1].digest if own and isinstance(found, Index) else found.digest


@cache
def build_content(kind: ContentKind, version: int) -> Image | Index:
    """Build a content; the same kind and version are the same bytes, whichever host holds them."""
    format_ = Format.DOCKER if kind in _OF_DOCKER else Format.OCI
    here = Platform.host()

    def built(platform: Platform) -> Image:
        file = {"what": f"{kind} {version} for {platform}\n"}
        return image([layer(file, format=format_)], platform=platform, format=format_)

    match kind:
        case ContentKind.IMAGE | ContentKind.DOCKER_IMAGE:
            return built(here)
        case ContentKind.FOREIGN_IMAGE:
            return built(here.foreign())
        case ContentKind.INDEX | ContentKind.LIST:
            return index([built(here.foreign()), built(here)], format=format_)
    return index([built(here.foreign())], format=format_)


@cache
def build_index(platforms: tuple[str, ...], version: int) -> Index:
    """Build an index with an image for each platform (``linux/arm64``)."""
    wanted = map(Platform.parse, platforms)
    return index([image([layer({"what": f"{version} for {each}\n"})], platform=each) for each in wanted])


@cache
def build_files(files: tuple[tuple[str, str], ...]) -> Image:
    """Build an image for this machine with files, each a path and its text."""
    return image([layer(dict(files))])


@cache
def build_artifact(files: tuple[tuple[str, str], ...]) -> Content:
    """Build an artifact of files, each a title and its text."""
    return artifact(files)


def blob_digests(content: Content, part: str) -> Iterable[str]:
    """Give the digests of a part of a content: its ``manifest``, its ``config``, or its ``layer``."""
    if part == "manifest":
        return [content.digest]
    images = content.images if isinstance(content, Index) else (content,)
    if part == "config":
        return [each.config.digest for each in images if hasattr(each, "config")]
    configs = set(blob_digests(content, "config"))
    return [each.digest for each in content.blobs() if each.digest not in configs]
