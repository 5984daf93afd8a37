"""Faults in reading registries.conf and what is laid over it."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

from conformance.model.profile import Profile
from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.simulator.variant import RegistriesLoader

_SEARCH_LIST = re.compile(r"^unqualified-search-registries = .*", re.MULTILINE)


class FirstSearchListWins(RegistriesLoader):
    """Lets the first file that has a search list count, where the last one does."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        whole = super().load(paths, root, profile)
        for file in whole.files:
            alone = super().load(RegistriesConfPaths(conf=file, conf_dir=""), root, profile)
            if alone.search:
                return replace(whole, search=alone.search)
        return whole


class EmptyListsDoNotCount(RegistriesLoader):
    """Takes an empty search list for none at all, so that the one before it stays."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        whole = super().load(paths, root, profile)
        if whole.search:
            return whole
        lists = [
            super(EmptyListsDoNotCount, self).load(RegistriesConfPaths(conf=each, conf_dir=""), root, profile).search
            for each in whole.files
        ]
        return replace(whole, search=next((each for each in reversed(lists) if each), ()))


class ReadsOlderToml(RegistriesLoader):
    """Reads TOML 1.0, and lets the last of two lists count, as releases before 1.35.1 do."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        return super().load(paths, root, replace(profile, reads_toml_1_1=False))


class ReadsNewerToml(RegistriesLoader):
    """Reads TOML 1.1, and refuses a list that is there twice, as only 1.35.1 and later do."""

    release_line = "1.34"

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        return super().load(paths, root, replace(profile, reads_toml_1_1=True))


class FirstOfTwoListsWins(RegistriesLoader):
    """Lets the first of two search lists in one file count, where the last one does."""

    release_line = "1.34"

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        whole = super().load(paths, root, profile)
        lists = _SEARCH_LIST.findall((root / whole.search_file.lstrip("/")).read_text()) if whole.search_file else []
        first = tomllib.loads(lists[0])["unqualified-search-registries"] if len(lists) > 1 else whole.search
        return replace(whole, search=tuple(first))


class FirstEntryWins(RegistriesLoader):
    """Lets the first file's entry for a prefix count, where the last one's does."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        whole = super().load(paths, root, profile)
        entries = {entry.prefix: entry for entry in whole.registries}
        for file in reversed(whole.files):
            alone = super().load(RegistriesConfPaths(conf=file, conf_dir=""), root, profile)
            entries.update({entry.prefix: entry for entry in alone.registries})
        return replace(whole, registries=tuple(entries.values()))


class FirstAliasWins(RegistriesLoader):
    """Lets the first file's alias count, where the last one's does."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        whole = super().load(paths, root, profile)
        aliases = dict(whole.aliases)
        for file in reversed(whole.files):
            aliases.update(super().load(RegistriesConfPaths(conf=file, conf_dir=""), root, profile).aliases)
        return replace(whole, aliases=aliases)


def _searching(registries: Registries, as_: Registries) -> Registries:
    """Give a configuration with another's search list: without any, every case would fail."""
    return replace(registries, search=as_.search, search_file=as_.search_file)


class TakesLocationsForEmptyPrefixes(RegistriesLoader):
    """Takes the location for a prefix that is nothing but slashes."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        whole = super().load(paths, root, profile)
        entries = (replace(each, prefix=each.prefix or each.location) for each in whole.registries)
        return replace(whole, registries=tuple(entries))
