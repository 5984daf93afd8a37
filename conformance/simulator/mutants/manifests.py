"""Faults about reading manifests and configs."""

import json
from dataclasses import replace

from conformance.model.answers import Answer, FetchedBlob, Manifest, RegistryRequest
from conformance.model.image_copy import PulledImage
from conformance.model.instance_choice import choose_instance
from conformance.model.layer_to_fetch import LayerToFetch
from conformance.model.manifest_reading import guess_type
from conformance.model.media_types import DOCKER_LIST
from conformance.model.pull_sources import PullError, PullOptions, Steps
from conformance.model.puller import Puller
from conformance.model.reference import Reference
from conformance.model.registries import PullSource
from conformance.registry_client.pull_client import PullClient
from conformance.registry_client.requests import RegistrySession


class BelievesManifests(PullClient):
    """Reads a manifest as what it says that it is, not as what it came as."""

    async def manifest(self, session: RegistrySession, ask: RegistryRequest) -> Answer:
        answer = await super().manifest(session, ask)
        if not isinstance(answer, Manifest):
            return answer
        data = self.contents[answer.digest]
        return replace(Manifest.parse(data, guess_type(data) or answer.media_type), digest=answer.digest)


class TakesAmbiguousManifests(PullClient):
    """Takes a manifest that has members of another kind."""

    async def manifest(self, session: RegistrySession, ask: RegistryRequest) -> Answer:
        answer = await super().manifest(session, ask)
        if not isinstance(answer, Manifest) or "rejecting ambiguous manifest" not in answer.fault:
            return answer
        content = json.loads(self.contents[answer.digest])
        for member in ("fsLayers", "history", *(("config", "layers") if answer.is_index else ("manifests",))):
            content.pop(member, None)
        return replace(Manifest.parse(json.dumps(content).encode(), answer.media_type), digest=answer.digest)


class TakesTheFirstOfAPlatform(Puller):
    """Takes the first image of an index for this machine, however another is compressed."""

    def choose(self, index: Manifest) -> str | None:
        child = choose_instance(index, self.settings.platform, prefers_zstd=False)
        return child.digest if child else None


class TakesListsWithoutPlatforms(Puller):
    """Takes an image of a Docker list that is for no platform."""

    def choose(self, index: Manifest) -> str | None:
        if index.media_type == DOCKER_LIST and index.children and not str(index.children[0].platform):
            return index.children[0].digest
        return super().choose(index)


class DoesWithoutConfigs(Puller):
    """Takes an image whose config cannot be read."""

    def config(
        self, reference: Reference, source: PullSource, manifest: Manifest, options: PullOptions
    ) -> Steps[FetchedBlob | PullError]:
        usual = yield from super().config(reference, source, manifest, options)
        is_unread = isinstance(usual, PullError) and ("invalid character" in usual.text or "json: " in usual.text)
        return FetchedBlob(manifest.config, manifest.config_size or 0) if is_unread else usual


class StoresWhatContradictsItself(Puller):
    """Stores an image whose manifest says that it is of another kind."""

    def content(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        return (yield from super().content(reference, source, replace(manifest, commit_fault=""), top, options))


class IgnoresUnpackedDigests(Puller):
    """Takes a layer that is not what the config says that it is unpacked."""

    def layer_error(self, layer: LayerToFetch, blob: FetchedBlob) -> PullError | None:
        return super().layer_error(layer._replace(unpacked=()), blob)


class TrustsWhatIsInTheStore(Puller):
    """Takes a layer that the store has although the config says something else of it."""

    def reuse_error(self, layer: LayerToFetch) -> PullError | None:
        del layer
        return None


class NeedsNoDigestForEveryLayer(Puller):
    """Takes an image whose config says what some layers are unpacked, and nothing of the others."""

    def layer(
        self, reference: Reference, source: PullSource, layer: LayerToFetch, options: PullOptions
    ) -> Steps[PullError | None]:
        known = layer._replace(unpacked=()) if layer.omission else layer
        return (yield from super().layer(reference, source, known, options))


class StoresEncryptedLayers(Puller):
    """Takes a layer that is encrypted as it is."""

    def layer_error(self, layer: LayerToFetch, blob: FetchedBlob) -> PullError | None:
        return super().layer_error(layer._replace(media_type=""), blob)
