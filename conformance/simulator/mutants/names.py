"""Faults in reading a name."""

from dataclasses import replace

from conformance.model.pull_sources import ModelSettings
from conformance.model.puller import Puller
from conformance.model.reference import InvalidReferenceError, Reference, parse, parse_as_docker
from conformance.model.resolution import NameKind, Resolution, resolve


def _renamed(resolution: Resolution, **parts: str) -> Resolution:
    """Give the candidates with some parts replaced."""
    return resolution._replace(candidates=tuple(each._replace(**parts) for each in resolution.candidates))


class SearchOrderReversed(Puller):
    """Asks the search registries from the last to the first."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        return resolution._replace(candidates=resolution.candidates[::-1])


class SkipsTheFirstRegistry(Puller):
    """Leaves the first of several search registries out."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        return resolution._replace(candidates=resolution.candidates[1:] or resolution.candidates)


class AsksAnotherFirst(Puller):
    """Asks ghcr.io before the search registries, although it is not in the list."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if resolution.kind is not NameKind.SEARCH or resolution.refusal:
            return resolution
        first = resolution.candidates[0]._replace(domain="ghcr.io")
        return resolution._replace(candidates=(first, *resolution.candidates))


class SearchesForFullNames(Puller):
    """Looks for a full name on the search registries, too, when its own does not have it."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if resolution.kind is not NameKind.FULL:
            return resolution
        full = resolution.candidates[0]
        others = (full._replace(domain=each) for each in self.registries.search if each != full.domain)
        return resolution._replace(candidates=(full, *others))


class ForgetsLibrary(Puller):
    """Does not put library/ before a name of one component on docker.io."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if "library/" in name:
            return resolution
        without = (each._replace(path=each.path.removeprefix("library/")) for each in resolution.candidates)
        return resolution._replace(candidates=tuple(without))


class AddsLibraryEverywhere(Puller):
    """Puts library/ before a name of one component on every registry."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        with_it = (
            each if "/" in each.path else each._replace(path=f"library/{each.path}") for each in resolution.candidates
        )
        return resolution._replace(candidates=tuple(with_it))


class TagBeforeDigest(Puller):
    """Asks for the tag, and not for the digest, where a name has both."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        try:
            tag = parse(name).tag
        except InvalidReferenceError:
            return resolution
        return _renamed(resolution, tag=tag, digest="") if tag and "@" in name else resolution


class RefusesWithoutTheName(Puller):
    """Refuses a name without saying what was written, or what is wrong with it."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        return resolution if resolution.candidates else resolution._replace(refusal="invalid reference format")


class ReadsNamesAsAKubelet(Puller):
    """Takes IPv6 addresses and capitals for registry hosts, and does not count the host where a name is too long."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if resolution.kind is not NameKind.INVALID:
            return resolution
        try:
            reference = parse_as_docker(name)
        except InvalidReferenceError:
            return resolution
        return Resolution(NameKind.FULL, (reference.with_default_tag().without_tag_beside_digest(),))


class IgnoresAliases(Puller):
    """Looks for an alias's short name on the search registries."""

    def resolve(self, name: str) -> Resolution:
        return resolve(name, replace(self.registries, aliases={}, cached_aliases={}), self.mode)


class AliasesLoseTheTag(Puller):
    """Forgets the tag of a name that is an alias."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if resolution.kind is NameKind.ALIAS and "@" not in name:
            return _renamed(resolution, tag="latest")
        return resolution


class CancelledAliasesStay(Puller):
    """Reads a cancelled alias as docker.io's image."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if name.startswith("cancelled"):
            return Resolution(NameKind.ALIAS, (Reference("docker.io", f"library/{name}", "latest"),))
        return resolution


class NeverEnforces(Puller):
    """Tries all search registries although the mode is enforcing."""

    def __init__(self, settings: ModelSettings, *rest: object) -> None:
        super().__init__(replace(settings, short_name_mode="disabled"), *rest)  # type: ignore[arg-type]


class RefusesOneCandidate(Puller):
    """Refuses a short name in the mode enforcing although there is one search registry only."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        if resolution.kind is NameKind.SEARCH and self.mode == "enforcing":
            refusal = f"short name mode is enforcing, but image name {name} returns ambiguous list"
            return resolution._replace(refusal=refusal)
        return resolution


class EnforcesBeforeItsTime(Puller):
    """Refuses ambiguous names, as only 1.34 and later do."""

    release_line = "1.33"

    def resolve(self, name: str) -> Resolution:
        return resolve(name, self.registries, "enforcing")
