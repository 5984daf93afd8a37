"""What happens in a pull, step by step, without a network: requests go out, answers come in, an outcome results."""

from collections.abc import Mapping, MutableSet
from copy import copy
from typing import NamedTuple, Self

from conformance.model.answers import Login
from conformance.model.artifact_copy import ArtifactCopier
from conformance.model.image_copy import PulledImage
from conformance.model.profile import Fallback
from conformance.model.pull_sources import LogWriter, ModelSettings, PullError, PullOptions, Steps
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.resolution import Resolution, effective_mode, resolve


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


class Puller(ArtifactCopier):
    """The rules of a pull under given settings; ``layers`` and ``blobs`` as in ``ImageCopier``."""

    def __init__(
        self,
        settings: ModelSettings,
        log: LogWriter | None = None,
        layers: MutableSet[str] | None = None,
        blobs: MutableSet[str] | None = None,
    ) -> None:
        super().__init__(settings, log, layers, blobs)
        self.mode = effective_mode(settings.profile, settings.short_name_mode, settings.registries)

    def for_namespace(self, namespace: str) -> Self:
        """Give the rules for what is pulled for pods of a namespace."""
        puller = copy(self)
        puller.namespace = namespace
        return puller

    # The name

    def resolve(self, name: str) -> Resolution:
        """Give the candidates for a name, in order, or the refusal (containers/image pkg/shortnames, ``Resolve``)."""
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
        options = PullOptions(login, (yield from self.insecure(reference)))
        if profile.artifact is Fallback.FIRST:
            probed = yield from self.artifact(reference, options)
            if isinstance(probed, PullError):
                return probed.reworded(f"unable to try pulling possible OCI artifact: {probed.text}")
            if probed is not None:
                return probed
        if (trouble := self.without_policy()) is not None:
            return trouble
        got = yield from self.copy(reference, options)
        if isinstance(got, PulledImage) or profile.artifact is Fallback.NEVER or profile.artifact is Fallback.FIRST:
            return got
        return (yield from self.fall_back(reference, got, options))

    def fall_back(self, reference: Reference, got: PullError, options: PullOptions) -> Steps[PulledImage | PullError]:
        """Try a candidate that failed as an image as an artifact."""
        profile = self.profile
        if profile.artifact is Fallback.UNLESS_NETWORK:
            if got.network:
                return got.reworded(f"unable to pull image: {got.text}")
            if self.log:
                self.log("info", f"Falling back to pull {reference} as an OCI artifact: {got.text}")
        second = yield from self.artifact(reference, options)
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

    def without_policy(self) -> PullError | None:
        """Refuse where there is no policy that could be asked (containers/image signature/policy_config.go)."""
        policies = self.settings.policies
        if policies.policy(self.namespace) is not None:
            return None
        return PullError(policies.missing(self.namespace, self.profile.policy_missing), Reason.UNCLEAR)
