"""Faults about what comes: platforms, digests, missing parts."""

from collections.abc import Callable
from dataclasses import replace

from conformance.model.answers import FetchedBlob, Login, Manifest, RegistryRequest
from conformance.model.image_copy import PulledImage
from conformance.model.image_service import ImageService
from conformance.model.pull_sources import PullError, PullOptions, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reference import Reference
from conformance.model.registries import PullSource
from conformance.registry_client.pull_client import PullClient


class IgnoresTheArchitecture(Puller):
    """Takes the first image of an index when none is for this machine."""

    def choose(self, index: Manifest) -> str | None:
        return super().choose(index) or index.children[0].digest


class TakesTheFirstPlatform(Puller):
    """Takes the first image of an index, whatever it is for, when one is for this machine."""

    def choose(self, index: Manifest) -> str | None:
        return index.children[0].digest if super().choose(index) else None


class TrustsManifests(Puller):
    """Takes a manifest whatever its digest is."""

    def copy(self, reference: Reference, options: PullOptions) -> Steps[PulledImage | PullError]:
        usual = self.matches
        self.matches = lambda actual, expected: expected == reference.digest or usual(actual, expected)  # type: ignore[method-assign]
        try:
            return (yield from super().copy(reference, options))
        finally:
            self.matches = usual  # type: ignore[method-assign]


class TrustsWhatAnIndexNames(Puller):
    """Takes the image that an index names whatever its digest is."""

    def instance(
        self, reference: Reference, source: PullSource, top: Manifest, digest: str, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        manifest = yield from self.manifest(reference, source, digest, options)
        if isinstance(manifest, Manifest):
            return (yield from self.parts(reference, source, manifest, top, options))
        return (yield from super().instance(reference, source, top, digest, options))


class TrustsBlobs(PullClient):
    """Takes a layer or config whatever its digest is."""

    async def blob(self, *arguments: object) -> FetchedBlob:
        answer = await super().blob(*arguments)  # type: ignore[arg-type]
        ask = arguments[-1]
        assert isinstance(answer, FetchedBlob)  # noqa: S101 (it raises what is none)
        assert isinstance(ask, RegistryRequest)  # noqa: S101 (what a client is asked)
        return replace(answer, digest=ask.reference)


class DoesWithoutMissingLayers(Puller):
    """Takes an image although one of its layers cannot be had."""

    def blob(
        self, reference: Reference, source: PullSource, digest: str, options: PullOptions
    ) -> Steps[FetchedBlob | PullError]:
        got = yield from super().blob(reference, source, digest, options)
        return FetchedBlob(digest) if isinstance(got, PullError) else got


class FailsAgain(ImageService):
    """Fails with what once was wrong with a name, however the registry has changed."""

    def __init__(self, *arguments: object, **options: object) -> None:
        make: Callable[..., None] = super().__init__
        make(*arguments, **options)
        self._failed: dict[str, Outcome] = {}

    def clear(self) -> None:
        super().clear()
        self._failed.clear()

    def pull(self, name: str, login: Login | None = None, namespace: str = "") -> Steps[Outcome]:
        outcome = self._failed.get(name) or (yield from super().pull(name, login, namespace))
        if outcome.error:
            self._failed[name] = outcome
        return outcome


class NeverWaits(PullClient):
    """Gives up at the first answer that there were too many requests."""

    async def with_retries(self, request: object) -> object:  # type: ignore[override]
        return await self.once(request, "")  # type: ignore[arg-type]


class FetchesWhatIsThere(Puller):
    """Fetches layers that are in the store already."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.layers = set()
