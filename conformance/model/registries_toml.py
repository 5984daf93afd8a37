"""What a registries.conf says in itself, before anything is checked or completed.

Source: containers/image pkg/sysregistriesv2/system_registries_v2.go (``V2RegistriesConf``, ``V1RegistriesConf``) and
BurntSushi/toml decode.go: keys count in any case (the exact one, where there are two), unknown ones are passed over,
and a list that is not there differs from an empty one. A wrong type is refused in Go's words except for the line, and
bad syntax in tomllib's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple, NoReturn

from conformance.model.go_toml import load_toml
from conformance.model.registries import InvalidRegistriesConfError, Mirror, Registry

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_GO_TYPES: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "int64",
    float: "float64",
    dict: "map[string]any",
    list: "[]any",
    datetime: "time.Time",
    date: "time.Time",
    time: "time.Time",
}

Table = Mapping[str, Any]
Names = tuple[str, ...]


class RegistryEntry(NamedTuple):
    """A ``[[registry]]`` as it is written; ``pull_from_mirror`` is a setting that only its mirrors may have."""

    registry: Registry
    pull_from_mirror: str = ""


@dataclass(frozen=True, kw_only=True)
class RegistriesToml:
    """The settings of one file; those that are not there are ``None`` or empty.

    ``v1_search``, ``insecure`` and ``block`` are the lists of version 1 of the format.
    """

    registries: tuple[RegistryEntry, ...] | None = None
    search: Names | None = None
    helpers: Names | None = None
    mode: str = ""
    layer_store_helper: str = ""
    aliases: Mapping[str, str] | None = None
    v1_search: Names | None = None
    insecure: Names | None = None
    block: Names | None = None

    @property
    def has_v1(self) -> bool:
        """Whether a list of version 1 is there, be it empty (``hasSetField``)."""
        return any(each is not None for each in (self.v1_search, self.insecure, self.block))

    @property
    def has_v2(self) -> bool:
        """Whether a setting of version 2 is there, be it empty (``hasSetField``)."""
        lists = (self.registries, self.search, self.helpers, self.aliases)
        return bool(self.mode or self.layer_store_helper) or any(each is not None for each in lists)


def read_settings(data: bytes, *, reads_toml_1_1: bool) -> RegistriesToml:
    """Read a registries.conf or a drop-in; raises ``InvalidRegistriesConfError``."""
    table = _toml(data, reads_toml_1_1=reads_toml_1_1)
    old = _table(_value(table, "registries"), "registries", "V1TOMLConfig")
    entries = _tables(table, "registry", "Registry")
    return RegistriesToml(
        registries=None if entries is None else tuple(map(_entry, entries)),
        search=_names(table, "unqualified-search-registries"),
        helpers=_names(table, "credential-helpers"),
        mode=_text(table, "short-name-mode"),
        layer_store_helper=_text(table, "additional-layer-store-auth-helper"),
        aliases=_aliases(table),
        v1_search=_old_names(old, "search"),
        insecure=_old_names(old, "insecure"),
        block=_old_names(old, "block"),
    )


def read_aliases(data: bytes, *, reads_toml_1_1: bool) -> Mapping[str, str]:
    """Read the aliases alone (``shortNameAliasConf``); raises ``InvalidRegistriesConfError``."""
    return _aliases(_toml(data, reads_toml_1_1=reads_toml_1_1)) or {}


def _toml(data: bytes, *, reads_toml_1_1: bool) -> Table:
    """Read TOML; an error names the line, as BurntSushi/toml's does."""
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise InvalidRegistriesConfError(f"toml: line {line}: byte 0x{data[error.start]:02x} is no UTF-8") from None
    try:
        return load_toml(text, reads_toml_1_1=reads_toml_1_1)
    except (ValueError, RecursionError) as error:
        sentence = str(error)
        place = _PLACE.search(sentence)
        line = int(place["line"]) if place and place["line"] else 1 + text.rstrip("\n").count("\n")
        raise InvalidRegistriesConfError(f"toml: line {line}: {_PLACE.sub('', sentence)}") from None


