"""Faults about where an image is asked for: mirrors, other locations, blocked registries."""

from collections.abc import Callable
from dataclasses import replace

from conformance.model.answers import Manifest
from conformance.model.image_copy import PulledImage
from conformance.model.pull_sources import ModelSettings, OpenedManifest, PullError, PullOptions, Steps
from conformance.model.puller import Puller
from conformance.model.reference import Reference
from conformance.model.registries import PullSource, Registries, Registry


def _with(settings: ModelSettings, change: Callable[[Registry], Registry]) -> ModelSettings:
    """Give settings in which every entry of registries.conf is changed."""
    entries = tuple(map(change, settings.registries.registries))
    return replace(settings, registries=replace(settings.registries, registries=entries))


class _Misreading(Puller):
    """Reads every entry of registries.conf in another way."""

    def __init__(self, settings: ModelSettings, *rest: object) -> None:
        super().__init__(_with(settings, self.misread), *rest)  # type: ignore[arg-type]

    def misread(self, entry: Registry) -> Registry:
        raise NotImplementedError


class IgnoresMirrorByDigestOnly(_Misreading):
    """Asks mirrors for tags although they are for digests only."""

    def misread(self, entry: Registry) -> Registry:
        return replace(entry, mirror_by_digest_only=False)


class IgnoresPullFromMirror(_Misreading):
    """Asks a mirror for tags and digests, whatever it is for."""

    def misread(self, entry: Registry) -> Registry:
        return replace(entry, mirrors=tuple(replace(each, pull_from_mirror="") for each in entry.mirrors))


class IgnoresBlocked(_Misreading):
    """Asks a registry that is blocked."""

    def misread(self, entry: Registry) -> Registry:
        return replace(entry, blocked=False)


class IgnoresLocations(_Misreading):
    """Asks a registry under the prefix's own name, wherever it is said to lie."""

    def misread(self, entry: Registry) -> Registry:
        return entry if entry.prefix.startswith("*.") else replace(entry, location=entry.prefix)


class IgnoresWildcards(_Misreading):
    """Does not know that *.example.com stands for every host below example.com."""

    def misread(self, entry: Registry) -> Registry:
        return replace(entry, prefix="nowhere.example") if entry.prefix.startswith("*.") else entry


class _Sources(Puller):
    """Asks other pull sources for an image."""

    def sources(self, reference: Reference) -> tuple[PullSource, ...]:
        return self.places(super().sources(reference))

    def places(self, sources: tuple[PullSource, ...]) -> tuple[PullSource, ...]:
        raise NotImplementedError


class AsksTheMirrorLast(_Sources):
    """Asks the registry first, and its mirrors when that does not serve."""

    def places(self, sources: tuple[PullSource, ...]) -> tuple[PullSource, ...]:
        return (sources[-1], *sources[:-1])


class BlockedMirrorsStopIt(_Sources):
    """Asks nobody after a mirror that is blocked."""

    def places(self, sources: tuple[PullSource, ...]) -> tuple[PullSource, ...]:
        blocked = [number for number, source in enumerate(sources) if self.blocked(source.reference)]
        return sources[: blocked[0] + 1] if blocked else sources


class BlockedMeansItsMirrorsToo(Puller):
    """Asks no mirror of a registry that is blocked."""

    def open(self, reference: Reference, options: PullOptions) -> Steps[OpenedManifest | PullError]:
        return self.blocked(reference) or (yield from super().open(reference, options))


class BlocksByTheNameAsWritten(Puller):
    """Looks for blocked prefixes in the name as it is written, not where it is asked for."""

    _written: Reference | None = None

    def open(self, reference: Reference, options: PullOptions) -> Steps[OpenedManifest | PullError]:
        self._written = reference
        return (yield from super().open(reference, options))

    def blocked(self, place: Reference) -> PullError | None:
        return super().blocked(self._written or place)


class ShortestPrefixWins(Puller):
    """Takes the entry with the shortest prefix of several that match."""

    def __init__(self, settings: ModelSettings, *rest: object) -> None:
        super().__init__(replace(settings, registries=_Shortest(**_fields(settings.registries))), *rest)  # type: ignore[arg-type]


class PrefixesMatchAnywhere(Puller):
    """Lets a prefix match in the middle of a component."""

    def __init__(self, settings: ModelSettings, *rest: object) -> None:
        super().__init__(replace(settings, registries=_Letters(**_fields(settings.registries))), *rest)  # type: ignore[arg-type]


def _fields(registries: Registries) -> dict[str, object]:
    return {name: getattr(registries, name) for name in registries.__dataclass_fields__}


class _Shortest(Registries):
    """A configuration in which the shortest prefix wins."""

    def find(self, name: str) -> Registry | None:
        matching = [each for each in self.registries if each.matches(name) != -1]
        return min(matching, key=lambda each: len(each.prefix), default=None)


class _Letters(Registries):
    """A configuration in which a prefix may end in the middle of a component."""

    def find(self, name: str) -> Registry | None:
        found = super().find(name)
        if found is None:
            loose = [each for each in self.registries if name.startswith(each.prefix)]
            return (
                replace(loose[0], prefix=name, location=loose[0].location + name[len(loose[0].prefix) :])
                if loose
                else None
            )
        return found


class TheImageBearsTheMirrorsName(Puller):
    """Gives the image the name that it has on the mirror."""

    def content(self, reference: Reference, source: PullSource, *rest: object) -> Steps[PulledImage | PullError]:
        got = yield from super().content(reference, source, *rest)  # type: ignore[arg-type]
        return got._replace(reference=source.reference) if isinstance(got, PulledImage) else got


class MirrorErrorsAreLost(Puller):
    """Reports what the registry said, and nothing of its mirrors."""

    def unopened(self, errors: list[tuple[PullSource, PullError]]) -> PullError:
        return errors[-1][1]


class BlamesTheRegistry(Puller):
    """Says of the registry itself what is wrong with a mirror of it."""

    def manifest(
        self, reference: Reference, source: PullSource, digest_or_tag: str, options: PullOptions, *, opens: bool = False
    ) -> Steps[Manifest | PullError]:
        got = yield from super().manifest(reference, source, digest_or_tag, options, opens=opens)
        if isinstance(got, Manifest):
            return got
        return got.reworded(got.text.replace(f" in {source.reference.name}: ", f" in {reference.name}: "))
