"""The files of registries.conf, read and merged into what is effective.

Source: containers/image pkg/sysregistriesv2/system_registries_v2.go and pkg/sysregistriesv2/shortnames.go
(containers-registries.conf(5)), as CRI-O 1.36.3 vendors it; errors are worded as there. Other releases differ in this:

- 1.31.13 leaves a slash at the end of a mirror's location where it is, so that no name can be made with it, and fails
  at a drop-in that is a dangling symlink; from 1.33.13 on, the slash goes, and such a drop-in is passed over.
- from 1.35.1 on, TOML 1.1 is read, and no list may be there twice in a file; before, its last one counts (``go_toml``).
"""

import json
import os
from dataclasses import dataclass
from errno import EISDIR
from hashlib import sha256
from pathlib import Path
from typing import Any

from conformance.model.go_text import go_quote
from conformance.model.profile import PROFILES, Profile
from conformance.model.registries import DEFAULT_FILES, Alias, InvalidRegistriesConfError, Registries, Registry
from conformance.model.registries_check import ParsedConfig, checked, checked_aliases
from conformance.model.registries_toml import read_aliases, read_settings

DEFAULT_MODE = "permissive"
DEFAULT_HELPERS = ("containers-auth.json",)
_USER_CONF = ".config/containers/registries.conf"


@dataclass(frozen=True, kw_only=True)
class RegistriesConfPaths:
    """Which files are read, named as CRI-O sees them; an empty folder is none.

    A ``conf`` that is missing is an error only where it was asked for (``conf_given``).
    """

    conf: str = DEFAULT_FILES[0]
    conf_given: bool = False
    conf_dir: str = DEFAULT_FILES[1]
    user_conf_dir: str = ""
    alias_cache: str = "/var/cache/containers/short-name-aliases.conf"

    @classmethod
    def found(
        cls, registries_conf: str | None, registries_conf_dir: str | None, home: Path, root: Path = Path("/")
    ) -> "RegistriesConfPaths":
        """Choose as ``newConfigWrapperWithHomeDir`` does, with ``home`` looked up below ``root``.

        A user's own file takes the place of the system's file and folder; a folder that is given is the only one.
        """
        user_conf = str(home / _USER_CONF)
        own = not registries_conf and os.access(_below(root, user_conf), os.F_OK)
        return cls(
            conf=registries_conf or (user_conf if own else DEFAULT_FILES[0]),
            conf_given=bool(registries_conf),
            conf_dir=registries_conf_dir or ("" if own else DEFAULT_FILES[1]),
            user_conf_dir="" if registries_conf_dir else f"{user_conf}.d",
        )


def load_registries(paths: RegistriesConfPaths, root: Path = Path("/"), profile: Profile = PROFILES[-1]) -> Registries:
    """Read the files below ``root`` and merge them (``tryUpdatingCache``); raises ``InvalidRegistriesConfError``.

    ``profile`` says which TOML is read.
    The recorded aliases are read last (``loadShortNameAliasConf``): CRI-O starts without them, and reads them, with the
    same error, whenever it is asked for a short name.
    """
    toml_1_1 = profile.reads_toml_1_1
    merged = _loaded(root, paths.conf, "registries configuration", toml_1_1=toml_1_1)
    if merged is None and paths.conf_given:
        raise InvalidRegistriesConfError(
            f"loading registries configuration {go_quote(paths.conf)}: open {paths.conf}: no such file or directory"
        )
    files = [paths.conf] if merged else []
    merged = merged or ParsedConfig()
    for path in (*_drop_ins(root, paths.conf_dir), *_drop_ins(root, paths.user_conf_dir)):
        drop_in = _loaded(root, path, "drop-in registries configuration", drop_in=True, toml_1_1=toml_1_1)
        if drop_in:
            files.append(path)
            merged = _merged(merged, drop_in)
    return Registries(
        registries=tuple(merged.registries[prefix] for prefix in sorted(merged.registries)),
        search=merged.search or (),
        search_file=merged.search_file,
        aliases={name: alias for name, alias in merged.aliases.items() if alias.value},
        cached_aliases=_recorded(root, paths.alias_cache, toml_1_1=toml_1_1),
        short_name_mode=merged.mode or DEFAULT_MODE,
        credential_helpers=merged.helpers or DEFAULT_HELPERS,
        paths=(paths.conf, paths.user_conf_dir or paths.conf_dir),
        files=tuple(files),
    )


