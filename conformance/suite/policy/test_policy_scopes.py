"""Which part of a signature policy (containers-policy.json(5)) an image falls under, wherever it comes from."""

from typing import NamedTuple

import pytest

from conformance import (
    Configuration,
    Internet,
    Mirror,
    Reason,
    Registry,
    Runtime,
    SignaturePolicy,
    image,
    layer,
)
from conformance.model.policy import SYSTEM
from conformance.model.reference import parse_normalized

NAME = "rhuss/app"
ON_QUAY_IO = f"quay.io/{NAME}"
ONE, TWO = image([layer({"which": "one"})]), image([layer({"which": "two"})])


class Scoped(NamedTuple):
    """A name, and whether the policy below accepts it."""

    name: str
    accepted: bool

    def outcome(self, host: str) -> tuple[tuple[str, ...], dict[str, Reason]]:
        """Give what the policy wants of a pull: the host that serves, and why it does not."""
        return ((host,), {}) if self.accepted else ((), {host: Reason.UNTRUSTED})


SCOPES = SignaturePolicy.accepting(
    "docker.io",
    f"docker.io/{NAME}",
    "*.example.com",
    f"{ON_QUAY_IO}:good",
    f"{ON_QUAY_IO}@{TWO.digest}",
    but=("docker.io/rhuss", f"docker.io/{NAME}:old", "docker.io/library/busybox", "bad.example.com"),
)
SCOPED = {
    "registry": Scoped("docker.io/other/app", accepted=True),
    "namespace": Scoped("docker.io/rhuss/other", accepted=False),
    "a-namespace-that-begins-so": Scoped("docker.io/rhussian/app", accepted=True),
    "repository": Scoped(f"docker.io/{NAME}", accepted=True),
    "official-image": Scoped("busybox", accepted=False),
    "tag": Scoped(f"docker.io/{NAME}:old", accepted=False),
    "digest-of-that-tag": Scoped(f"docker.io/{NAME}@{ONE.digest}", accepted=True),
    "one-tag": Scoped(f"{ON_QUAY_IO}:good", accepted=True),
    "another-tag": Scoped(ON_QUAY_IO, accepted=False),
    "one-digest": Scoped(f"{ON_QUAY_IO}@{TWO.digest}", accepted=True),
    "another-digest": Scoped(f"{ON_QUAY_IO}@{ONE.digest}", accepted=False),
    "subdomain": Scoped("a.good.example.com/app", accepted=True),
    "subdomain-with-a-port": Scoped("good.example.com:5000/app", accepted=True),
    "one-subdomain": Scoped("bad.example.com/app", accepted=False),
    "the-domain-itself": Scoped("example.com/app", accepted=False),
}


class TestScopes:
    """A policy with scopes of every kind, some inside others; every registry has every image."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that policy, and docker.io as the only search registry."""
        return Configuration(policies=((SYSTEM, SCOPES),), search_registries=("docker.io",))

    @pytest.mark.parametrize("scoped", SCOPED.values(), ids=SCOPED)
    def test_the_narrowest_scope_decides(self, runtime: Runtime, internet: Internet, scoped: Scoped) -> None:
        """Whether an image may be pulled is said by the narrowest scope that it is in, else by the default."""
        reference = parse_normalized(scoped.name)
        host = internet.host(reference.domain)
        for each in (TWO, ONE):
            host.store(reference.path, each, (reference.tag or "latest",))
        pull = runtime.pull(scoped.name)
        assert (pull.image_hosts, pull.reasons) == scoped.outcome(host)


# Images that come from elsewhere

GOOD, BAD = "good.example.com", "bad.example.com"
"""Places that the policy accepts, and rejects, when they are asked for by their names."""

MOVED = {
    "mirror-of-what-is-accepted": Scoped("docker.io/rhuss/app", accepted=True),
    "mirror-of-what-is-rejected": Scoped("quay.io/rhuss/app", accepted=False),
    "location-of-what-is-accepted": Scoped("one.example.org/app", accepted=True),
    "location-of-what-is-rejected": Scoped("two.example.org/app", accepted=False),
}


class TestAnotherPlace:
    """Two registries with a mirror and two that lie elsewhere, where the policy says the opposite of the place."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with those registries and that policy."""
        return Configuration(
            registries=(
                Registry(prefix="docker.io", location="docker.io", mirrors=(Mirror(BAD),)),
                Registry(prefix="quay.io", location="quay.io", mirrors=(Mirror(GOOD),)),
                Registry(prefix="one.example.org", location=BAD),
                Registry(prefix="two.example.org", location=GOOD),
            ),
            policies=((SYSTEM, SignaturePolicy.accepting("docker.io", "one.example.org", GOOD)),),
        )

    @pytest.mark.parametrize("moved", MOVED.values(), ids=MOVED)
    def test_the_name_that_is_asked_for_decides(self, runtime: Runtime, internet: Internet, moved: Scoped) -> None:
        """What the policy says of an image goes by the name that is asked for, wherever the image then comes from."""
        reference = parse_normalized(moved.name)
        named = internet.host(reference.domain)
        host = internet.host(BAD if moved.accepted else GOOD)
        host.store(reference.path, ONE)
        pull = runtime.pull(moved.name)
        assert (pull.asked, pull.image_hosts, pull.reasons) == ([host], *moved.outcome(named))
