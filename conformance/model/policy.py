"""Signature policies: which images may be pulled and mounted, as far as that is said by their names alone.

Requirements that look at signatures are not known here. Source: containers-policy.json(5); containers/image
signature/policy_config.go, signature/policy_eval.go (``requirementsForImageRef``), signature/policy_eval_simple.go,
docker/policyconfiguration/naming.go; CRI-O server/image_pull.go (``contextForNamespace``).
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from conformance.model.go_text import go_quote
from conformance.model.reference import Reference

SYSTEM = "/etc/containers/policy.json"
OF_USER = "~/.config/containers/policy.json"
"""That of the user that CRI-O is, which takes the place of the system's (``userPolicyFile``)."""

FOLDER = "/etc/crio/policies"
"""``signature_policy_dir`` of crio.conf, by default."""


class PolicyRequirement(enum.StrEnum):
    """What a policy wants of an image, in the words of the file."""

    ACCEPT = "insecureAcceptAnything"
    REJECT = "reject"


@dataclass(frozen=True)
class SignaturePolicy:
    """A policy file: what it wants of images of its ``scopes`` in the transport ``docker``, and of all others.

    A scope is an image with tag or digest, a repository, a part of one, a registry host, or ``*.`` and a domain; the
    scope with no text is all of the transport.
    """

    default: PolicyRequirement = PolicyRequirement.ACCEPT
    scopes: tuple[tuple[str, PolicyRequirement], ...] = ()

    @classmethod
    def accepting(cls, *scopes: str, but: tuple[str, ...] = ()) -> "SignaturePolicy":
        """Reject all but what is in some scopes, where more may be rejected."""
        accepted = tuple((scope, PolicyRequirement.ACCEPT) for scope in scopes)
        return cls(PolicyRequirement.REJECT, accepted + tuple((scope, PolicyRequirement.REJECT) for scope in but))

    @classmethod
    def rejecting(cls, *scopes: str, but: tuple[str, ...] = ()) -> "SignaturePolicy":
        """Accept all but what is in some scopes, where more may be accepted."""
        rejected = tuple((scope, PolicyRequirement.REJECT) for scope in scopes)
        return cls(PolicyRequirement.ACCEPT, rejected + tuple((scope, PolicyRequirement.ACCEPT) for scope in but))

    def requirement(self, reference: Reference) -> PolicyRequirement:
        """Give what is wanted of an image: the narrowest scope decides."""
        wanted = self._wanted
        if not wanted:
            return self.default
        return next((wanted[scope] for scope in scopes(reference) if scope in wanted), self.default)

    @cached_property
    def _wanted(self) -> dict[str, PolicyRequirement]:
        return dict(self.scopes)


def scopes(reference: Reference) -> Iterator[str]:
    """Give the scopes that an image is in, the narrowest first (``PolicyConfigurationIdentity``, ``…Namespaces``)."""
    yield str(reference)
    name = reference.name
    while name:
        yield name
        name = name.rpartition("/")[0]
    host = reference.domain.partition(":")[0]
    while dot := host.partition(".")[1]:
        host = host.partition(dot)[2]
        yield f"*.{host}"
    yield ""


@dataclass(frozen=True)
class SignaturePolicies:
    """The policy files of a machine, by path, ``~/`` being CRI-O's home, and which of them counts.

    ``named`` is ``signature_policy`` of crio.conf, empty where that names none; ``home`` is the folder of the user that
    CRI-O is.
    """

    files: Mapping[str, SignaturePolicy] = field(default_factory=lambda: MappingProxyType({SYSTEM: SignaturePolicy()}))
    named: str = ""
    home: str = "/root"

    def path(self, namespace: str) -> str:
        """Give the file that crio.conf makes count for pods of a namespace, empty where no file is configured."""
        if not namespace:
            return self.named
        file = f"{FOLDER}/{namespace}.json"
        return file if file in self.files else self.named

    def policy(self, namespace: str) -> SignaturePolicy | None:
        """Give the policy for pods of a namespace, none where its file is not there (``DefaultPolicy``)."""
        return self.files.get(self.path(namespace) or self.default_path)

    @property
    def default_path(self) -> str:
        """The file that counts where none is configured: the user's own goes before the system's."""
        return OF_USER if OF_USER in self.files else SYSTEM

    def missing(self, namespace: str, wording: str) -> str:
        """Word that there is no such file; where none is configured, both that were looked for are named."""
        if path := self.path(namespace):
            return f"open {path}: no such file or directory"
        return wording.format(go_quote(OF_USER.replace("~", self.home, 1)), go_quote(SYSTEM), SYSTEM)


def rejection(reference: Reference) -> str:
    """Word that a policy rejects an image.

    Source: containers/image signature/policy_eval_simple.go, ``prReject.isRunningImageAllowed``.
    """
    return f"Running image {reference.image_name} is rejected by policy."
