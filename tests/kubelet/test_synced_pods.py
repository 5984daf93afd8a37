"""Our pod sync as a teller, on the simulator: what it tells is what a kubelet would."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.kubelet import ImageVolume
from conformance.kubelet.pod_document import PodState
from conformance.kubelet.synced_pods import PodSyncTeller
from conformance.model.reason import Reason
from conformance.model.release import Release
from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import CapabilityError
from conformance.runtime.simulated import SimulatedRuntime

RELEASE = Release("1.36.3")


@pytest.fixture
def simulator(own_tmpdir: Path) -> Iterator[SimulatedRuntime]:
    assert own_tmpdir.exists()
    with SimulatedRuntime(RELEASE, Configuration()) as simulator:
        yield simulator
        assert simulator.evidence.differences == []


@pytest.fixture
def teller(simulator: SimulatedRuntime) -> Iterator[PodSyncTeller]:
    with PodSyncTeller(simulator, RELEASE) as teller:
        yield teller


def test_a_pod_that_waits_has_the_state_of_the_pull_and_that_of_the_back_off(teller: PodSyncTeller) -> None:
    pod = teller.run(ImageVolume("team/none", at="/m"))
    assert pod.waiting("ErrImagePull", "ImagePullBackOff").reason == "ErrImagePull"
    later = pod.waiting("ImagePullBackOff")
    assert (later, later.reasons) == (pod.state, {"quay.io": Reason.UNAUTHORIZED})
    assert pod.settled() == pod.state
    assert pod.asked == ["docker.io", "quay.io"]


def test_its_events_are_those_of_the_pull_and_of_the_back_off(teller: PodSyncTeller) -> None:
    events = teller.run(ImageVolume("team/none", at="/m")).events_until("BackOff", "Failed")
    assert [each.reason for each in events] == ["Pulling", "Failed", "Failed", "BackOff", "Failed"]
    assert events[1].reasons == {"quay.io": Reason.UNAUTHORIZED}
    assert (events[3].message, events[3].count) == ('Back-off pulling image "team/none"', 1)


def test_a_state_that_does_not_come_fails_the_case_at_once(teller: PodSyncTeller) -> None:
    pod = teller.run(ImageVolume("team/none", at="/m", policy="Never"))
    with pytest.raises(AssertionError, match="ErrImageNeverPull"):
        pod.waiting("ErrImagePull")
    with pytest.raises(AssertionError, match="ErrImageNeverPull"):
        pod.running()
    with pytest.raises(AssertionError, match="ErrImageNeverPull, Failed"):
        pod.events_until("BackOff")


def test_a_container_without_a_policy_has_that_of_its_images_tag(
    simulator: SimulatedRuntime, teller: PodSyncTeller
) -> None:
    simulator.internet.host("quay.io").offer("team/app", tags=["latest", "1"])
    for name, calls in (("app", ["PullImage"]), ("app:1", ["ImageStatus", "PullImage"])):
        pod = teller.run(image=f"quay.io/team/{name}")
        assert pod.state == PodState(container_id=pod.running().id)
        assert [call.rpc for call in pod.evidence.calls][: len(calls)] == calls


def test_a_secret_is_shown_to_the_registry_that_a_kubelet_takes_the_name_for(
    simulator: SimulatedRuntime, teller: PodSyncTeller
) -> None:
    quay = simulator.internet.host("quay.io")
    quay.offer("team/app")
    login = quay.require_login("team/app")
    assert teller.run(ImageVolume("team/app", at="/m"), secret=login).shown_login == []
    assert teller.run(ImageVolume("quay.io/team/app", at="/m"), secret=login).shown_login == [quay]


def test_what_takes_a_kubelet_that_goes_on_it_does_not_do(teller: PodSyncTeller) -> None:
    pod = teller.run(ImageVolume("team/none", at="/m"))
    for refused in (lambda: pod.pulls_again(1), teller.collect_images):
        with pytest.raises(CapabilityError, match="needs the capability kubelet"):
            refused()


def test_its_pods_are_gone_when_it_is_closed(simulator: SimulatedRuntime) -> None:
    def pods() -> int:
        return len(simulator.client.list_pod_sandbox(api.ListPodSandboxRequest()).items)

    with PodSyncTeller(simulator, RELEASE) as teller:
        teller.run()
        assert pods() == 1
    assert pods() == 0
