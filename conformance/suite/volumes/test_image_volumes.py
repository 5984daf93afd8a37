"""Images as volumes (KEP-4639): from a pod's volume to what its container sees."""

from typing import NamedTuple

import pytest

from conformance import (
    ContainerStart,
    CRIError,
    ImageVolume,
    Internet,
    Login,
    Platform,
    Pod,
    PodSync,
    Reason,
    RegistryHost,
    Runtime,
    image,
    image_mount,
    index,
    layer,
)
from conformance.runtime.pod_images import tool_image

NAME = "rhuss/caikit-flan-t5-small"
ELSEWHERE = str(Platform.host().foreign())
HERE = str(Platform.host())
ONE, TWO = image([layer({"which": "one"})]), image([layer({"which": "two"})])
FIVES = "5" * 64
DOCKER_IOS_OWN = ["auth.docker.io", "registry-1.docker.io"]


class TestOnBoth:
    """Both registries have the image for this machine's architecture, each with its own content."""

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> PodSync:
        """A kubelet's sync of the pod, to a container with the short name as a volume."""
        docker_io.offer(NAME)
        quay_io.offer(NAME)
        return pod.mount_image(NAME, at="/models")

    @pytest.mark.usefixtures("containers")
    def test_the_container_sees_what_docker_io_has(self, sync: PodSync) -> None:
        """The volume of a short name shows the content of the first registry that has the image."""
        assert sync.read("/models/offered-by") == f"docker.io/{NAME} for {HERE}\n"

    def test_only_docker_io_is_asked(self, sync: PodSync, docker_io: RegistryHost) -> None:
        """The image of a volume is looked for as any image: in order, and no further than need be."""
        assert sync.asked == [docker_io]

    @pytest.mark.usefixtures("containers")
    def test_the_volume_is_read_only(self, sync: PodSync) -> None:
        """Nothing can be written into an image volume."""
        assert sync.running.run("/bin/touch", "/models/new").is_read_only

    def test_the_status_tells_which_image_is_mounted(self, sync: PodSync, runtime: Runtime) -> None:
        """ContainerStatus names the mounted image by its ID, which a kubelet's garbage collection relies on."""
        assert sync.running.mounted_images() == {"/models": _id_of(f"docker.io/{NAME}", runtime)}

    def test_a_second_volume_of_it_asks_no_registry(self, sync: PodSync, pod: Pod) -> None:
        """An image that is in the store is mounted from there."""
        again = pod.mount_image(NAME, at="/models")
        assert (again.asked, again.running.mounted_images()) == ([], sync.running.mounted_images())

    def test_it_cannot_be_removed_while_mounted(self, sync: PodSync, runtime: Runtime) -> None:
        """RemoveImage of an image that is mounted as a volume is refused because of that."""
        assert sync.running
        with pytest.raises(CRIError) as refused:
            runtime.remove(f"docker.io/{NAME}")
        assert refused.value.is_image_in_use

    def test_it_can_be_removed_after_the_container(self, sync: PodSync, runtime: Runtime) -> None:
        """An image that was mounted as a volume can be removed when the container is removed."""
        sync.running.stop()
        sync.running.remove()
        runtime.remove(f"docker.io/{NAME}")
        assert runtime.images() == []


class TestForeignOnDockerIo:
    """docker.io has the image for another architecture only, quay.io has it for this one."""

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> PodSync:
        """A kubelet's sync of the pod, to a container with the short name as a volume."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.offer(NAME, platforms=[ELSEWHERE, HERE])
        return pod.mount_image(NAME, at="/models")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    @pytest.mark.usefixtures("containers")
    def test_the_container_sees_what_quay_io_has(self, sync: PodSync) -> None:
        """The volume shows the content of the registry that has the image for this machine's architecture."""
        assert sync.read("/models/offered-by") == f"quay.io/{NAME} for {HERE}\n"

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_what_quay_io_has_is_mounted(self, sync: PodSync, runtime: Runtime) -> None:
        """What is mounted is the image of the registry that has it for this machine's architecture."""
        assert sync.running.mounted_images() == {"/models": _id_of(f"quay.io/{NAME}", runtime)}


class TestTheStoryOf8780:
    """The report itself: an image volume, docker.io foreign, quay.io unauthorized."""

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> PodSync:
        """A kubelet's sync of the pod, which ends at the pull."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.require_login(NAME)
        return pod.mount_image(NAME, at="/models")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_lookup_finds_nothing_and_is_no_error(self, sync: PodSync) -> None:
        """ImageStatus of an image that is not in the store answers with nothing, so that a kubelet pulls."""
        assert sync.status is not None
        assert (sync.status.image, sync.status.error) == (None, None)

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_both_registries_are_asked(self, sync: PodSync, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The pull asks docker.io, which has it for another architecture, and goes on to quay.io."""
        assert sync.asked == [docker_io, quay_io]

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_user_is_told_of_both(self, sync: PodSync, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """What stops the pod explains every registry that was asked."""
        assert sync.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}


def _id_of(name: str, runtime: Runtime) -> str:
    """Give the ID of the image that the store has under a name."""
    found = runtime.status(name).image
    assert found is not None
    return found.id


