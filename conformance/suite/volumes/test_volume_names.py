"""The names by which a pod's image volume can be had (KEP-4639), and those that are refused."""

import pytest

from conformance import (
    Configuration,
    ContainerStart,
    CRIError,
    Internet,
    Pod,
    PodSync,
    RegistryHost,
    Runtime,
    image,
    image_mount,
    layer,
)

NAME = "rhuss/caikit-flan-t5-small"
ONE, TWO = image([layer({"which": "one"})]), image([layer({"which": "two"})])
CAPITALS = "repository name must be lowercase"
KUBELETS_NAMES = {
    "capitals": ("Rhuss/app", f"invalid reference format: {CAPITALS}"),
    "ipv6": ("[2001:db8::1]:5000/rhuss/app", "invalid reference format"),
    "long": (f"quay.io/{'a' * 248}", "repository name must not be more than 255 characters"),
}
"""What a kubelet takes for a name, and what is wrong with it for the runtime."""

ENFORCING = pytest.mark.releases(">=1.34", "short_name_mode came with cri-o/cri-o#9401")
NAMES = {
    "full": f"quay.io/{NAME}",
    "digest": f"quay.io/{NAME}@{ONE.digest}",
    "tag-and-digest": f"quay.io/{NAME}:latest@{ONE.digest}",
    "short-with-digest": f"{NAME}@{ONE.digest}",
    "short-with-tag-and-digest": f"{NAME}:latest@{ONE.digest}",
}
IN_THE_STORE = {"short": NAME, **NAMES, "id": ONE.id, "short-id": ONE.id[:12]}


class TestByEveryName:
    """quay.io has the image, docker.io does not."""

    @pytest.fixture(autouse=True)
    def offered(self, quay_io: RegistryHost) -> None:
        """quay.io has it."""
        quay_io.store(NAME, ONE)

    @pytest.mark.parametrize("written", NAMES.values(), ids=NAMES)
    def test_a_pod_gets_it(self, pod: Pod, written: str) -> None:
        """A pod's volume can be given by short or full name, with tag, digest or both."""
        assert pod.mount_image(written, at="/models").running.mounted_images() == {"/models": ONE.id}

    @pytest.fixture
    def start(self, runtime: Runtime, pod: Pod, written: str) -> ContainerStart:
        """The image is in the store; a container is asked for with what is written as a volume."""
        runtime.pull(f"quay.io/{NAME}")
        return pod.start(image_mount(written, "/models"))

    @pytest.fixture
    def mounted(self, start: ContainerStart) -> dict[str, str]:
        """What is mounted."""
        return start.container.mounted_images() if start.container else {}

    @pytest.mark.parametrize("written", IN_THE_STORE.values(), ids=IN_THE_STORE)
    def test_a_container_gets_what_is_in_the_store(self, mounted: dict[str, str]) -> None:
        """CreateContainer mounts an image of the store by every name that finds it, and by its ID."""
        assert mounted == {"/models": ONE.id}

    @pytest.mark.parametrize("written", [f"docker.io/{NAME}", f"quay.io/{NAME}@{TWO.digest}"], ids=["host", "digest"])
    def test_a_container_gets_it_by_no_other_name(self, start: ContainerStart) -> None:
        """CreateContainer finds an image in the store under no other registry's name, and by no other digest."""
        assert start.error is not None
        assert start.error.is_missing_image


def test_a_short_name_that_two_images_have_is_the_first_registrys(
    runtime: Runtime, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """CreateContainer takes a short name that several images in the store have for the first search registry's."""
    for host, content in ((quay_io, TWO), (docker_io, ONE)):
        host.store(NAME, content)
        runtime.pull(f"{host}/{NAME}")
    assert pod.start(image_mount(NAME, "/models")).running.mounted_images() == {"/models": ONE.id}


class TestAnAlias:
    """An alias of registries.conf, in the default short-name mode; docker.io has another image of that name."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with an alias and two search registries."""
        return Configuration(aliases=(("app", "quay.io/team/app"),), short_name_mode=None)

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost, quay_io: RegistryHost) -> PodSync:
        """A kubelet's sync of the pod, to a container with the alias as a volume."""
        docker_io.store("app", TWO)
        quay_io.store("team/app", ONE)
        return pod.mount_image("app", at="/models")

    def test_a_pod_gets_what_it_stands_for(self, sync: PodSync, quay_io: RegistryHost) -> None:
        """A volume by an alias shows the image that the alias stands for, and no other registry is asked."""
        assert (sync.asked, sync.running.mounted_images()) == ([quay_io], {"/models": ONE.id})

    def test_a_container_gets_what_it_stands_for(self, sync: PodSync, pod: Pod) -> None:
        """CreateContainer finds an image in the store by its alias."""
        assert sync.running
        assert pod.start(image_mount("app", "/models")).running.mounted_images() == {"/models": ONE.id}


