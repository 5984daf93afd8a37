"""What becomes of a pod with an image volume: images that cannot be had, artifacts, sub paths, as its user reads it."""

import uuid
from collections.abc import Callable

import pytest

from conformance import ImageVolume, Internet, PodTeller, Reason, RegistryHost, artifact, image, layer
from conformance.cri import error_parser
from conformance.runtime.pod_images import tool_image

NAME = "rhuss/caikit-flan-t5-small"


@pytest.fixture
def repository() -> str:
    """A repository that no case has used before: the node of somebody's cluster keeps what was pulled."""
    return f"rhuss/app-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def name(registry: RegistryHost, repository: str) -> str:
    """The full name of an image there."""
    return f"{registry}/{repository}"


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("arrange", "expected"),
    [
        pytest.param(lambda *_: None, Reason.NOT_FOUND, id="missing"),
        pytest.param(lambda host, name: host.offer(name, tags=["other"]), Reason.NOT_FOUND, id="no-such-tag"),
        pytest.param(lambda host, _: host.fail(503), Reason.BROKEN, id="unavailable"),
    ],
)
def test_a_pod_waits_for_an_image_that_cannot_be_had(
    arrange: Callable[[RegistryHost, str], object],
    expected: Reason,
    teller: PodTeller,
    registry: RegistryHost,
    repository: str,
) -> None:
    """The user reads why the registry in the image's name did not serve."""
    arrange(registry, repository)
    pod = teller.run(ImageVolume(f"{registry}/{repository}", at="/models"))
    assert pod.waiting("ErrImagePull", "ImagePullBackOff").reasons == {registry: expected}


def test_a_registry_that_is_down_has_a_reason_of_its_own(teller: PodTeller, internet: Internet) -> None:
    """A pod whose registry refuses connections waits with the CRI's code for that as its reason."""
    internet.refuse("registry.down.example")
    pod = teller.run(ImageVolume(f"registry.down.example/{NAME}", at="/models"))
    assert pod.waiting("RegistryUnavailable").reason == "RegistryUnavailable"


@pytest.mark.cluster
def test_what_is_no_name_is_told(teller: PodTeller) -> None:
    """A pod with a volume whose image is no name waits, and the user reads which it is."""
    state = teller.run(ImageVolume("quay.io/Rhuss/Caikit", at="/models")).waiting("InvalidImageName")
    assert '"quay.io/Rhuss/Caikit"' in state.message


def test_an_image_may_be_that_of_container_and_volume(teller: PodTeller, registry_k8s_io: RegistryHost) -> None:
    """A container sees the files of its own image once more in a volume of it."""
    registry_k8s_io.store("team/tools", tool_image(layer({"which": "tools"})), ("1",))
    name = f"{registry_k8s_io}/team/tools:1"
    pod = teller.run(ImageVolume(name, at="/again"), image=name)
    assert (pod.running().read("/which"), pod.running().read("/again/which")) == ("tools", "tools")


@pytest.mark.cluster
@pytest.mark.releases(">=1.33", "artifacts as volumes came with cri-o/cri-o#8953")
def test_an_artifact_is_a_volume_of_its_files(
    teller: PodTeller, registry: RegistryHost, repository: str, name: str
) -> None:
    """The files of an artifact are there by the names in its annotations."""
    registry.store(repository, artifact({"model.gguf": "weights"}))
    pod = teller.run(ImageVolume(name, at="/models"))
    assert pod.running().read("/models/model.gguf") == "weights"


@pytest.mark.cluster
@pytest.mark.releases(">=1.33", "sub paths of image volumes came with cri-o/cri-o#9050")
class TestSubPaths:
    """The registry has an image with a folder in it."""

    @pytest.fixture(autouse=True)
    def offered(self, registry: RegistryHost, repository: str) -> None:
        """The image."""
        registry.store(repository, image([layer({"weights/small/model": "small\n", "readme": "all\n"})]))

    def test_a_folder_of_the_image_is_mounted(self, teller: PodTeller, name: str) -> None:
        """With a sub path the volume shows that folder only."""
        pod = teller.run(ImageVolume(name, at="/models", sub_path="weights/small"))
        assert set(pod.running().tree("/models")) == {".", "model"}

    def test_the_user_reads_which_sub_path_is_missing(self, teller: PodTeller, name: str) -> None:
        """A sub path that the image lacks is told, with the CRI's code for image volumes."""
        pod = teller.run(ImageVolume(name, at="/models", sub_path="weights/large"))
        state = pod.waiting("CreateContainerError")
        assert (error_parser.cri_code(state.message), "weights/large" in state.message) == (
            "ImageVolumeMountFailed",
            True,
        )
