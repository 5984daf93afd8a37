"""One candidate, fetched as an OCI artifact: what it is, and its files.

Source: CRI-O internal/ociartifact/store.go (since 1.33; over pkg/libartifact since 1.35.1), containers/image
copy/single.go.
"""

from conformance.model.answers import Manifest
from conformance.model.image_copy import ImageCopier, PulledImage, digest_mismatch
from conformance.model.manifest_reading import NO_SINGLE_MANIFEST, digest_fault
from conformance.model.media_types import DOCKER_LIST
from conformance.model.pull_sources import OpenedManifest, PullError, PullOptions, Steps
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, Reference, parse_normalized
from conformance.model.registries import PullSource

LOOKED_AT = 8
"""Bytes of a blob that are read before all, to see how it is compressed (``DetectCompressionFormat``)."""


class ArtifactCopier(ImageCopier):
    """The rules by which a candidate is fetched as an artifact."""

    def fetch(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch what a manifest names, for the store that it is for."""
        if options.artifact:
            return (yield from self.files(reference, source, manifest, top, options))
        return (yield from super().fetch(reference, source, manifest, top, options))

    def artifact(self, reference: Reference, options: PullOptions) -> Steps[PulledImage | PullError | None]:
        """Fetch it as an artifact; none says that it is an image (CRI-O internal/ociartifact/store.go)."""
        profile = self.profile
        if profile.artifact_copies:
            return (yield from self.copy_artifact(reference, reference, options))
        opened = yield from self.opened_artifact(reference, options)
        if isinstance(opened, PullError):
            return opened
        manifest, asked = opened.manifest, reference
        if manifest.is_index:
            chosen = yield from self.chosen_artifact(reference, opened, options)
            if not isinstance(chosen, Manifest):
                return chosen
            manifest = chosen
            if not profile.artifact_reopens:
                asked = Reference(reference.domain, reference.path, "", manifest.digest)
        if fault := NO_SINGLE_MANIFEST if manifest.is_index else self.fault(manifest):
            return PullError(profile.artifact_parse.format(fault), Reason.BROKEN)
        if manifest.is_image:
            return None
        return (yield from self.copy_artifact(reference, asked, options))

    def chosen_artifact(
        self, reference: Reference, opened: OpenedManifest, options: PullOptions
    ) -> Steps[Manifest | PullError | None]:
        """Look at what is for this machine; none says that the index is one of images."""
        index = opened.manifest
        if self.profile.artifact_takes_lists_for_images and index.media_type == DOCKER_LIST:
            return None
        if index.fault:
            return PullError(self.profile.artifact_list.format(index.fault), Reason.BROKEN)
        child = self.choose(index)
        if child is None:
            text = self.profile.artifact_choose.format(self.no_match(index))
            return PullError(text, Reason.NO_MATCHING_PLATFORM)
        return (yield from self.artifact_instance(reference, opened, child, options))

    def artifact_instance(
        self, reference: Reference, opened: OpenedManifest, child: str, options: PullOptions
    ) -> Steps[Manifest | PullError]:
        """Look at what was chosen from an index; what is no digest there makes no name, or is refused."""
        if not self.profile.artifact_reopens:
            try:
                parse_normalized(f"{reference.name}@{child}")
            except InvalidReferenceError as error:
                return PullError(f"failed to get image reference: parse image name: {error}", Reason.BROKEN)
            again = yield from self.opened_artifact(Reference(reference.domain, reference.path, "", child), options)
            return again if isinstance(again, PullError) else again.manifest
        yield from self.open(reference, options)
        if fault := digest_fault(child):
            return PullError(f"image reference: get instance manifest: {fault}", Reason.BROKEN)
        manifest = yield from self.manifest(reference, opened.source, child, options)
        if isinstance(manifest, PullError):
            return manifest.reworded(f"image reference: get instance manifest: {manifest.text}")
        return manifest

    def copy_artifact(
        self, reference: Reference, asked: Reference, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch all of an artifact that is asked for as ``asked``, and is kept as ``reference``."""
        got = yield from self.copy(asked, options._replace(artifact=True))
        if isinstance(got, PullError):
            return got.reworded(self.profile.artifact_copy.format(got.text))
        return got._replace(reference=reference)

    def files(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch the layers of an artifact, all of them whatever becomes of one, then the config (copy/single.go).

        What came is on the disk from then on, also where another part fails (oci/layout).
        """
        errors = []
        for layer in dict.fromkeys(manifest.layers):
            if layer in self.blobs:
                continue
            blob = yield from self.blob(reference, source, layer, options)
            if isinstance(blob, PullError):
                errors.append(blob.reworded(f"reading blob {layer}: {blob.text}"))
            elif not self.matches(blob.digest, layer):
                where = (
                    f"reading blob {layer}" if (blob.size or 0) < LOOKED_AT else "writing blob: happened during read"
                )
                text = f"{where}: Digest did not match, expected {layer}, got {blob.digest}"
                errors.append(PullError(text, Reason.BROKEN))
            else:
                self.blobs.add(layer)
        if errors:
            return errors[0]
        config = yield from self.blob(reference, source, manifest.config, options)
        if isinstance(config, PullError):
            return config.reworded(f"reading config blob {manifest.config}: {config.text}")
        if not self.matches(config.digest, manifest.config):
            text = f"Download config.json digest {config.digest} does not match expected {manifest.config}"
            return PullError(f"reading config blob {manifest.config}: {text}", Reason.BROKEN)
        self.blobs.add(manifest.config)
        return PulledImage(reference, manifest, top, is_artifact=True)

    def opened_artifact(self, reference: Reference, options: PullOptions) -> Steps[OpenedManifest | PullError]:
        """Fetch the manifest of what may be an artifact; up to 1.34 it must match the digest that it is asked by."""
        opened = yield from self.open(reference, options)
        if isinstance(opened, PullError):
            return opened.reworded(self.profile.artifact_open.format(opened.text))
        digest = reference.digest
        if digest and not self.profile.artifact_reopens and not self.matches(opened.manifest.digest, digest):
            return PullError(f"get manifest: {digest_mismatch(digest)}", Reason.BROKEN)
        return opened
