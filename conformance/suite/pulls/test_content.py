"""Registries that give something else than was asked for, or nothing at the moment."""

from typing import NamedTuple

import pytest

from conformance import Exchange, Layer, Platform, Pull, Reason, RegistryHost, RequestKind, Runtime, image, index, layer

NAME = "rhuss/caikit-flan-t5-small"
ONE, OTHER = layer({"hello": "world"}), layer({"other": "file"})
IMAGE = image([ONE])
FOREIGN = image([layer({"hello": "elsewhere"})], platform=Platform.host().foreign())
INDEX = index([FOREIGN, IMAGE])
THREE = image([layer({name: name}) for name in ("below", "lost", "above")])


class Damage(NamedTuple):
    """Something that is wrong with docker.io's image, the reason that the error should state, and the part's digest."""

    what: str
    reason: Reason
    digest: str
    suffix: str = ""

    def __str__(self) -> str:
        return self.what.replace(" ", "-")

    def arrange(self, host: RegistryHost) -> None:
        """Make it so."""
        host.store(NAME, INDEX if "child" in self.what else IMAGE)
        (host.tamper if self.what.startswith("tampered") else host.lose)(self.digest)


LAYER, CONFIG = IMAGE.layers[0].blob.digest, IMAGE.config.digest
DAMAGES = [
    Damage("tampered manifest", Reason.BROKEN, IMAGE.digest, f"@{IMAGE.digest}"),
    Damage("tampered child", Reason.BROKEN, IMAGE.digest),
    Damage("tampered child by the index's digest", Reason.BROKEN, IMAGE.digest, f"@{INDEX.digest}"),
    Damage("tampered layer", Reason.BROKEN, LAYER),
    Damage("tampered config", Reason.BROKEN, CONFIG),
    Damage("missing child", Reason.NOT_FOUND, IMAGE.digest),
    Damage("missing layer", Reason.NOT_FOUND, LAYER),
    Damage("missing config", Reason.NOT_FOUND, CONFIG),
]
STATUSES = {500: Reason.BROKEN, 502: Reason.BROKEN, 503: Reason.BROKEN, 429: Reason.TOO_MANY_REQUESTS}


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
class TestDamaged:
    """docker.io's image is damaged."""

    @pytest.fixture(autouse=True)
    def damaged(self, docker_io: RegistryHost, damage: Damage) -> None:
        """It is."""
        damage.arrange(docker_io)

    @pytest.fixture
    def pull(self, runtime: Runtime, damaged: None, damage: Damage) -> Pull:
        """The full name is pulled."""
        del damaged
        return runtime.pull(f"docker.io/{NAME}{damage.suffix}")

    def test_nothing_is_stored(self, pull: Pull, runtime: Runtime, damage: Damage) -> None:
        """An image that is not what its digests say, or not whole, is not stored."""
        assert damage.digest in {*pull.references, *pull.blobs}
        assert (pull.succeeded, runtime.images()) == (False, [])

    def test_the_error_explains_the_registry(self, pull: Pull, docker_io: RegistryHost, damage: Damage) -> None:
        """The error says of the registry what was wrong with what it gave."""
        assert pull.reasons == {docker_io: damage.reason}

    def test_the_next_registry_serves(self, runtime: Runtime, quay_io: RegistryHost, damage: Damage) -> None:
        """A search registry whose image is damaged sends the pull to the next one."""
        quay_io.store(NAME, INDEX if "child" in damage.what else IMAGE)
        pull = runtime.pull(f"{NAME}{damage.suffix}")
        assert (pull.asked, pull.image_hosts) == (["docker.io", quay_io], (quay_io,))