def _entry(table: Table) -> RegistryEntry:
    mirrors = _tables(table, "mirror", "Endpoint", within="registry.") or ()
    registry = Registry(
        prefix=_text(table, "prefix", within="registry."),
        location=_text(table, "location", within="registry."),
        insecure=_flag(table, "insecure", within="registry."),
        blocked=_flag(table, "blocked", within="registry."),
        mirrors=tuple(map(_mirror, mirrors)),
        mirror_by_digest_only=_flag(table, "mirror-by-digest-only", within="registry."),
    )
    return RegistryEntry(registry, _text(table, "pull-from-mirror", within="registry."))


def _mirror(table: Table) -> Mirror:
    within = "registry.mirror."
    return Mirror(
        _text(table, "location", within=within),
        _flag(table, "insecure", within=within),
        _text(table, "pull-from-mirror", within=within),
    )


def _aliases(table: Table) -> Mapping[str, str] | None:
    """Give the aliases; what is no table is passed over (BurntSushi/toml decode.go, ``unifyMap``)."""
    value = _value(table, "aliases")
    if not isinstance(value, dict):
        return None
    return {name: _string(each, f"aliases.{name}") for name, each in value.items()}


def _old_names(table: Table | None, key: str) -> Names | None:
    """Read ``registries`` in a table of version 1."""
    where = f"registries.{key}"
    inner = _table(_value(table or {}, key), where, "V1TOMLregistries")
    return None if inner is None else _names(inner, "registries", within=f"{where}.")


def _value(table: Table, key: str) -> Any:
    """Give the value of a key that is spelt so, or else so but for the case, or ``None``."""
    if key in table:
        return table[key]
    return next((value for name, value in table.items() if name.casefold() == key), None)


def _text(table: Table, key: str, within: str = "") -> str:
    """Give a text, empty where it is not there."""
    value = _value(table, key)
    return "" if value is None else _string(value, within + key)


def _string(value: Any, where: str) -> str:
    """Refuse what is no text."""
    return value if isinstance(value, str) else _refuse(where, value, "string")


def _flag(table: Table, key: str, within: str) -> bool:
    """Give a flag, false where it is not there."""
    value = _value(table, key)
    return False if value is None else value if isinstance(value, bool) else _refuse(within + key, value, "boolean")


def _list(table: Table, where: str) -> list[Any] | None:
    """Give a list, or ``None`` where it is not there."""
    value = _value(table, where.rpartition(".")[2])
    return value if value is None or isinstance(value, list) else _refuse(where, value, "slice")


def _names(table: Table, key: str, within: str = "") -> Names | None:
    """Give a list of texts, or ``None`` where it is not there."""
    values = _list(table, within + key)
    return None if values is None else tuple(_string(each, within + key) for each in values)


def _tables(table: Table, key: str, go_type: str, within: str = "") -> tuple[Table, ...] | None:
    """Give a list of tables, or ``None`` where it is not there."""
    values = _list(table, within + key)
    return None if values is None else tuple(_table(each, within + key, go_type) or {} for each in values)


def _table(value: Any, where: str, go_type: str) -> Table | None:
    """Refuse what is no table (``unifyStruct``)."""
    if value is None or isinstance(value, dict):
        return value
    found = f"type mismatch for sysregistriesv2.{go_type}: expected table but found {_go_type(value)}"
    raise InvalidRegistriesConfError(f'toml: (last key "{where}"): {found}')


def _refuse(where: str, value: Any, wanted: str) -> NoReturn:
    """Say that a value has the wrong type (``badtype``)."""
    types = f"TOML value has type {_go_type(value)}; destination has type {wanted}"
    raise InvalidRegistriesConfError(f'toml: (last key "{where}"): incompatible types: {types}')


def _go_type(value: Any) -> str:
    """Name the type that a value has in Go."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return "[]map[string]any"
    return _GO_TYPES[type(value)]
