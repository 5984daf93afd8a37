"""Images as volumes, seen from inside a container (KEP-4639); a first slice. Containers take root."""

import pytest

from conformance.cri import CRIError
from conformance.internet import RegistryHost
from conformance.internet.images import Image
from conformance.model.platform import Platform
from conformance.model.reason import Reason
from conformance.runtime.pods import Pod, Start, Walk, image_mount
from conformance.runtime.runtime import Runtime

NAME = "rhuss/caikit-flan-t5-small"
ELSEWHERE = str(Platform.host().foreign())
HERE = str(Platform.host())


class TestOnBoth:
    """Both registries have the image for this machine's architecture, each with its own content."""

    @pytest.fixture
    def walk(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> Walk:
        """A kubelet's walk to a container with the short name as a volume."""
        docker_io.offer(NAME)
        quay_io.offer(NAME)
        return pod.mount_image(NAME, at="/models")

    def test_the_container_sees_what_docker_io_has(self, walk: Walk) -> None:
        """The volume of a short name shows the content of the first registry that has the image."""
        assert walk.read("/models/offered-by") == f"docker.io/{NAME} for {HERE}\n"

    def test_only_docker_io_is_asked(self, walk: Walk, docker_io: RegistryHost) -> None:
        """The image of a volume is looked for as any image: in order, and no further than need be."""
        assert walk.asked == [docker_io]

    def test_the_volume_is_read_only(self, walk: Walk) -> None:
        """Nothing can be written into an image volume."""
        assert walk.container is not None
        assert not walk.container.can_write("/models/new")

    def test_the_status_tells_which_image_is_mounted(self, walk: Walk) -> None:
        """ContainerStatus names the mounted image by its ID, which a kubelet's garbage collection relies on."""
        assert walk.container is not None
        assert walk.pull is not None
        assert walk.pull.image is not None
        assert walk.container.mounted_images() == {"/models": walk.pull.image.id}

    def test_a_second_volume_of_it_asks_no_registry(self, walk: Walk, pod: Pod) -> None:
        """An image that is in the store is mounted from there."""
        assert walk.error is None
        again = pod.mount_image(NAME, at="/again")
        assert (again.pull, again.read("/again/offered-by")) == (None, f"docker.io/{NAME} for {HERE}\n")

    def test_it_cannot_be_removed_while_mounted(self, walk: Walk, runtime: Runtime) -> None:
        """RemoveImage of an image that is mounted as a volume is refused because of that."""
        assert walk.error is None
        with pytest.raises(CRIError) as refused:
            runtime.remove(f"docker.io/{NAME}")
        assert refused.value.is_image_in_use


class TestForeignOnDockerIo:
    """docker.io has the image for another architecture only, quay.io has it for this one."""

    @pytest.fixture
    def walk(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> Walk:
        """A kubelet's walk to a container with the short name as a volume."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.offer(NAME, platforms=[ELSEWHERE, HERE])
        return pod.mount_image(NAME, at="/models")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_container_sees_what_quay_io_has(self, walk: Walk) -> None:
        """The volume shows the content of the registry that has the image for this machine's architecture."""
        assert walk.read("/models/offered-by") == f"quay.io/{NAME} for {HERE}\n"


class TestTheStoryOf8780:
    """The report itself: an image volume, docker.io foreign, quay.io unauthorized."""

    @pytest.fixture
    def walk(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> Walk:
        """A kubelet's walk, which ends at the pull."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.require_login(NAME)
        return pod.mount_image(NAME, at="/models")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_lookup_finds_nothing_and_is_no_error(self, walk: Walk) -> None:
        """ImageStatus of an image that is not in the store answers with nothing, so that a kubelet pulls."""
        assert (walk.status.image, walk.status.error) == (None, None)

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_both_registries_are_asked(self, walk: Walk, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The pull asks docker.io, which has it for another architecture, and goes on to quay.io."""
        assert walk.asked == [docker_io, quay_io]

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_user_is_told_of_both(self, walk: Walk, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """What stops the pod explains every registry that was asked."""
        assert walk.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}


class TestByOtherNames:
    """quay.io has the image; it is mounted by names that leave nothing to choose."""

    @pytest.fixture
    def offered(self, quay_io: RegistryHost) -> Image:
        """The image."""
        offered = quay_io.offer(NAME)
        assert isinstance(offered, Image)
        return offered

    def test_by_its_full_name(self, pod: Pod, offered: Image, quay_io: RegistryHost) -> None:
        """A volume's image can be given by its full name; its own registry only is asked."""
        del offered
        walk = pod.mount_image(f"quay.io/{NAME}", at="/models")
        assert (walk.asked, walk.read("/models/offered-by")) == ([quay_io], f"quay.io/{NAME} for {HERE}\n")

    def test_by_its_digest(self, pod: Pod, offered: Image, quay_io: RegistryHost) -> None:
        """A volume's image can be given by its digest."""
        walk = pod.mount_image(f"quay.io/{NAME}@{offered.digest}", at="/models")
        assert (walk.asked, walk.read("/models/offered-by")) == ([quay_io], f"quay.io/{NAME} for {HERE}\n")

    def test_by_a_short_name_and_digest(self, pod: Pod, offered: Image, quay_io: RegistryHost) -> None:
        """A short name with a digest is looked for in order; the volume shows what has that digest."""
        walk = pod.mount_image(f"{NAME}@{offered.digest}", at="/models")
        assert (walk.asked, walk.read("/models/offered-by")) == (["docker.io", quay_io], f"quay.io/{NAME} for {HERE}\n")


class TestAnImageThatIsNotThere:
    """CreateContainer with a volume whose image was never pulled."""

    @pytest.fixture
    def start(self, pod: Pod, quay_io: RegistryHost) -> Start:
        """A container is asked for; quay.io would have the image."""
        quay_io.offer(NAME)
        return pod.start(image_mount(f"quay.io/{NAME}", "/models"))

    @pytest.fixture
    def refusal(self, start: Start) -> CRIError:
        """The error of CreateContainer."""
        assert start.error is not None
        return start.error

    def test_it_says_that_the_image_is_missing(self, refusal: CRIError) -> None:
        """The error says which image is not there."""
        assert (refusal.is_missing_image, refusal.says(f"quay.io/{NAME}")) == (True, True)

    @pytest.mark.upstream("cri-o/cri-o#9050")
    def test_it_carries_the_cri_code(self, refusal: CRIError) -> None:
        """The error begins with the CRI's code for image volumes."""
        assert refusal.cri_code == "ImageVolumeMountFailed"

    def test_no_registry_is_asked(self, start: Start) -> None:
        """CreateContainer never pulls, although the registry has the image."""
        assert (start.container, start.asked) == (None, [])


def test_a_container_without_a_volume_starts(pod: Pod) -> None:
    """The tool image runs by itself, so that what fails elsewhere in this file is about volumes."""
    start = pod.start()
    assert start.container is not None
    assert start.container.run("/bin/cat", "/etc/hostname").status == 0
