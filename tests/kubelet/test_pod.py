"""Pods on the simulator, where they are records: many containers at once, and what the model makes of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cri import CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.kubelet import Pod, image_mount
from conformance.model.release import Release
from conformance.runtime.configuration import Configuration
from conformance.runtime.simulated import SimulatedRuntime

NAME, OTHER = "quay.io/team/vol", "quay.io/team/other"


@pytest.fixture
def simulator(own_tmpdir: Path) -> Iterator[SimulatedRuntime]:
    """CRI-O 1.36 as the simulator has it, with two images; the model must agree with it."""
    assert own_tmpdir.exists()
    with SimulatedRuntime(Release("1.36.3"), Configuration()) as simulator:
        for name in ("team/vol", "team/other"):
            simulator.internet.host("quay.io").offer(name)
            simulator.pull(f"quay.io/{name}")
        yield simulator
        assert simulator.evidence.differences == []


@pytest.fixture
def pod(simulator: SimulatedRuntime) -> Iterator[Pod]:
    with Pod(simulator) as pod:
        yield pod


def test_containers_that_are_started_at_once_are_as_many(pod: Pod) -> None:
    started = pod.start_at_once(5, image_mount(NAME, "/models"))
    assert len({each.running.id for each in started}) == 5
    assert {each.id for each in pod.containers()} == {each.running.id for each in started}


def test_containers_that_come_and_go_are_gone(pod: Pod, simulator: SimulatedRuntime) -> None:
    pod.start_and_remove(5, image_mount(NAME, "/models"))
    assert pod.containers() == []
    simulator.remove(NAME)


def test_what_fails_among_those_is_told(pod: Pod) -> None:
    with pytest.raises(AssertionError, match=r"no container was started: .*does not exist locally"):
        pod.start_and_remove(2, image_mount("quay.io/team/none", "/models"))


def test_a_command_is_the_containers(pod: Pod, simulator: SimulatedRuntime) -> None:
    pod.start()
    pod.start(command=["/bin/cat", "/file"])
    asked = [call.request for call in simulator.evidence.calls]
    commands = [list(each.config.command) for each in asked if isinstance(each, api.CreateContainerRequest)]
    assert commands == [["/bin/sleep", "infinity"], ["/bin/cat", "/file"]]


def test_a_pod_that_was_removed_holds_on_to_nothing(pod: Pod, simulator: SimulatedRuntime) -> None:
    pod.start(image_mount(NAME, "/models"), image=OTHER)
    for name in (NAME, OTHER):
        with pytest.raises(CRIError) as refused:
            simulator.remove(name)
        assert refused.value.is_image_in_use
    pod.close()
    pod.close()
    for name in (NAME, OTHER):
        simulator.remove(name)


def test_the_newest_container_is_named(pod: Pod, simulator: SimulatedRuntime) -> None:
    first, second = (pod.start(image_mount(NAME, "/models")).running for _ in range(2))
    for container in (second, first):
        with pytest.raises(CRIError) as refused:
            simulator.remove(NAME)
        assert refused.value.says(container.id)
        container.remove()


def test_of_missing_images_the_shallower_is_named(pod: Pod) -> None:
    mounts = [image_mount("quay.io/team/deep", "/a/b/c"), image_mount("quay.io/team/flat", "/z/.")]
    start = pod.start(*mounts)
    assert start.error is not None
    assert start.error.says('"quay.io/team/flat"')


def test_nothing_is_asked_of_a_runtime_that_has_ended(
    simulator: SimulatedRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = Pod(simulator)
    calls = len(simulator.evidence.calls)
    monkeypatch.setattr(SimulatedRuntime, "running", False)
    pod.close()
    simulator.reset()
    assert len(simulator.evidence.calls) == calls
