"""What containers/image refuses in a registries.conf, and how it completes the rest.

Source: containers/image pkg/sysregistriesv2/system_registries_v2.go and pkg/sysregistriesv2/shortnames.go; errors are
worded as there, those about aliases in the order of their names, which Go leaves to chance.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from conformance.model.go_text import go_quote
from conformance.model.reference import DOMAIN, InvalidReferenceError, Reference, parse, parse_normalized
from conformance.model.registries import Alias, InvalidRegistriesConfError, Mirror, Registry
from conformance.model.registries_toml import RegistriesToml, RegistryEntry

_MODES = {"", "disabled", "enforcing", "permissive"}
_PULL_FROM_MIRROR = {"", "all", "digest-only", "tag-only"}


@dataclass(frozen=True, kw_only=True)
class ParsedConfig:
    """What a file says, checked, or several merged; ``None`` and ``""`` are what is not said (``parsedConfig``).

    ``search_file`` is a file that was read even if it says nothing about ``search``. A cancelled alias has no value.
    """

    registries: Mapping[str, Registry] = field(default_factory=dict)
    search: tuple[str, ...] | None = None
    search_file: str = ""
    helpers: tuple[str, ...] | None = None
    mode: str = ""
    aliases: Mapping[str, Alias] = field(default_factory=dict)


def checked(written: RegistriesToml, file: str, *, drop_in: bool) -> ParsedConfig:
    """Check and complete what a file says (``loadConfigFile``); raises ``InvalidRegistriesConfError``.

    Where both versions of the format are in it, Go shows all that it read after the sentence, which is left out here.
    """
    if written.has_v1:
        if drop_in:
            raise InvalidRegistriesConfError("registry must be in v2 format but is in v1")
        if written.has_v2:
            raise InvalidRegistriesConfError("mixing sysregistry v1/v2 is not supported")
        written = _in_version_2(written)
    entries = [_completed(entry, file) for entry in written.registries or ()]
    _check_conflicts(entries)
    search = None if written.search is None else tuple(map(_search_registry, written.search))
    if written.mode not in _MODES:
        raise InvalidRegistriesConfError(f"invalid short-name mode: {go_quote(written.mode)}")
    registries = {entry.prefix: entry for entry in reversed(entries)}  # of several with one prefix, the first counts
    _check_wildcards(registries)
    try:
        aliases = checked_aliases(written.aliases or {}, file)
    except InvalidRegistriesConfError as error:
        raise InvalidRegistriesConfError(f"validating short-name aliases: {error}") from None
    return ParsedConfig(
        registries=registries,
        search=search,
        search_file=file,
        helpers=written.helpers,
        mode=written.mode,
        aliases=aliases,
    )


def _check_wildcards(prefixes: Iterable[str]) -> None:
    """Refuse a wildcard that stands before more than a host (``loadConfigFile``)."""
    for prefix in sorted(prefixes):
        if prefix.startswith("*.") and any(mark in prefix for mark in "/@:"):
            raise InvalidRegistriesConfError(
                "Wildcarded prefix should be in the format: *.example.com. "
                f"Current prefix {go_quote(prefix)} is incorrectly formatted"
            )


def _location(text: str) -> str:
    """Clean a location or prefix (``parseLocation``)."""
    trimmed = text.rstrip("/")
    if trimmed.startswith(("http://", "https://")):
        raise InvalidRegistriesConfError(f"invalid location '{text}': URI schemes are not supported")
    return trimmed


def _in_version_2(written: RegistriesToml) -> RegistriesToml:
    """Turn the format of version 1 into that of version 2 (``ConvertToV2``)."""
    blocked, insecure = ([_location(each) for each in names or ()] for names in (written.block, written.insecure))
    return RegistriesToml(
        search=written.v1_search,
        registries=tuple(
            RegistryEntry(Registry(prefix=each, location=each, blocked=each in blocked, insecure=each in insecure))
            for each in dict.fromkeys((*blocked, *insecure))
        ),
    )


def _completed(entry: RegistryEntry, file: str) -> Registry:
    """Check an entry, and give it its prefix (``postProcessRegistries``)."""
    location, prefix = _location(entry.registry.location), entry.registry.prefix
    if prefix:
        prefix = _location(prefix)
        if not prefix.startswith("*.") and not location:
            raise InvalidRegistriesConfError(
                "invalid condition: location is unset and prefix is not in the format: *.example.com"
            )
    elif not location:
        raise InvalidRegistriesConfError("invalid condition: both location and prefix are unset")
    # One that is nothing but slashes is empty now, and matches no name: the location does not take its place.
    prefix = prefix if entry.registry.prefix else location
    registry = replace(entry.registry, location=location, prefix=prefix, file=file)
    if entry.pull_from_mirror:
        raise InvalidRegistriesConfError(
            f"pull-from-mirror must not be set for a non-mirror registry {go_quote(registry.prefix)}"
        )
    for mirror in registry.mirrors:
        _check_mirror(mirror, registry)
    return registry


def _check_mirror(mirror: Mirror, registry: Registry) -> None:
    """Check a mirror of a registry (``postProcessRegistries``); its location stays as it is written."""
    location, only = _location(mirror.location), mirror.pull_from_mirror
    if not location:
        raise InvalidRegistriesConfError("invalid condition: mirror location is unset")
    if registry.mirror_by_digest_only and only:
        raise InvalidRegistriesConfError(
            f"cannot set mirror usage mirror-by-digest-only for the registry ({go_quote(registry.prefix)}) "
            f"and pull-from-mirror for per-mirror ({go_quote(location)}) at the same time"
        )
    if only not in _PULL_FROM_MIRROR:
        raise InvalidRegistriesConfError(
            f"unsupported pull-from-mirror value {go_quote(only)} for mirror {go_quote(location)}"
        )


def _check_conflicts(registries: list[Registry]) -> None:
    """Refuse entries of one location that differ in a flag (``postProcessRegistries``)."""
    for registry in registries:
        for other in registries:
            if (registry.location or registry.prefix) != (other.location or other.prefix):
                continue
            for flag in ("insecure", "blocked"):
                if getattr(registry, flag) != getattr(other, flag):
                    raise InvalidRegistriesConfError(
                        f"registry '{registry.location}' is defined multiple times with conflicting '{flag}' setting"
                    )


def _search_registry(text: str) -> str:
    """Check an entry of the search list (``postProcessRegistries``)."""
    host = _location(text)
    if not DOMAIN.fullmatch(host):
        raise InvalidRegistriesConfError(f"Invalid unqualified-search-registries entry {go_quote(host)}")
    return host


def checked_aliases(written: Mapping[str, str], file: str) -> dict[str, Alias]:
    """Check aliases and complete their values (``newShortNameAliasCache``); one without a value is a cancelled one."""
    aliases, errors = {}, []
    for name, value in sorted(written.items()):
        try:
            _check_short_name(name)
        except InvalidRegistriesConfError as error:
            errors.append(str(error))
        try:
            aliases[name] = Alias(str(_alias_value(value)) if value else "", file)
        except (InvalidRegistriesConfError, InvalidReferenceError) as error:
            errors.append(str(error))
    if errors:
        raise InvalidRegistriesConfError("\n".join(errors))
    return aliases


def _check_short_name(name: str) -> None:
    """Check what is on the left of an alias (``validateShortName``)."""
    try:
        reference = parse(name)
    except InvalidReferenceError as error:
        raise InvalidRegistriesConfError(f"cannot parse short name: {go_quote(name)}: {error}") from None
    _check_bare(reference, f"invalid short name {go_quote(name)}")
    if not reference.is_short:
        raise InvalidRegistriesConfError(f"invalid short name {go_quote(name)}: must not contain registry")


def _alias_value(value: str) -> Reference:
    """Check and complete what is on the right of an alias (``parseShortNameValue``)."""
    try:
        reference = parse(value)
    except InvalidReferenceError as error:
        raise InvalidRegistriesConfError(f"parsing alias {go_quote(value)}: {error}") from None
    _check_bare(reference, f"invalid alias {go_quote(value)}")
    if reference.is_short:
        raise InvalidRegistriesConfError(f"invalid alias {go_quote(value)}: must contain registry and repository")
    return parse_normalized(value)


def _check_bare(reference: Reference, what: str) -> None:
    """Refuse a digest, and a tag."""
    if reference.digest:
        raise InvalidRegistriesConfError(f"{what}: must not contain digest")
    if reference.tag:
        raise InvalidRegistriesConfError(f"{what}: must not contain tag")
