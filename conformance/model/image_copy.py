"""One candidate, fetched as an image: manifest, the platform's image of an index, config and layers.

Source: containers/image copy/copy.go and copy/single.go.
"""

from collections.abc import MutableSet
from typing import NamedTuple

from conformance.model.answers import FetchedBlob, Manifest
from conformance.model.go_text import go_quote
from conformance.model.image_config import config_fault, diff_ids, unpacked_digest
from conformance.model.instance_choice import choose_instance, no_match
from conformance.model.layer_to_fetch import LayerToFetch
from conformance.model.manifest_reading import DOCKER_ZSTD_LAYER, digest_fault, unsupported_type
from conformance.model.media_types import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from conformance.model.policy import PolicyRequirement, rejection
from conformance.model.pull_sources import LogWriter, ModelSettings, PullError, PullOptions, PullSources, Steps
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.registries import PullSource


class PulledImage(NamedTuple):
    """An image or artifact that came.

    ``reference`` is the name under which it came, ``manifest`` its own manifest, ``top`` the index that it was chosen
    from, else the same.
    """

    reference: Reference
    manifest: Manifest
    top: Manifest
    is_artifact: bool = False

    @property
    def id(self) -> str:
        """The ID that the store gives it, 64 hex digits: of an image its config's digest, else its manifest's."""
        digest = self.manifest.digest if self.is_artifact else self.manifest.config
        return digest.partition(":")[2]


