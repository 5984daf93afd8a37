"""Faults about signature policies: which counts, what it is asked about, and what becomes of what it rejects."""

from typing import Self

from conformance.model.answers import Login, Manifest
from conformance.model.image_copy import PulledImage
from conformance.model.policy import OF_USER, SYSTEM, PolicyRequirement
from conformance.model.pull_sources import PullError, PullOptions, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reference import Reference
from conformance.model.registries import PullSource
from conformance.model.volumes import VolumeRules

_ACCEPT = PolicyRequirement.ACCEPT


class IgnoresThePolicy(Puller):
    """Pulls what the policy rejects."""

    def accepted(self, reference: Reference) -> bool:
        del reference
        return True


class LetsTheDefaultDecide(Puller):
    """Lets the default of the policy decide although a scope matches."""

    def accepted(self, reference: Reference) -> bool:
        del reference
        policy = self.settings.policies.policy(self.namespace)
        return policy is None or policy.default is _ACCEPT


class IgnoresTheUsersOwnPolicy(Puller):
    """Lets the system's policy count although the user that it is has one of its own."""

    def accepted(self, reference: Reference) -> bool:
        policies = self.settings.policies
        policy = policies.files.get(policies.path(self.namespace) or SYSTEM)
        return policy is None or policy.requirement(reference) is _ACCEPT


class PrefersTheUsersOwnPolicy(Puller):
    """Lets the policy of the user that it is count although crio.conf names another."""

    def accepted(self, reference: Reference) -> bool:
        policy = self.settings.policies.files.get(OF_USER)
        return super().accepted(reference) if policy is None else policy.requirement(reference) is _ACCEPT


class KnowsNoScopesOfTags(Puller):
    """Lets the scope of the repository decide although one of the tag or digest matches."""

    def accepted(self, reference: Reference) -> bool:
        return super().accepted(reference._replace(tag="", digest=""))


class JudgesThePlace(Puller):
    """Asks the policy about the pull source that an image comes from, not about the name that is asked for."""

    def parts(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        got = yield from super().parts(source.reference, source, manifest, top, options)
        return got._replace(reference=reference) if isinstance(got, PulledImage) else got


class JudgesAfterwards(Puller):
    """Asks the policy when the image has come."""

    def parts(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        fetch = self.files if options.artifact else self.content
        yield from fetch(reference, source, manifest, top, options)
        return (yield from super().parts(reference, source, manifest, top, options))


class KeepsWhatIsRejected(Puller):
    """Keeps an image that the policy rejects, although the pull fails."""

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        outcome = yield from super().pull(name, login)
        return outcome._replace(image=self._rejected) if outcome.error else outcome

    _rejected: PulledImage | None = None

    def parts(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        got = yield from super().parts(reference, source, manifest, top, options)
        if isinstance(got, PullError) and got.rejected:
            self._rejected = PulledImage(reference, manifest, top)
        return got


class ForgetsTheCodeForSignatures(Puller):
    """Does not put the CRI's code before the error about an image that the policy rejects."""

    def error(self, errors: list[tuple[Reference, PullError]]) -> str:
        return super().error(errors).removeprefix("SignatureValidationFailed: ")


class KnowsNoNamespaces(Puller):
    """Does not look for the policy of a pod's namespace."""

    def for_namespace(self, namespace: str) -> Self:
        del namespace
        return super().for_namespace("")


class PutsEverybodyInOneNamespace(Puller):
    """Takes the policy of one namespace for that of all who pull."""

    def for_namespace(self, namespace: str) -> Self:
        del namespace
        return super().for_namespace("conformance")


class PullsWithoutAPolicy(Puller):
    """Takes a policy that is missing for one that accepts all."""

    def without_policy(self) -> PullError | None:
        return None


class MountsWhatIsRejected(VolumeRules):
    """Does not ask the policy what a container may be made of, and mount."""

    def verify(self, user_specified: str) -> None:
        del user_specified
