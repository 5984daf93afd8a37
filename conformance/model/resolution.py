"""From a name to the images that it may mean, or to the refusal to choose.

Source: containers/image pkg/shortnames/shortnames.go (``Resolve``), CRI-O internal/storage/image.go
(``CandidatesForPotentiallyShortImageName``), cri-o/cri-o#9401.
"""

import enum
from typing import NamedTuple

from conformance.model.go_text import go_quote
from conformance.model.profile import Profile
from conformance.model.reference import InvalidReferenceError, Reference, parse, parse_normalized
from conformance.model.registries import Registries

MODES = ("enforcing", "disabled")
"""The values of ``short_name_mode`` in crio.conf (CRI-O 1.34 and later)."""


class NameKind(enum.StrEnum):
    """What made a name a full one: itself, an alias, the search list; ``NOT`` is a text that is no name."""

    FULL = "full name"
    ALIAS = "alias"
    SEARCH = "search list"
    INVALID = "not at all"


class Resolution(NamedTuple):
    """What a name may mean: ``candidates`` in the order in which they are tried, or ``refusal``, the error's text.

    ``short_name`` is the name without tag and digest where it is one, ``file`` the file that decided.
    """

    kind: NameKind
    candidates: tuple[Reference, ...] = ()
    refusal: str = ""
    short_name: str = ""
    file: str = ""

    @property
    def log_line(self) -> str:
        """What CRI-O logs about it at level info, if anything.

        Source: containers/image pkg/shortnames/shortnames.go, ``Resolved.Description``.
        """
        match self.kind:
            case NameKind.ALIAS if not self.refusal:
                return f"Resolved {go_quote(self.short_name)} as an alias ({self.file})"
            case NameKind.SEARCH if not self.refusal:
                return f"Resolving {go_quote(self.short_name)} using unqualified-search registries ({self.file})"
        return ""


def effective_mode(profile: Profile, configured: str | None, registries: Registries) -> str:
    """Give the short-name mode that counts: ``disabled``, ``enforcing`` or ``permissive``.

    ``configured`` is ``short_name_mode`` in crio.conf, empty where it is not set, ``None`` where CRI-O read no
    configuration file at all: then registries.conf's own mode counts (CRI-O pkg/config/config.go,
    ``SetSystemContext``).
    """
    if not profile.has_short_name_mode:
        return "disabled"
    return registries.short_name_mode if configured is None else configured or "enforcing"


def resolve(name: str, registries: Registries, mode: str) -> Resolution:
    """Resolve a name as a user writes it; a name that is refused is a resolution, too, and raises nothing."""
    try:
        reference = parse(name)
    except InvalidReferenceError as error:
        return Resolution(NameKind.INVALID, refusal=f"cannot parse input: {go_quote(name)}: {error}")
    if not reference.is_short:
        try:
            full = parse_normalized(name)
        except InvalidReferenceError as error:
            return Resolution(NameKind.INVALID, refusal=f"cannot normalize input: {go_quote(name)}: {error}")
        return Resolution(NameKind.FULL, (_candidate(full),))
    short_name = reference.name
    if alias := registries.alias(short_name):
        stands_for = parse_normalized(alias.value)
        candidate = Reference(
            stands_for.domain, stands_for.path, reference.tag or stands_for.tag, reference.digest or stands_for.digest
        )
        return Resolution(NameKind.ALIAS, (_candidate(candidate),), short_name=short_name, file=alias.file)
    return _search(name, reference, registries, mode)


def resolve_locally(name: str, registries: Registries) -> Resolution:
    """Tell what a name may mean among what is stored: never refused for being ambiguous.

    Source: containers/image pkg/shortnames/shortnames.go, ``ResolveLocally``.
    """
    try:
        reference = parse(name)
    except InvalidReferenceError as error:
        return Resolution(NameKind.INVALID, refusal=f"cannot parse input: {go_quote(name)}: {error}")
    if not reference.is_short:
        try:
            return Resolution(NameKind.FULL, (parse_normalized(name).with_default_tag(),))
        except InvalidReferenceError as error:
            return Resolution(NameKind.INVALID, refusal=f"cannot normalize input: {go_quote(name)}: {error}")
    candidates = []
    if alias := registries.alias(reference.name):
        stands_for = parse_normalized(alias.value)
        tag, digest = reference.tag or stands_for.tag, reference.digest or stands_for.digest
        candidates.append(Reference(stands_for.domain, stands_for.path, tag, digest).with_default_tag())
    for registry in ("localhost", *registries.search):
        try:
            candidates.append(reference.on(registry).with_default_tag())
        except InvalidReferenceError as error:
            refusal = f"creating reference with unqualified-search registry {go_quote(registry)}: {error}"
            return Resolution(NameKind.SEARCH, refusal=refusal)
    return Resolution(NameKind.SEARCH, tuple(candidates))


def _search(name: str, reference: Reference, registries: Registries, mode: str) -> Resolution:
    """Complete a short name with every search registry."""
    file, short_name = registries.search_file, reference.name
    if not registries.search:
        where = (
            f"no unqualified-search registries are defined in {go_quote(file)}"
            if file
            else "no containers-registries.conf(5) was found"
        )
        refusal = f"short-name {go_quote(name)} did not resolve to an alias and {where}"
        return Resolution(NameKind.SEARCH, refusal=refusal, short_name=short_name, file=file)
    candidates = []
    for registry in registries.search:
        try:
            candidates.append(_candidate(reference.on(registry)))
        except InvalidReferenceError as error:
            refusal = f"creating reference with unqualified-search registry {go_quote(registry)}: {error}"
            return Resolution(NameKind.SEARCH, refusal=refusal, short_name=short_name, file=file)
    if mode == "enforcing" and len(candidates) > 1:
        refusal = f"short name mode is enforcing, but image name {name} returns ambiguous list"
        return Resolution(NameKind.SEARCH, tuple(candidates), refusal, short_name, file)
    return Resolution(NameKind.SEARCH, tuple(candidates), short_name=short_name, file=file)


def _candidate(reference: Reference) -> Reference:
    """Give a candidate as CRI-O asks for it: with a tag, or with a digest alone."""
    return reference.with_default_tag().without_tag_beside_digest()