class TestNoName:
    """What is no image name by Docker's convention."""

    @pytest.mark.parametrize(("written", "fault"), KUBELETS_NAMES.values(), ids=KUBELETS_NAMES)
    def test_a_pod_waits_and_its_user_reads_why(self, pod: Pod, written: str, fault: str) -> None:
        """A volume by what the kubelet takes for a name and the runtime does not stops the pod, and is explained."""
        sync = pod.mount_image(written, at="/models")
        assert sync.error is not None
        assert (sync.waiting_reason, sync.error.fault_of_name) == ("ImageInspectError", fault)

    @pytest.fixture
    def refusal(self, pod: Pod) -> CRIError:
        """The error of CreateContainer with such a volume."""
        error = pod.start(image_mount("rhuss/CaiKit", "/models")).error
        assert error is not None
        return error

    def test_a_container_is_refused(self, refusal: CRIError) -> None:
        """CreateContainer with a volume by what is no image name says what is wrong with the name."""
        assert refusal.fault_of_name == CAPITALS


class TestNoSearchList:
    """No search registry is configured."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O without a search list."""
        return Configuration(search_registries=())

    def test_a_short_name_is_refused(self, pod: Pod) -> None:
        """A volume by short name is refused where there is no registry to look on, and the error says so."""
        sync = pod.mount_image(NAME, at="/models")
        assert sync.error is not None
        assert (sync.error.without_search_list, sync.asked) == ("", [])

    def test_a_full_name_is_mounted(self, pod: Pod, quay_io: RegistryHost) -> None:
        """A volume by full name needs no search list."""
        quay_io.store(NAME, ONE)
        assert pod.mount_image(f"quay.io/{NAME}", at="/models").running.mounted_images() == {"/models": ONE.id}


@pytest.mark.parametrize("down", ["refused", "unknown"])
class TestASearchRegistryThatIsDown:
    """The first search registry refuses connections, or nobody knows its name; quay.io has the image."""

    HOST = "registry.down.example"

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that registry before quay.io."""
        return Configuration(search_registries=(self.HOST, "quay.io"))

    def test_a_pod_gets_what_the_next_one_has(
        self, pod: Pod, internet: Internet, quay_io: RegistryHost, down: str
    ) -> None:
        """A volume by short name shows the image of the next registry where the first cannot be reached."""
        quay_io.store(NAME, ONE)
        if down == "refused":
            internet.refuse(self.HOST)
        sync = pod.mount_image(NAME, at="/models")
        assert (sync.evidence.tried[:2], sync.mounted) == ([self.HOST, quay_io], {"/models": ONE.id})


@ENFORCING
@pytest.mark.upstream("cri-o/cri-o#9401")
class TestEnforcing:
    """The default short-name mode; both search registries have the image."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with two search registries and its own default short-name mode."""
        return Configuration(short_name_mode=None)

    @pytest.fixture(autouse=True)
    def offered(self, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Both have it."""
        docker_io.store(NAME, ONE)
        quay_io.store(NAME, TWO)

    def test_a_short_name_is_refused_and_nobody_is_asked(self, pod: Pod) -> None:
        """A volume by a short name that several registries may have is refused before any is asked."""
        sync = pod.mount_image(NAME, at="/models")
        assert sync.error is not None
        assert (sync.error.is_ambiguous_name, sync.asked) == (True, [])

    def test_a_full_name_is_mounted(self, pod: Pod) -> None:
        """A volume by full name is never ambiguous."""
        assert pod.mount_image(f"quay.io/{NAME}", at="/models").running.mounted_images() == {"/models": TWO.id}

    def test_a_short_name_in_the_store_is_refused(self, runtime: Runtime, pod: Pod) -> None:
        """CreateContainer refuses an ambiguous name although one image in the store has it."""
        assert runtime.pull(f"quay.io/{NAME}").succeeded
        error = pod.start(image_mount(NAME, "/models")).error
        assert error is not None
        assert error.is_ambiguous_name
