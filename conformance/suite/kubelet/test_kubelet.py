"""Image volumes, and what a user reads of them (KEP-4639): told by our pod sync, by a real kubelet, by a cluster."""

import uuid

import pytest

from conformance import (
    Configuration,
    Event,
    ImageVolume,
    Platform,
    PodState,
    PodTeller,
    PullPolicy,
    Reason,
    RegistryHost,
    Runtime,
    WatchedPod,
    image,
    layer,
)
from conformance.cri import error_parser
from conformance.kubelet.pod_sync import sync_steps

NAME = "rhuss/caikit-flan-t5-small"
ELSEWHERE = str(Platform.host().foreign())
HERE = str(Platform.host())


@pytest.fixture
def repository() -> str:
    """A repository that no case has used before: the node of somebody's cluster keeps what was pulled."""
    return f"rhuss/app-{uuid.uuid4().hex[:8]}"


class TestTheStoryOf8780:
    """The report itself, in the user's own view: docker.io foreign, quay.io unauthorized."""

    @pytest.fixture
    def pod(self, teller: PodTeller, docker_io: RegistryHost, quay_io: RegistryHost) -> WatchedPod:
        """A pod with the short name as a volume."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.require_login(NAME)
        return teller.run(ImageVolume(NAME, at="/models"))

    @pytest.fixture
    def state(self, pod: WatchedPod) -> PodState:
        """The state of its container, when the kubelet has given up for now."""
        return pod.waiting("ImagePullBackOff")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_user_reads_of_both_registries(
        self, state: PodState, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """What a pod waits for explains every registry that was asked."""
        assert state.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_both_registries_were_asked(
        self, pod: WatchedPod, state: PodState, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """The pull asked docker.io, which has it for another architecture, and went on to quay.io."""
        del state
        assert pod.asked == [docker_io, quay_io]

    @pytest.fixture
    def events(self, pod: WatchedPod) -> list[Event]:
        """The events of the pod, when the kubelet has given up for now."""
        return pod.events_until("BackOff", "Failed")

    def test_the_events_come_in_this_order(self, events: list[Event]) -> None:
        """The user reads that the image was being pulled, that it failed, and that the kubelet waits."""
        assert [each.reason for each in events] == ["Pulling", "Failed", "Failed", "BackOff", "Failed"]

    def test_the_events_name_the_image_as_it_was_written(self, events: list[Event]) -> None:
        """The user reads of the image by the name that they wrote, without the tag that the kubelet adds."""
        assert [each.reason for each in events if each.says(f'"{NAME}"')] == ["Pulling", "Failed", "BackOff"]

    @pytest.fixture
    def failure(self, events: list[Event]) -> Event:
        """The event that says why the pull failed."""
        return events[1]

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_events_tell_of_both_registries(
        self, failure: Event, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """The event about the pull that failed explains every registry that was asked."""
        assert failure.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}


class TestTheStoryWithAGoodEnd:
    """What cures it: docker.io has the image for this machine, or quay.io has it and the pod says so."""

    def test_the_container_reads_what_docker_io_has(self, teller: PodTeller, docker_io: RegistryHost) -> None:
        """From the volume to the file's content, read inside the pod's container."""
        docker_io.offer(NAME)
        pod = teller.run(ImageVolume(NAME, at="/models"))
        assert pod.running().read("/models/offered-by") == f"docker.io/{NAME} for {HERE}\n"

    def test_an_index_with_both_architectures_is_enough(self, teller: PodTeller, docker_io: RegistryHost) -> None:
        """Of an index for this and another architecture, the container reads what is for this one."""
        docker_io.offer(NAME, platforms=[ELSEWHERE, HERE])
        pod = teller.run(ImageVolume(NAME, at="/models"))
        assert pod.running().read("/models/offered-by") == f"docker.io/{NAME} for {HERE}\n"

    def test_a_full_name_asks_that_registry_alone(
        self, teller: PodTeller, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """With the registry in the name, one that has it for another architecture is not asked."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.offer(NAME)
        pod = teller.run(ImageVolume(f"quay.io/{NAME}", at="/models"))
        assert (pod.running().read("/models/offered-by"), pod.asked) == (f"quay.io/{NAME} for {HERE}\n", [quay_io])

    @pytest.mark.cluster
    def test_a_digest_gives_that_very_image(self, teller: PodTeller, registry: RegistryHost, repository: str) -> None:
        """By its digest a pod gets an image whatever its tag means by now."""
        wanted = image([layer({"which": "wanted"})])
        registry.store(repository, wanted)
        registry.store(repository, image([layer({"which": "new"})]))
        pod = teller.run(ImageVolume(f"{registry}/{repository}@{wanted.digest}", at="/models"))
        assert pod.running().read("/models/which") == "wanted"