class ImageCopier(PullSources):
    """The rules by which a candidate is fetched as an image.

    ``layers`` are the digests of those that the image store has already, ``blobs`` those of all that the artifact store
    has; what a copy leaves there that fails is added. ``unpacked`` has the digest unpacked of each layer that came.
    ``namespace`` is that of the pod that it is for, if any.
    """

    namespace = ""

    def __init__(
        self,
        settings: ModelSettings,
        log: LogWriter | None = None,
        layers: MutableSet[str] | None = None,
        blobs: MutableSet[str] | None = None,
    ) -> None:
        super().__init__(settings, log)
        self.layers: MutableSet[str] = set() if layers is None else layers
        self.blobs: MutableSet[str] = set() if blobs is None else blobs
        self.unpacked: dict[str, str] = {}

    def accepted(self, reference: Reference) -> bool:
        """Tell what the policy says of an image by the name that is asked for, wherever it comes from."""
        policy = self.settings.policies.policy(self.namespace)
        return policy is None or policy.requirement(reference) is PolicyRequirement.ACCEPT

    def copy(self, reference: Reference, options: PullOptions) -> Steps[PulledImage | PullError]:
        """Fetch manifest, config and layers (containers/image copy/copy.go, ``Image``)."""
        opened = yield from self.open(reference, options)
        if isinstance(opened, PullError):
            return opened.reworded(f"initializing source {reference.image_name}: {opened.text}")
        top = opened.manifest
        if reference.digest and not self.matches(top.digest, reference.digest):
            return PullError(undetermined(reference, digest_mismatch(reference.digest)), Reason.BROKEN)
        if top.is_index:
            return (yield from self.chosen(reference, opened.source, top, options))
        return (yield from self.parts(reference, opened.source, top, top, options))

    def chosen(
        self, reference: Reference, source: PullSource, index: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch the image that an index has for this machine."""
        if index.fault:
            text = f"parsing primary manifest as list for {reference.image_name}: {index.fault}"
            return PullError(text, Reason.BROKEN)
        child = self.choose(index)
        if child is None:
            text = f"choosing an image from manifest list {reference.image_name}: {self.no_match(index)}"
            return PullError(text, Reason.NO_MATCHING_PLATFORM)
        got = yield from self.instance(reference, source, index, child, options)
        if isinstance(got, PullError):
            return got.reworded(f"copying system image from manifest list: {got.text}")
        return got

    def choose(self, index: Manifest) -> str | None:
        """Give the digest of an index's image for this machine."""
        child = choose_instance(index, self.settings.platform, prefers_zstd=self.profile.prefers_zstd)
        return child.digest if child else None

    def no_match(self, index: Manifest) -> str:
        """Word that an index has nothing for this machine."""
        return no_match(index, self.settings.platform, self.profile.no_match)

    def fault(self, manifest: Manifest) -> str:
        """Give what is wrong with a manifest, as the release words it; empty where nothing is."""
        if not self.profile.takes_docker_zstd and manifest.media_type == DOCKER_MANIFEST and not manifest.fault:
            return unsupported_type(DOCKER_ZSTD_LAYER) if DOCKER_ZSTD_LAYER in manifest.layer_types else ""
        if self.profile.misnames_ambiguous and manifest.media_type == OCI_MANIFEST:
            return manifest.fault.replace(f"supposedly {OCI_MANIFEST}", f"supposedly {OCI_INDEX}")
        return manifest.fault

    def matches(self, actual: str, expected: str) -> bool:
        """Tell whether content is what its digest says (containers/image internal/image/unparsed.go, ``Manifest``)."""
        return actual == expected

    def instance(
        self, reference: Reference, source: PullSource, top: Manifest, digest: str, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch the image that was chosen from an index."""
        if fault := digest_fault(digest):
            return PullError(undetermined(reference, fault), Reason.BROKEN)
        manifest = yield from self.manifest(reference, source, digest, options)
        if isinstance(manifest, PullError):
            return manifest.reworded(undetermined(reference, manifest.text))
        if not self.matches(manifest.digest, digest):
            return PullError(undetermined(reference, digest_mismatch(digest)), Reason.BROKEN)
        if manifest.is_index:
            return PullError(
                "Unexpectedly received a manifest list instead of a manifest for a single image", Reason.BROKEN
            )
        return (yield from self.parts(reference, source, manifest, top, options))

    def parts(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch what a manifest names, for the store that it is for, unless the policy rejects it (copy/single.go).

        Nothing is read of a manifest but its media type before the policy was asked.
        """
        if not self.accepted(reference):
            return PullError(f"Source image rejected: {rejection(reference)}", Reason.UNTRUSTED, rejected=True)
        if fault := self.fault(manifest):
            return PullError(f"initializing image from source {reference.image_name}: {fault}", Reason.BROKEN)
        return (yield from self.fetch(reference, source, manifest, top, options))

    def fetch(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch what a manifest names, for the image store."""
        return (yield from self.content(reference, source, manifest, top, options))

    def content(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch config and layers, all of them whatever becomes of one (copy/single.go, ``copyLayers``).

        The platform that the config states is not looked at. Layers below the first that fails are in the store from
        then on (storage/storage_dest.go, ``commitLayer``). When all is there, the store reads the manifest anew, by
        what it says that it is.
        """
        if manifest.media_type == OCI_MANIFEST and manifest.config_type != OCI_CONFIG:
            return PullError(f"parsing image configuration: {no_image(manifest)}", Reason.NO_IMAGE)
        config = yield from self.config(reference, source, manifest, options)
        if isinstance(config, PullError):
            return config.reworded(f"parsing image configuration: {config.text}")
        unpacked = diff_ids(config.content) if config.content is not None and self.profile.checks_diff_ids else ()
        failed: dict[str, PullError] = {}
        layers = list(dict.fromkeys(manifest.layers))
        for layer in layers:
            number = manifest.layers.index(layer)
            type_ = manifest.layer_types[number] if manifest.layer_types else ""
            wanted = LayerToFetch(number, layer, type_, unpacked)
            if (trouble := (yield from self.layer(reference, source, wanted, options))) is not None:
                failed[layer] = trouble
        if (error := next(iter(failed.values()), None) or uncommitted(manifest, config)) is not None:
            kept = layers[: layers.index(next(iter(failed)))] if failed else layers
            for layer in kept:
                self.layers.add(layer)
            return error
        return PulledImage(reference, manifest, top)

    def config(
        self, reference: Reference, source: PullSource, manifest: Manifest, options: PullOptions
    ) -> Steps[FetchedBlob | PullError]:
        """Fetch and read the config (containers/image internal/image/oci.go, docker_schema2.go, ``OCIConfig``)."""
        if fault := digest_fault(manifest.config):
            return PullError(fault, Reason.BROKEN)
        config = yield from self.blob(reference, source, manifest.config, options)
        if isinstance(config, PullError):
            return config
        if not self.matches(config.digest, manifest.config):
            text = f"Download config.json digest {config.digest} does not match expected {manifest.config}"
            return PullError(text, Reason.BROKEN)
        if config.content is not None and (fault := config_fault(config.content)):
            return PullError(fault, Reason.BROKEN)
        return config

    def layer(
        self, reference: Reference, source: PullSource, layer: LayerToFetch, options: PullOptions
    ) -> Steps[PullError | None]:
        """Fetch a layer unless the store has it; none says that all is well.

        One that is encrypted is fetched in any case, and whole (copy/single.go, ``copyLayer``).
        """
        digest = layer.digest
        if digest in self.layers and not layer.is_encrypted:
            return self.reuse_error(layer)
        if fault := digest_fault(digest):
            text = f"Can not check for a blob with {f'invalid digest: {fault}' if digest else 'unknown digest'}"
            return PullError(f"trying to reuse blob {digest} at destination: {text}", Reason.BROKEN)
        if layer.omission and not layer.is_encrypted:
            return PullError(f"partial pull of blob {digest}: {layer.omission}", Reason.BROKEN)
        blob = yield from self.blob(reference, source, digest, options)
        if isinstance(blob, PullError):
            return blob.reworded(f"reading blob {digest}: {blob.text}")
        return self.layer_error(layer, blob)

    def reuse_error(self, layer: LayerToFetch) -> PullError | None:
        """Say what is wrong with a layer that the store has, unless all is well."""
        if fault := layer.contradiction(self.unpacked.get(layer.digest, "")):
            return PullError(f"trying to reuse blob {layer.digest} at destination: {fault}", Reason.BROKEN)
        return None

    def layer_error(self, layer: LayerToFetch, blob: FetchedBlob) -> PullError | None:
        """Say what is wrong with a layer that came, unless all is well."""
        digest, content = layer.digest, blob.content
        if not self.matches(blob.digest, digest):
            text = f"happened during read: Digest did not match, expected {digest}, got {blob.digest}"
            return PullError(f"writing blob: setting up to decompress blob: {text}", Reason.BROKEN)
        if layer.is_encrypted:
            text = f"decrypting layer {digest}: missing private key needed for decryption:\n"
            return PullError(text, Reason.UNCLEAR)
        if content is not None and self.profile.checks_diff_ids:
            self.unpacked[digest] = unpacked_digest(content)
        if fault := layer.contradiction(self.unpacked.get(digest, "")):
            return PullError(f"writing blob: {fault}", Reason.BROKEN)
        return None


def uncommitted(manifest: Manifest, config: FetchedBlob) -> PullError | None:
    """Give what keeps an image from being stored of which everything came; none where nothing does."""
    if None not in (sizes := {manifest.config_size, config.size}) and len(sizes) > 1:
        return PullError("writing blob: blob size mismatch", Reason.BROKEN)
    if manifest.commit_fault:
        return PullError(f"committing the finished image: parsing manifest: {manifest.commit_fault}", Reason.BROKEN)
    return None


def no_image(manifest: Manifest) -> str:
    """Word that a manifest is no image's (containers/image internal/manifest/errors.go, ``NonImageArtifactError``)."""
    kind = manifest.artifact_type or manifest.config_type
    if kind == DOCKER_CONFIG:
        return f"invalid mixed OCI image with Docker v2s2 config ({go_quote(kind)})"
    return f"unsupported image-specific operation on artifact with type {go_quote(kind)}"


def undetermined(reference: Reference, why: str) -> str:
    """Word that what a manifest is cannot be said (containers/image copy/single.go, ``copySingleImage``)."""
    return f"determining manifest MIME type for {reference.image_name}: {why}"


def digest_mismatch(digest: str) -> str:
    """Word that a manifest is not what was asked for."""
    return f"Manifest does not match provided manifest digest {digest}"