def test_a_container_without_a_volume_starts(pod: Pod, containers: None) -> None:
    """The tool image runs by itself, so that what fails elsewhere in this file is about volumes."""
    del containers
    assert pod.start().running.run("/bin/cat", "/etc/hostname").status == 0


def test_a_plain_image_for_another_architecture_is_mounted(
    pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """An image that is not chosen from an index is mounted whatever architecture it is for, as it holds files only."""
    foreign = image([layer({"which": "one"})], platform=Platform.parse(ELSEWHERE))
    docker_io.store(NAME, foreign)
    quay_io.store(NAME, ONE)
    sync = pod.mount_image(NAME, at="/models")
    assert (sync.asked, sync.mounted) == ([docker_io], {"/models": foreign.id})


def test_an_index_is_believed_about_its_images(pod: Pod, docker_io: RegistryHost) -> None:
    """A volume shows the image that an index calls one for this machine, whatever that says of itself."""
    foreign = image([layer({"which": "one"})], platform=Platform.parse(ELSEWHERE))
    docker_io.store(NAME, index([ONE, foreign], platforms=[foreign.platform, ONE.platform]))
    assert pod.mount_image(f"docker.io/{NAME}", at="/models").mounted == {"/models": foreign.id}


# Several volumes


class TestTwoVolumes:
    """A pod with a volume from quay.io, one from docker.io, and the image of its container from ghcr.io."""

    VOLUMES = (ImageVolume(f"quay.io/{NAME}", "/one"), ImageVolume(f"docker.io/{NAME}", "/two"))

    @pytest.fixture
    def sync(self, pod: Pod, quay_io: RegistryHost, docker_io: RegistryHost, ghcr_io: RegistryHost) -> PodSync:
        """All three are there."""
        quay_io.store(NAME, ONE)
        docker_io.store(NAME, TWO)
        ghcr_io.store("team/tools", tool_image(layer({"team": "ours"})))
        return pod.mount(*self.VOLUMES, image="ghcr.io/team/tools")

    def test_each_is_at_its_path(self, sync: PodSync) -> None:
        """Each volume shows its own image."""
        assert sync.running.mounted_images() == {"/one": ONE.id, "/two": TWO.id}

    def test_two_names_of_one_image_are_pulled_once(self, pod: Pod, docker_io: RegistryHost) -> None:
        """A volume whose image came for another one, by another name, asks no registry, and shows that image."""
        docker_io.store(NAME, ONE)
        sync = pod.mount(ImageVolume(NAME, "/one"), ImageVolume(f"docker.io/{NAME}", "/two"))
        assert [each.pull is not None for each in sync.volumes] == [True, False]
        assert (sync.asked, sync.mounted) == ([docker_io], {"/one": ONE.id, "/two": ONE.id})


# What cannot be had


class Lack(NamedTuple):
    """An image that cannot be had, as a volume names it, and why."""

    image: str
    reason: Reason

    @property
    def host(self) -> str:
        """The registry that is asked."""
        return self.image.partition("/")[0]


DOWN = "registry.down.example"
LACKS = {
    "tag": Lack(f"quay.io/{NAME}:none", Reason.NOT_FOUND),
    "digest": Lack(f"quay.io/{NAME}@sha256:{FIVES}", Reason.NOT_FOUND),
    "repository": Lack("quay.io/rhuss/none", Reason.UNAUTHORIZED),
    "login": Lack("quay.io/rhuss/private", Reason.UNAUTHORIZED),
    "registry": Lack(f"registry.nowhere.example/{NAME}", Reason.UNKNOWN_HOST),
    "connection": Lack(f"{DOWN}/{NAME}", Reason.UNREACHABLE),
}


class TestWhatCannotBeHad:
    """A volume whose image has something missing: its tag, its repository, a login for it, its registry."""

    @pytest.fixture(autouse=True)
    def offered(self, internet: Internet, quay_io: RegistryHost) -> None:
        """quay.io has one image for everybody and one that is private."""
        for name in (NAME, "rhuss/private"):
            quay_io.store(name, ONE)
        quay_io.require_login("rhuss/private")
        internet.refuse(DOWN)

    @pytest.mark.parametrize("lack", LACKS.values(), ids=LACKS)
    def test_the_error_says_what_is_missing(self, pod: Pod, lack: Lack) -> None:
        """When the image of a volume cannot be had, what stops the pod says why."""
        assert pod.mount_image(lack.image, at="/models").reasons == {lack.host: lack.reason}

    @pytest.mark.parametrize("lack", LACKS.values(), ids=LACKS)
    def test_the_user_reads_the_error_alone(self, pod: Pod, lack: Lack) -> None:
        """The error of a pull has the gRPC status code Unknown, which a kubelet leaves out of what the user reads."""
        error = pod.mount_image(lack.image, at="/models").error
        assert isinstance(error, CRIError)
        assert (error.code.name, list(error.reasons)) == ("UNKNOWN", [lack.host])

    def test_a_registry_that_is_down_has_the_cri_code(self, pod: Pod) -> None:
        """A registry that refuses connections is reported with the CRI's code for it, which a kubelet shows."""
        error = pod.mount_image(f"{DOWN}/{NAME}", at="/models").error
        assert error is not None
        assert error.cri_code == "RegistryUnavailable"


class TestPrivate:
    """docker.io's image is private, quay.io has another one of that name for everybody."""

    @pytest.fixture
    def login(self, docker_io: RegistryHost, quay_io: RegistryHost) -> Login:
        """The login that opens it."""
        docker_io.store(NAME, ONE)
        quay_io.store(NAME, TWO)
        return docker_io.require_login(NAME)

    def test_the_login_of_the_pod_opens_it(self, pod: Pod, login: Login) -> None:
        """The pod's login opens the private image of a volume."""
        sync = pod.mount_image(NAME, at="/models", login=login)
        assert sync.running.mounted_images() == {"/models": ONE.id}

    def test_the_login_of_the_pod_goes_no_further(self, pod: Pod, login: Login) -> None:
        """The pod's login, or a token had with it, is shown to docker.io's own servers, not to that of its blobs."""
        sync = pod.mount_image(NAME, at="/models", login=login)
        assert sync.pull is not None
        assert (sync.pull.servers_shown, sync.mounted) == (DOCKER_IOS_OWN, {"/models": ONE.id})

    def test_without_a_login_the_pod_gets_the_next_registrys(self, pod: Pod, login: Login) -> None:
        """Without a login, a volume by short name shows another image: that of the next registry."""
        del login
        assert pod.mount_image(NAME, at="/models").running.mounted_images() == {"/models": TWO.id}

    def test_a_wrong_login_spoils_a_public_image(self, pod: Pod, login: Login, quay_io: RegistryHost) -> None:
        """A login of the pod that the registry refuses keeps it from an image that is there for everybody."""
        sync = pod.mount_image(f"quay.io/{NAME}", at="/models", login=Login(login.user, "wrong"))
        assert (sync.reasons, sync.mounted) == ({quay_io: Reason.LOGIN_REFUSED}, {})


class TestPrivateOnTheSecond:
    """docker.io lacks the image, quay.io's is private; docker.io knows the user, too."""

    def test_the_login_of_the_pod_opens_it(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The pod's login opens the private image of a volume on whichever search registry has it."""
        quay_io.store(NAME, ONE)
        login = quay_io.require_login(NAME)
        docker_io.origin.repository("rhuss/another").logins[login.user] = login.password
        sync = pod.mount_image(NAME, at="/models", login=login)
        assert (sync.asked, sync.mounted) == ([docker_io, quay_io], {"/models": ONE.id})


# What CreateContainer refuses


class TestAnImageThatIsNotThere:
    """CreateContainer with a volume whose image was never pulled."""

    @pytest.fixture
    def start(self, pod: Pod, quay_io: RegistryHost) -> ContainerStart:
        """A container is asked for; quay.io would have the image."""
        quay_io.store(NAME, ONE)
        return pod.start(image_mount(f"quay.io/{NAME}", "/models"))

    @pytest.fixture
    def refusal(self, start: ContainerStart) -> CRIError:
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

    def test_no_registry_is_asked(self, start: ContainerStart) -> None:
        """CreateContainer never pulls, although the registry has the image."""
        assert (start.failure.is_missing_image, start.asked) == (True, [])

    def test_no_container_is_left(self, start: ContainerStart, pod: Pod) -> None:
        """A container that was refused is not there."""
        assert (start.failure.is_missing_image, pod.containers()) == (True, [])


class TestAnIdThatIsNotThere:
    """CreateContainer with a volume by the ID of an image that is not in the store."""

    @pytest.fixture
    def refusal(self, pod: Pod) -> CRIError:
        """The error of CreateContainer."""
        error = pod.start(image_mount(FIVES, "/models")).error
        assert error is not None
        return error

    def test_it_says_which_image_is_missing(self, refusal: CRIError) -> None:
        """The error says that there is no image of that ID."""
        assert (refusal.is_missing_image, refusal.says(FIVES)) == (True, True)


class TestMountsThatLackSomething:
    """CreateContainer with a mount that is not whole; the image is in the store."""

    @pytest.fixture(autouse=True)
    def stored(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """The image is in the store."""
        quay_io.store(NAME, ONE)
        runtime.pull(f"quay.io/{NAME}")

    def test_a_volume_without_a_path(self, pod: Pod) -> None:
        """A volume that is to be mounted nowhere is refused."""
        error = pod.start(image_mount(f"quay.io/{NAME}", "")).error
        assert error is not None
        assert error.empty_field == "ContainerPath"

    @pytest.mark.parametrize("user_specified", ["", f"quay.io/{NAME}"], ids=["nothing", "only-what-the-user-wrote"])
    def test_a_mount_of_nothing(self, pod: Pod, user_specified: str) -> None:
        """A mount with neither an image nor a path of the host is refused, whatever the user had written."""
        error = pod.start(image_mount("", "/models", user_specified=user_specified)).error
        assert error is not None
        assert error.empty_field == "HostPath"