def test_a_foreign_architecture_sends_the_pod_to_the_next_registry(
    teller: PodTeller, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """A pod's volume shows what the second registry has, when the first has it for another architecture only."""
    docker_io.offer(NAME, platforms=[ELSEWHERE])
    quay_io.offer(NAME)
    pod = teller.run(ImageVolume(NAME, at="/models"))
    assert pod.running().read("/models/offered-by") == f"quay.io/{NAME} for {HERE}\n"


class TestPullPolicies:
    """docker.io has the image."""

    @pytest.fixture(autouse=True)
    def offered(self, docker_io: RegistryHost) -> None:
        """The image, with two tags."""
        docker_io.offer(NAME, tags=["latest", "1"])

    def test_without_a_tag_the_image_is_always_pulled(self, teller: PodTeller) -> None:
        """A volume's image without tag and pull policy is pulled without a look into the store."""
        pod = teller.run(ImageVolume(NAME, at="/models", policy=None))
        pod.running()
        assert sync_steps(pod.evidence)[0] == ("PullImage", f"{NAME}:latest")

    def test_with_a_tag_the_store_is_looked_into_first(self, teller: PodTeller) -> None:
        """A volume's image with another tag than latest, and no pull policy, is looked up before it is pulled."""
        pod = teller.run(ImageVolume(f"{NAME}:1", at="/models", policy=None))
        pod.running()
        assert sync_steps(pod.evidence)[:2] == [("ImageStatus", f"{NAME}:1"), ("PullImage", f"{NAME}:1")]

    @pytest.mark.parametrize("policy", ["IfNotPresent", "Never"])
    def test_what_is_present_is_not_pulled(self, policy: PullPolicy, teller: PodTeller, runtime: Runtime) -> None:
        """An image that is in the store is mounted from there, unless it is always to be pulled."""
        assert runtime.pull(NAME).succeeded
        pod = teller.run(ImageVolume(NAME, at="/models", policy=policy))
        assert (pod.running().read("/models/offered-by"), pod.asked) == (f"docker.io/{NAME} for {HERE}\n", [])

    def test_always_needs_the_registry(
        self, teller: PodTeller, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """With the policy Always a pod waits for its registries, although the image is in the store."""
        assert runtime.pull(NAME).succeeded
        docker_io.fail(503)
        pod = teller.run(ImageVolume(NAME, at="/models", policy="Always"))
        pod.waiting("ErrImagePull", "ImagePullBackOff")
        assert pod.asked == [docker_io, quay_io]

    @pytest.fixture
    def pulled_again(self, teller: PodTeller) -> bool:
        """Whether the image is pulled while the pod runs; the kubelet looks after its pods every second."""
        pod = teller.run(ImageVolume(NAME, at="/models", policy="Always"))
        pod.running()
        return pod.pulls_again(seconds=4)

    def test_a_running_pod_does_not_pull(self, pulled_again: bool) -> None:
        """The image of a volume is pulled when its pod starts, and not again while that runs."""
        assert not pulled_again


@pytest.mark.cluster
class TestNever:
    """The registry has the image, the store has not, and it must not be pulled."""

    @pytest.fixture
    def pod(self, teller: PodTeller, registry: RegistryHost, repository: str) -> WatchedPod:
        """A pod that waits."""
        registry.offer(repository)
        pod = teller.run(ImageVolume(f"{registry}/{repository}", at="/models", policy="Never"))
        pod.waiting("ErrImageNeverPull")
        return pod

    def test_nobody_is_asked(self, pod: WatchedPod) -> None:
        """No registry is asked for an image that must not be pulled."""
        assert pod.asked == []

    def test_the_image_is_named(self, pod: WatchedPod, registry: RegistryHost, repository: str) -> None:
        """The user reads which image is missing."""
        assert f'"{registry}/{repository}"' in pod.state.message


@pytest.mark.releases(">=1.34", "short_name_mode came with cri-o/cri-o#9401")
class TestRefusedShortNames:
    """Two search registries and CRI-O's own default, which refuses to choose between them."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """The default short-name mode."""
        return Configuration(short_name_mode=None)

    @pytest.mark.parametrize(("policy", "reason"), [("IfNotPresent", "ImageInspectError"), ("Always", "ErrImagePull")])
    def test_the_pod_waits(self, policy: PullPolicy, reason: str, teller: PodTeller, docker_io: RegistryHost) -> None:
        """A pod with an ambiguous short name waits, and no registry is asked, whichever call met the refusal."""
        docker_io.offer(NAME)
        pod = teller.run(ImageVolume(NAME, at="/models", policy=policy))
        state = pod.waiting(reason, "ImagePullBackOff")
        assert (error_parser.ambiguous_name(state.message), pod.asked) == (f"{NAME}:latest", [])

    @pytest.fixture
    def inspected(self, teller: PodTeller, docker_io: RegistryHost) -> str | None:
        """What the kubelet says it failed to inspect."""
        docker_io.offer(NAME)
        state = teller.run(ImageVolume(NAME, at="/models")).waiting("ImageInspectError")
        return state.inspected

    @pytest.mark.upstream("kubernetes/kubernetes#141571")
    def test_the_user_reads_which_image_it_is_about(self, inspected: str | None) -> None:
        """The kubelet names the image that it failed to inspect."""
        assert inspected == NAME
