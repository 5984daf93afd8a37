"""Faults in reading registries.conf and what is laid over it."""

from dataclasses import replace
from pathlib import Path

from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.simulator.variant import RegistriesLoader


class FirstSearchListWins(RegistriesLoader):
    """Lets the first file that has a search list count, where the last one does."""

    def load(self, paths: RegistriesConfPaths, root: Path) -> Registries:
        whole = super().load(paths, root)
        for file in whole.files:
            alone = super().load(RegistriesConfPaths(conf=file, conf_dir=""), root)
            if alone.search:
                return replace(whole, search=alone.search)
        return whole


class EmptyListsDoNotCount(RegistriesLoader):
    """Takes an empty search list for none at all, so that the one before it stays."""

    def load(self, paths: RegistriesConfPaths, root: Path) -> Registries:
        whole = super().load(paths, root)
        if whole.search:
            return whole
        lists = [
            super(EmptyListsDoNotCount, self).load(RegistriesConfPaths(conf=each, conf_dir=""), root).search
            for each in whole.files
        ]
        return replace(whole, search=next((each for each in reversed(lists) if each), ()))


class FirstEntryWins(RegistriesLoader):
    """Lets the first file's entry for a prefix count, where the last one's does."""

    def load(self, paths: RegistriesConfPaths, root: Path) -> Registries:
        whole = super().load(paths, root)
        entries = {entry.prefix: entry for entry in whole.registries}
        for file in reversed(whole.files):
            alone = super().load(RegistriesConfPaths(conf=file, conf_dir=""), root)
            entries.update({entry.prefix: entry for entry in alone.registries})
        return replace(whole, registries=tuple(entries.values()))


class FirstAliasWins(RegistriesLoader):
    """Lets the first file's alias count, where the last one's does."""

    def load(self, paths: RegistriesConfPaths, root: Path) -> Registries:
        whole = super().load(paths, root)
        aliases = dict(whole.aliases)
        for file in reversed(whole.files):
            aliases.update(super().load(RegistriesConfPaths(conf=file, conf_dir=""), root).aliases)
        return replace(whole, aliases=aliases)


def _searching(registries: Registries, as_: Registries) -> Registries:
    """Give a configuration with another's search list: without any, every case would fail."""
    return replace(registries, search=as_.search, search_file=as_.search_file)


class TakesLocationsForEmptyPrefixes(RegistriesLoader):
    """Takes the location for a prefix that is nothing but slashes."""

    def load(self, paths: RegistriesConfPaths, root: Path) -> Registries:
        whole = super().load(paths, root)
        entries = (replace(each, prefix=each.prefix or each.location) for each in whole.registries)
        return replace(whole, registries=tuple(entries))
