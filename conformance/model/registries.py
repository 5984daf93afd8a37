"""registries.conf as containers/image means it: which entry a name falls under, and where it is then asked for.

Source: containers/image pkg/sysregistriesv2/system_registries_v2.go (containers-registries.conf(5)), the same rules in
the containers/image of CRI-O 1.31.13 to 1.36.3. How the files are read and merged is in ``registries_conf.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from conformance.model.reference import InvalidReferenceError, Reference, parse_canonical

REMEMBERED = 4096
"""How many names a configuration remembers the entry of."""

DEFAULT_FILES = "/etc/containers/registries.conf", "/etc/containers/registries.conf.d"


@dataclass(frozen=True, slots=True)
class Mirror:
    """A ``[[registry.mirror]]``; ``pull_from_mirror`` is empty, ``all``, ``digest-only`` or ``tag-only``."""

    location: str
    insecure: bool = False
    pull_from_mirror: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A ``[[registry]]``: names below ``prefix`` are asked for below ``location``, its mirrors first.

    ``prefix`` may be ``*.example.com``; ``location`` is empty only then, and means the name itself. ``file`` is where
    the entry is written.
    """

    prefix: str
    location: str = ""
    insecure: bool = False
    blocked: bool = False
    mirrors: tuple[Mirror, ...] = ()
    mirror_by_digest_only: bool = False
    file: str = ""

    def matches(self, name: str) -> int:
        """Give how much of ``name`` the prefix covers, -1 when it does not (``refMatchingPrefix``)."""
        if self.prefix.startswith("*."):
            suffix = self.prefix[1:]
            at = name.find(suffix)
            if at == -1 or "/" in name[:at]:
                return -1
            end = at + len(suffix)
        elif name.startswith(self.prefix):
            end = len(self.prefix)
        else:
            return -1
        return end if end == len(name) or name[end] in ":/@" else -1


class PullSource(NamedTuple):
    """Where an image is pulled from: the name there, and whether plain HTTP and any certificate will do."""

    reference: Reference
    insecure: bool = False
    mirror: Mirror | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """What a short name stands for, and the file that says so."""

    value: str
    file: str


class InvalidRegistriesConfError(ValueError):
    """A configuration that containers/image refuses: its message, and the file it is about."""


@dataclass(frozen=True, kw_only=True)
class Registries:
    """An effective configuration, all files merged.

    ``search`` is ``unqualified-search-registries``, and ``search_file`` where it is said to be from: the last file that
    sets it, else the main file if it is there at all, else nothing. ``aliases`` maps short names to aliases, without
    those that are cancelled, and ``cached_aliases`` those that were recorded on this machine, which come first: one
    without a value cancels the other. ``paths`` are the file and the folder that errors about blocking name, ``files``
    the main file and the drop-ins that were read.
    """

    registries: tuple[Registry, ...] = ()
    search: tuple[str, ...] = ()
    search_file: str = ""
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    cached_aliases: Mapping[str, Alias] = field(default_factory=dict)
    short_name_mode: str = "permissive"
    credential_helpers: tuple[str, ...] = ()
    paths: tuple[str, str] = DEFAULT_FILES
    files: tuple[str, ...] = ()

    @cached_property
    def _found(self) -> dict[str, Registry | None]:
        """The entry of each name that was looked up before."""
        return {}

    def find(self, name: str) -> Registry | None:
        """Give the entry with the longest prefix of ``name`` (``FindRegistry``): a host, repository or reference."""
        if not self.registries:
            return None
        if name not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            matching = [each for each in self.registries if each.matches(name) != -1]
            self._found[name] = max(matching, key=lambda each: len(each.prefix), default=None)
        return self._found[name]

    def alias(self, short_name: str) -> Alias | None:
        """Give what a short name without tag and digest stands for (``ResolveShortNameAlias``)."""
        alias = self.cached_aliases.get(short_name) or self.aliases.get(short_name)
        return alias if alias and alias.value else None

    def sources(self, reference: Reference, *, trims_mirrors: bool = True) -> tuple[PullSource, ...]:
        """Give the pull sources of an image, in order: mirrors that serve such a reference, then its own registry.

        ``trims_mirrors`` as in a profile (``PullSourcesFromReference``). Raises ``InvalidReferenceError`` when a
        location does not make a name.
        """
        registry = self.find(reference.name) if self.registries else None
        if registry is None:
            return (PullSource(reference),)
        mirrors = [mirror for mirror in registry.mirrors if _serves(mirror, registry, reference)]
        places = [each.location.rstrip("/") if trims_mirrors else each.location for each in mirrors]
        return (
            *(
                PullSource(_rewritten(registry, place, reference), mirror.insecure, mirror)
                for place, mirror in zip(places, mirrors, strict=True)
            ),
            PullSource(_rewritten(registry, registry.location, reference), registry.insecure),
        )


def _serves(mirror: Mirror, registry: Registry, reference: Reference) -> bool:
    """Tell whether a mirror is asked for a tag, or for a digest."""
    if registry.mirror_by_digest_only:
        return bool(reference.digest)
    match mirror.pull_from_mirror:
        case "digest-only":
            return bool(reference.digest)
        case "tag-only":
            return not reference.digest
    return True


def _rewritten(registry: Registry, location: str, reference: Reference) -> Reference:
    """Put a location in the place of the prefix (``rewriteReference``)."""
    if not location:
        return reference
    text = str(reference)
    try:
        return parse_canonical(location + text[registry.matches(text) :])
    except InvalidReferenceError as error:
        raise InvalidReferenceError(f"rewriting reference: {error}") from None