class TestALayerIsLost:
    """docker.io lacks the layer in the middle of an image, quay.io has all of it."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> Pull:
        """The short name is pulled."""
        for host in (docker_io, quay_io):
            host.store(NAME, THREE)
        docker_io.lose(THREE.layers[1].blob)
        return runtime.pull(NAME)

    def test_the_others_are_fetched_all_the_same(self, pull: Pull) -> None:
        """All layers of an image are asked for, whatever becomes of one."""
        assert set(pull.attempts[0].blobs) == {THREE.config.digest, *(each.blob.digest for each in THREE.layers)}

    def test_what_lies_below_it_is_not_fetched_again(self, pull: Pull) -> None:
        """Layers below the one that did not come are kept: the next registry is not asked for them."""
        _, *fetched = THREE.layers
        assert set(pull.attempts[1].blobs) == {THREE.config.digest, *(each.blob.digest for each in fetched)}


@pytest.mark.parametrize("layers", [(ONE, ONE), (ONE, OTHER, ONE)], ids=["twice", "apart"])
def test_a_layer_may_be_there_twice(runtime: Runtime, docker_io: RegistryHost, layers: tuple[Layer, ...]) -> None:
    """An image that has the same layer twice, one upon the other or with another between, is pulled as it is."""
    docker_io.store(NAME, found := image(layers))
    pull = runtime.pull(f"docker.io/{NAME}")
    assert pull.image is not None
    asked = {found.config.digest, *(each.blob.digest for each in layers)}
    assert (pull.image.id, {*pull.blobs}) == (found.id, asked)


def test_a_tag_is_what_the_registry_says_it_is(runtime: Runtime, docker_io: RegistryHost) -> None:
    """A tag promises no digest: what the registry gives for it is pulled, and is known by its own digest."""
    docker_io.store(NAME, IMAGE)
    docker_io.tamper(IMAGE)
    pull = runtime.pull(f"docker.io/{NAME}")
    assert pull.image is not None
    assert (pull.image.id, f"docker.io/{NAME}@{IMAGE.digest}" in pull.image.digests) == (IMAGE.id, False)


def test_a_digest_of_another_image_is_refused_everywhere(
    runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """Where every search registry gives another manifest than the digest asked for, nothing is stored."""
    for host in (docker_io, quay_io):
        host.store(NAME, IMAGE)
        host.tamper(IMAGE)
    pull = runtime.pull(f"{NAME}@{IMAGE.digest}")
    assert (pull.asked, pull.succeeded, runtime.images()) == ([docker_io, quay_io], False, [])


@pytest.mark.parametrize("status", STATUSES)
class TestRefusedForTheMoment:
    """docker.io answers every request for a manifest with an error of its own."""

    @pytest.fixture(autouse=True)
    def failing(self, docker_io: RegistryHost, status: int) -> None:
        """It does, and wants no waiting."""
        docker_io.fail(status, retry_after=0)

    @pytest.fixture
    def pull(self, runtime: Runtime, failing: None) -> Pull:
        """The full name is pulled."""
        del failing
        return runtime.pull(f"docker.io/{NAME}")

    def test_the_error_explains_the_registry(self, pull: Pull, docker_io: RegistryHost, status: int) -> None:
        """The error says how the registry failed."""
        assert pull.reasons == {docker_io: STATUSES[status]}

    def test_it_is_not_reported_as_unavailable(self, pull: Pull, docker_io: RegistryHost) -> None:
        """A registry that answers, whatever it answers, is reported without the CRI's code for an unreachable one."""
        assert pull.error is not None
        assert (pull.asked, pull.error.cri_code) == ([docker_io], "")

    @pytest.mark.upstream("cri-o/packaging#301")
    def test_the_next_registry_serves(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """A search registry that fails sends the pull to the next one."""
        quay_io.store(NAME, IMAGE)
        pull = runtime.pull(NAME)
        assert (pull.asked, pull.image_hosts) == ([docker_io, quay_io], (quay_io,))

    @pytest.fixture
    def nowhere(self, runtime: Runtime, failing: None) -> Pull:
        """The short name, which quay.io lacks, is pulled."""
        del failing
        return runtime.pull(NAME)

    @pytest.mark.upstream("cri-o/packaging#301")
    def test_the_error_explains_both(
        self, nowhere: Pull, docker_io: RegistryHost, quay_io: RegistryHost, status: int
    ) -> None:
        """Where the next registry lacks the image, the error explains the one that failed as well."""
        assert nowhere.reasons == {docker_io: STATUSES[status], quay_io: Reason.UNAUTHORIZED}

    @pytest.mark.releases("<1.33", "from 1.33 on a registry that failed is asked again for an artifact")
    def test_how_often_it_is_asked(self, pull: Pull, status: int) -> None:
        """A registry that is overwhelmed (429) is asked five times, one that fails otherwise once."""
        assert manifests_asked(pull) == (5 if status == 429 else 1)

    @pytest.mark.releases(">=1.33", "before 1.33 a registry that failed was not asked again for an artifact")
    def test_how_often_it_is_asked_with_artifacts(self, pull: Pull, status: int) -> None:
        """For an image and then for an artifact: five times each at 429, once each where it fails otherwise."""
        assert manifests_asked(pull) == (10 if status == 429 else 2)


def manifests_asked(pull: Pull) -> int:
    """Count the requests for a manifest."""
    return sum(isinstance(each, Exchange) and each.kind is RequestKind.MANIFEST for each in pull.evidence.exchanges)
