"""What happens in a pull, step by step, without a network: questions go out, answers come in, an outcome results."""

from collections.abc import Collection, Mapping, MutableSet
from copy import copy
from typing import NamedTuple, Self

from conformance.model.answers import DOCKER_CONFIG, DOCKER_LIST, OCI_CONFIG, OCI_MANIFEST, Login, Manifest
from conformance.model.error_texts import go_quote
from conformance.model.instance_choice import choose_instance, no_match
from conformance.model.policy import Requirement, rejection
from conformance.model.profile import Fallback
from conformance.model.pull_sources import (
    LogWriter,
    OpenedManifest,
    PullError,
    PullOptions,
    PullSources,
    Settings,
    Steps,
)
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.registries import PullSource
from conformance.model.resolution import Resolution, effective_mode, resolve

LOOKED_AT = 8
"""Bytes of a blob that are read before all, to see how it is compressed (``DetectCompressionFormat``)."""


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


class Outcome(NamedTuple):
    """What PullImage answers: ``image`` and ``image_ref``, or ``error``, the text of the gRPC error.

    ``errors`` has for each candidate that failed, in order, why.
    """

    image: PulledImage | None = None
    image_ref: str = ""
    error: str = ""
    errors: tuple[tuple[Reference, PullError], ...] = ()

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry host that was tried did not serve, also those that the error does not name."""
        return {reference.domain: trouble.reason for reference, trouble in self.errors}


class Puller(PullSources):
    """The rules of a pull under given settings.

    ``layers`` are the digests of those that the image store has already, ``blobs`` those of all that the artifact store
    has, where what comes for it is added. ``namespace`` is that of the pod that it is for, if any.
    """

    namespace = ""

    def __init__(
        self,
        settings: Settings,
        note: LogWriter | None = None,
        layers: Collection[str] = (),
        blobs: MutableSet[str] | None = None,
    ) -> None:
        super().__init__(settings, note)
        self.layers = layers
        self.blobs: MutableSet[str] = set() if blobs is None else blobs
        self.mode = effective_mode(settings.profile, settings.short_name_mode, settings.registries)

    def for_namespace(self, namespace: str) -> Self:
        """Give the rules for what is pulled for pods of a namespace."""
        puller = copy(self)
        puller.namespace = namespace
        return puller

    # The name

    def resolve(self, name: str) -> Resolution:
        """Give the candidates for a name."""
        return resolve(name, self.registries, self.mode)

    # The candidates

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        """Try the candidates in order until one serves (CRI-O server/image_pull.go, ``pullImage``)."""
        resolution = self.resolve(name)
        if resolution.refusal:
            return Outcome(error=resolution.refusal)
        if self.log and resolution.short_name:
            self.log("info", resolution.log_line)
        errors: list[tuple[Reference, PullError]] = []
        for reference in resolution.candidates:
            got = yield from self.candidate(reference, login)
            if isinstance(got, PulledImage):
                return Outcome(got, self.image_ref(got), errors=tuple(errors))
            if self.log:
                self.log("debug", f"Error pulling image {reference}: {got.text}")
            errors.append((reference, got))
        return Outcome(error=self.error(errors), errors=tuple(errors))

    def error(self, errors: list[tuple[Reference, PullError]]) -> str:
        """Give the error for all that failed: that of the last candidate, whatever the others said (cri-o/cri-o#8780).

        A refused connection puts the CRI's code before it, as the policy does (server/image_pull.go, ``PullImage``).
        """
        last = errors[-1][1]
        if last.refused:
            return f"RegistryUnavailable: {last.text}"
        return f"SignatureValidationFailed: {last.text}" if last.rejected else last.text

    def image_ref(self, copied: PulledImage) -> str:
        """Give what PullImage answers for an image."""
        if self.profile.image_ref_is_id:
            return copied.id
        return f"{copied.reference.name}@{copied.manifest.digest}"

    def candidate(self, reference: Reference, login: Login | None) -> Steps[PulledImage | PullError]:
        """Try one candidate as an image and, where the release does, as an artifact (``pullImageImplementation``)."""
        profile = self.profile
        terms = PullOptions(login, (yield from self.insecure(reference)))
        if profile.artifact is Fallback.FIRST:
            probed = yield from self.artifact(reference, terms)
            if isinstance(probed, PullError):
                return probed.reworded(f"unable to try pulling possible OCI artifact: {probed.text}")
            if probed is not None:
                return probed
        if (trouble := self.without_policy()) is not None:
            return trouble
        got = yield from self.copy(reference, terms)
        if isinstance(got, PulledImage) or profile.artifact in {Fallback.NEVER, Fallback.FIRST}:
            return got
        return (yield from self.fall_back(reference, got, terms))

    def fall_back(self, reference: Reference, got: PullError, terms: PullOptions) -> Steps[PulledImage | PullError]:
        """Try a candidate that failed as an image as an artifact."""
        profile = self.profile
        if profile.artifact is Fallback.UNLESS_NETWORK:
            if got.network:
                return got.reworded(f"unable to pull image: {got.text}")
            if self.log:
                self.log("info", f"Falling back to pull {reference} as an OCI artifact: {got.text}")
        second = yield from self.artifact(reference, terms)
        if isinstance(second, PulledImage):
            return second
        artifact = profile.artifact_image if second is None else second.text
        return PullError(
            f"unable to pull image or OCI artifact: pull image err: {got.text}; artifact err: {artifact}",
            got.reason,
            got.network,
            got.refused or (second is not None and second.refused),
            got.rejected or (second is not None and second.rejected),
        )

    # The policy

    def without_policy(self) -> PullError | None:
        """Refuse where there is no policy that could be asked (containers/image signature/policy_config.go)."""
        policies = self.settings.policies
        if policies.policy(self.namespace) is not None:
            return None
        return PullError(policies.missing(self.namespace, self.profile.policy_missing), Reason.UNCLEAR)

    def accepted(self, reference: Reference) -> bool:
        """Tell what the policy says of an image by the name that is asked for, wherever it comes from."""
        policy = self.settings.policies.policy(self.namespace)
        return policy is None or policy.requirement(reference) is Requirement.ACCEPT

    # One candidate, as an image

    def copy(self, reference: Reference, terms: PullOptions) -> Steps[PulledImage | PullError]:
        """Fetch manifest, config and layers (containers/image copy/copy.go, ``Image``)."""
        opened = yield from self.open(reference, terms)
        name = f"docker://{reference.familiar}"
        if isinstance(opened, PullError):
            return opened.reworded(f"initializing source {name}: {opened.text}")
        top = opened.manifest
        if reference.digest and not self.matches(top.digest, reference.digest):
            text = f"determining manifest MIME type for {name}: {_mismatch(reference.digest)}"
            return PullError(text, Reason.BROKEN)
        if not top.is_index:
            return (yield from self.parts(reference, opened.source, top, top, terms))
        child = self.choose(top)
        if child is None:
            text = f"choosing an image from manifest list {name}: {self.no_match(top)}"
            return PullError(text, Reason.NO_MATCHING_PLATFORM)
        got = yield from self.instance(reference, opened.source, top, child, terms)
        if isinstance(got, PullError):
            return got.reworded(f"copying system image from manifest list: {got.text}")
        return got

    def choose(self, index: Manifest) -> str | None:
        """Give the digest of an index's image for this machine."""
        child = choose_instance(index, self.settings.platform)
        return child.digest if child else None

    def no_match(self, index: Manifest) -> str:
        """Word that an index has nothing for this machine."""
        return no_match(index, self.settings.platform, self.profile.no_match)

    def matches(self, actual: str, expected: str) -> bool:
        """Tell whether content is what its digest says (internal/image/unparsed.go, ``Manifest``)."""
        return actual == expected

    def instance(
        self, reference: Reference, source: PullSource, top: Manifest, digest: str, terms: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch the image that was chosen from an index."""
        manifest = yield from self.manifest(reference, source, digest, terms)
        name = f"docker://{reference.familiar}"
        if isinstance(manifest, PullError):
            return manifest.reworded(f"determining manifest MIME type for {name}: {manifest.text}")
        if not self.matches(manifest.digest, digest):
            return PullError(f"determining manifest MIME type for {name}: {_mismatch(digest)}", Reason.BROKEN)
        return (yield from self.parts(reference, source, manifest, top, terms))

    def parts(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, terms: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch what a manifest names, for the store that it is for, unless the policy rejects it (copy/single.go)."""
        if not self.accepted(reference):
            return PullError(f"Source image rejected: {rejection(reference)}", Reason.UNTRUSTED, rejected=True)
        fetch = self.files if terms.artifact else self.content
        return (yield from fetch(reference, source, manifest, top, terms))

    def content(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, terms: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch config and layers; the platform that the config states is not looked at (copy/single.go)."""
        if manifest.media_type == OCI_MANIFEST and manifest.config_type != OCI_CONFIG:
            return PullError(f"parsing image configuration: {no_image(manifest)}", Reason.NO_IMAGE)
        config = yield from self.blob(reference, source, manifest.config, terms)
        if isinstance(config, PullError):
            return config.reworded(f"parsing image configuration: {config.text}")
        if not self.matches(config.digest, manifest.config):
            text = f"Download config.json digest {config.digest} does not match expected {manifest.config}"
            return PullError(f"parsing image configuration: {text}", Reason.BROKEN)
        for layer in dict.fromkeys(manifest.layers):
            if layer in self.layers:
                continue
            blob = yield from self.blob(reference, source, layer, terms)
            if isinstance(blob, PullError):
                return blob.reworded(f"reading blob {layer}: {blob.text}")
            if not self.matches(blob.digest, layer):
                text = f"Digest did not match, expected {layer}, got {blob.digest}"
                return PullError(
                    f"writing blob: setting up to decompress blob: happened during read: {text}", Reason.BROKEN
                )
        return PulledImage(reference, manifest, top)

    # One candidate, as an artifact

    def artifact(self, reference: Reference, terms: PullOptions) -> Steps[PulledImage | PullError | None]:
        """Fetch it as an artifact; none says that it is an image (CRI-O internal/ociartifact/store.go)."""
        profile = self.profile
        if profile.artifact_copies:
            return (yield from self.copy_artifact(reference, reference, terms))
        opened = yield from self.opened_artifact(reference, terms)
        if isinstance(opened, PullError):
            return opened
        manifest, asked = opened.manifest, reference
        if manifest.is_index:
            chosen = yield from self.chosen_artifact(reference, opened, terms)
            if not isinstance(chosen, Manifest):
                return chosen
            manifest = chosen
            if not profile.artifact_reopens:
                asked = Reference(reference.domain, reference.path, "", manifest.digest)
        if manifest.is_image:
            return None
        return (yield from self.copy_artifact(reference, asked, terms))

    def chosen_artifact(
        self, reference: Reference, opened: OpenedManifest, terms: PullOptions
    ) -> Steps[Manifest | PullError | None]:
        """Look at what is for this machine; none says that the index is one of images."""
        index = opened.manifest
        if self.profile.artifact_takes_lists_for_images and index.media_type == DOCKER_LIST:
            return None
        child = self.choose(index)
        if child is None:
            text = self.profile.artifact_choose.format(self.no_match(index))
            return PullError(text, Reason.NO_MATCHING_PLATFORM)
        return (yield from self.artifact_instance(reference, opened, child, terms))

    def artifact_instance(
        self, reference: Reference, opened: OpenedManifest, child: str, terms: PullOptions
    ) -> Steps[Manifest | PullError]:
        """Look at what was chosen from an index."""
        if not self.profile.artifact_reopens:
            again = yield from self.opened_artifact(Reference(reference.domain, reference.path, "", child), terms)
            return again if isinstance(again, PullError) else again.manifest
        yield from self.open(reference, terms)
        manifest = yield from self.manifest(reference, opened.source, child, terms)
        if isinstance(manifest, PullError):
            return manifest.reworded(f"image reference: get instance manifest: {manifest.text}")
        return manifest

    def copy_artifact(
        self, reference: Reference, asked: Reference, terms: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch all of an artifact that is asked for as ``asked``, and is kept as ``reference``."""
        got = yield from self.copy(asked, terms._replace(artifact=True))
        if isinstance(got, PullError):
            return got.reworded(self.profile.artifact_copy.format(got.text))
        return got._replace(reference=reference)

    def files(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, terms: PullOptions
    ) -> Steps[PulledImage | PullError]:
        """Fetch the layers of an artifact, all of them whatever becomes of one, then the config (copy/single.go).

        What came is on the disk from then on, also where another part fails (oci/layout).
        """
        errors = []
        for layer in dict.fromkeys(manifest.layers):
            if layer in self.blobs:
                continue
            blob = yield from self.blob(reference, source, layer, terms)
            if isinstance(blob, PullError):
                errors.append(blob.reworded(f"reading blob {layer}: {blob.text}"))
            elif not self.matches(blob.digest, layer):
                where = f"reading blob {layer}" if blob.size < LOOKED_AT else "writing blob: happened during read"
                text = f"{where}: Digest did not match, expected {layer}, got {blob.digest}"
                errors.append(PullError(text, Reason.BROKEN))
            else:
                self.blobs.add(layer)
        if errors:
            return errors[0]
        config = yield from self.blob(reference, source, manifest.config, terms)
        if isinstance(config, PullError):
            return config.reworded(f"reading config blob {manifest.config}: {config.text}")
        if not self.matches(config.digest, manifest.config):
            text = f"Download config.json digest {config.digest} does not match expected {manifest.config}"
            return PullError(f"reading config blob {manifest.config}: {text}", Reason.BROKEN)
        self.blobs.add(manifest.config)
        return PulledImage(reference, manifest, top, is_artifact=True)

    def opened_artifact(self, reference: Reference, terms: PullOptions) -> Steps[OpenedManifest | PullError]:
        """Fetch the manifest of what may be an artifact; up to 1.34 it must match the digest that it is asked by."""
        opened = yield from self.open(reference, terms)
        if isinstance(opened, PullError):
            return opened.reworded(self.profile.artifact_open.format(opened.text))
        digest = reference.digest
        if digest and not self.profile.artifact_reopens and not self.matches(opened.manifest.digest, digest):
            return PullError(f"get manifest: {_mismatch(digest)}", Reason.BROKEN)
        return opened


def no_image(manifest: Manifest) -> str:
    """Word that a manifest is no image's (containers/image internal/manifest/errors.go, ``NonImageArtifactError``)."""
    kind = manifest.artifact_type or manifest.config_type
    if kind == DOCKER_CONFIG:
        return f"invalid mixed OCI image with Docker v2s2 config ({go_quote(kind)})"
    return f"unsupported image-specific operation on artifact with type {go_quote(kind)}"


def _mismatch(digest: str) -> str:
    """Word that a manifest is not what was asked for."""
    return f"Manifest does not match provided manifest digest {digest}"
