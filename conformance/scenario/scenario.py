"""A scenario: how registries.conf is written, what the registry hosts hold, and which name is pulled. Plain values."""

import enum
from dataclasses import dataclass
from functools import cache
from typing import Any

import tomli_w

from conformance.images.builder import Format, Image, Index, image, index, layer
from conformance.model.platform import Platform
from conformance.model.registries import Registry
from conformance.runtime.configuration import registry_table

SYSTEM = "/etc/containers/registries.conf"
USER = "~/.config/containers/registries.conf"
"""The user's own file: where it is there, the system's file and folder do not count."""

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


class Reachability(enum.StrEnum):
    """How a registry host is reached; ``REFUSED`` has an address where nobody listens, ``NOBODY`` has none."""

    TLS = "TLS"
    PLAIN_HTTP = "plain HTTP"
    UNTRUSTED = "untrusted TLS"
    REFUSED = "refused"
    UNKNOWN_HOST = "unknown"


@dataclass(frozen=True)
class ScenarioRepository:
    """What a host holds: ``tags`` of one content (none: it is there by its digest alone).

    ``content`` is empty where the repository exists and lacks what is wanted; ``private_to`` is the only user who may
    pull, empty where all may.
    """

    name: str
    content: ContentKind | None = None
    version: int = 0
    tags: tuple[str, ...] = ("latest",)
    private_to: str = ""


@dataclass(frozen=True)
class ScenarioHost:
    """A registry host; ``fails`` is the HTTP status that every request for a manifest gets, 0 for none."""

    name: str
    repositories: tuple[ScenarioRepository, ...] = ()
    spoken: Reachability = Reachability.TLS
    fails: int = 0


@dataclass(frozen=True)
class RegistriesFile:
    """A registries.conf or a drop-in; ``None`` and nothing is what is not said. Aliases are pairs."""

    path: str
    search: tuple[str, ...] | None = None
    mode: str = ""
    registries: tuple[Registry, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The file's TOML; what is not said is left out."""
        table: dict[str, Any] = {}
        if self.search is not None:
            table["unqualified-search-registries"] = list(self.search)
        if self.mode:
            table["short-name-mode"] = self.mode
        if self.registries:
            table["registry"] = [registry_table(each) for each in self.registries]
        if self.aliases:
            table["aliases"] = dict(self.aliases)
        return tomli_w.dumps(table)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """All that decides a pull of ``name``.

    ``digest`` is added to the name: that of a content (``index 1``, ``image 0 of index 1`` for the one in it that this
    machine runs), ``unknown``, or none. ``logins`` are the entries of the auth file, each a key and a user;
    ``login`` is the user whose login the request brings, ``mode`` the ``short_name_mode`` of crio.conf: those two are
    CRI-O's alone.
    """

    name: str
    digest: str = ""
    files: tuple[RegistriesFile, ...] = ()
    hosts: tuple[ScenarioHost, ...] = ()
    logins: tuple[tuple[str, str], ...] = ()
    login: str = ""
    mode: str = "disabled"

    @property
    def requested_name(self) -> str:
        """The name as a user would write it, with the digest."""
        return f"{self.name}@{scenario_digest(self.digest)}" if self.digest else self.name


def scenario_digest(text: str) -> str:
    """Give the digest that a scenario means by a text such as ``index 1``."""
    if text == "unknown":
        return UNKNOWN_DIGEST
    own, _, of = text.rpartition(" of ")
    kind, _, version = of.rpartition(" ")
    found = build_content(ContentKind(kind), int(version))
    return found.images[-1].digest if own and isinstance(found, Index) else found.digest


@cache
def build_content(kind: ContentKind, version: int) -> Image | Index:
    """Build a content; the same kind and version are the same bytes, whichever host holds them."""
    format_ = (
        Format.DOCKER if kind in {ContentKind.DOCKER_IMAGE, ContentKind.LIST, ContentKind.FOREIGN_LIST} else Format.OCI
    )
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