def fingerprint(registries: Registries) -> str:
    """Give ``sha256:`` and a sum that two configurations share when they mean the same, however they are written."""
    aliases = {**registries.aliases, **registries.cached_aliases}
    effective = {
        "registries": [_effective(each) for each in sorted(registries.registries, key=lambda each: each.prefix)],
        "search": registries.search,
        "aliases": {name: alias.value for name, alias in aliases.items() if alias.value},
        "mode": registries.short_name_mode,
        "helpers": registries.credential_helpers,
    }
    return f"sha256:{sha256(json.dumps(effective, sort_keys=True, separators=(',', ':')).encode()).hexdigest()}"


def _effective(registry: Registry) -> dict[str, Any]:
    """Give the fields of an entry, with what each of its mirrors serves said in one way."""
    every = "digest-only" if registry.mirror_by_digest_only else ""
    return {
        "prefix": registry.prefix,
        "location": registry.location,
        "insecure": registry.insecure,
        "blocked": registry.blocked,
        "mirrors": [
            [mirror.location.rstrip("/"), mirror.insecure, every or mirror.pull_from_mirror or "all"]
            for mirror in registry.mirrors
        ],
    }


def _merged(first: ParsedConfig, later: ParsedConfig) -> ParsedConfig:
    """Lay a later file over others (``updateWithConfigurationFrom``)."""
    search = first if later.search is None else later
    return ParsedConfig(
        registries={**first.registries, **later.registries},
        search=search.search,
        search_file=search.search_file,
        helpers=first.helpers if later.helpers is None else later.helpers,
        mode=later.mode or first.mode,
        aliases={**first.aliases, **later.aliases},
    )


def _below(root: Path, path: str) -> Path:
    """Give where a file or folder that CRI-O sees lies for us."""
    return root / path.lstrip("/")


def _content(root: Path, path: str) -> bytes | None:
    """Read a file that need not be there."""
    try:
        return _below(root, path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        action = "read" if error.errno == EISDIR else "open"
        raise InvalidRegistriesConfError(f"{action} {path}: {_words(error)}") from None


def _loaded(root: Path, path: str, what: str, *, drop_in: bool = False, toml_1_1: bool) -> ParsedConfig | None:
    """Read a file and check it; errors say what it is."""
    try:
        content = _content(root, path)
        if content is None:
            return None
        return checked(read_settings(content, reads_toml_1_1=toml_1_1), path, drop_in=drop_in)
    except InvalidRegistriesConfError as error:
        raise InvalidRegistriesConfError(f"loading {what} {go_quote(path)}: {error}") from None


def _drop_ins(root: Path, folder: str) -> list[str]:
    """List the drop-ins of a folder in order (``dropInConfigs``).

    The folder is not followed where it is a symlink, and what is no folder counts as a drop-in by its own name.
    """
    place = _below(root, folder)
    if not folder or not os.path.lexists(place):
        return []
    if place.is_symlink() or not place.is_dir():
        return [folder] if folder.endswith(".conf") else []
    try:
        with os.scandir(place) as entries:
            names = [each.name for each in entries if not each.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise InvalidRegistriesConfError(f"reading registries.conf.d: open {folder}: {_words(error)}") from None
    return [f"{folder.rstrip('/')}/{name}" for name in sorted(names) if name.endswith(".conf")]


def _recorded(root: Path, path: str, *, toml_1_1: bool) -> dict[str, Alias]:
    """Read the aliases that were recorded on this machine (``loadShortNameAliasConf``)."""
    try:
        content = _content(root, path)
        return {} if content is None else checked_aliases(read_aliases(content, reads_toml_1_1=toml_1_1), path)
    except InvalidRegistriesConfError as error:
        raise InvalidRegistriesConfError(f"loading short-name aliases config file {go_quote(path)}: {error}") from None


def _words(error: OSError) -> str:
    return (error.strerror or "").lower()
