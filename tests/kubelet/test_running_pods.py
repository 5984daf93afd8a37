"""The pods of a kubelet in a world: how they are given to it, waited for, and what is on record."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.cri import Client
from conformance.cri.v1 import api_pb2 as api
from conformance.kubelet import ImageVolume, watched_pod
from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import PodState
from conformance.kubelet.process import KubeletProcess
from conformance.runtime.crio import Crio
from conformance.runtime.pod_images import TOOLS
from conformance.runtime.runtime import RuntimeFailedError
from tests.kubelet.started_kubelet import APP, volume
from tests.node.world_traces import PATIENCE
from tests.simulator.served_simulator import refusal

pytestmark = [
    pytest.mark.usefixtures("namespaces"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root's kubelet is started, since only root has containers"),
]


def test_a_pod_is_given_to_it_as_a_whole_file_and_told_by_the_nodes_name(kubelet: KubeletProcess) -> None:
    pod = kubelet.run(ImageVolume("ErrImagePull", "/m", sub_path="x"), policy="Never")
    document = json.loads(pod.file.read_text())
    assert (f"{document['metadata']['name']}-node", pod.file.parent) == (pod.name, kubelet.manifests)
    assert list(kubelet.manifests.iterdir()) == [pod.file]
    container = document["spec"]["containers"][0]
    assert (container["image"], container["imagePullPolicy"]) == (TOOLS, "Never")
    assert container["volumeMounts"][0]["subPath"] == "x"
    assert pod.state == PodState("ErrImagePull", "it is ErrImagePull")
    assert set(kubelet.pods() or {}) == {pod.name}


def test_a_pod_that_runs_gives_its_container(kubelet: KubeletProcess) -> None:
    assert kubelet.run(volume("ContainerCreating,runs")).running().id == "ab12"


def test_one_of_several_reasons_is_waited_for(kubelet: KubeletProcess) -> None:
    pod = kubelet.run(volume("ContainerCreating,ContainerCreating,ErrImagePull,ImagePullBackOff"))
    assert pod.waiting("ErrImagePull", "ImagePullBackOff").reason == "ErrImagePull"
    assert pod.waiting("ImagePullBackOff").message == "it is ImagePullBackOff"


def test_the_state_that_was_waited_for_is_the_one_told(kubelet: KubeletProcess) -> None:
    pod = kubelet.run(volume("ContainerCreating,ErrImagePull,ContainerCreating"))
    assert pod.waiting("ErrImagePull") == PodState("ErrImagePull", "it is ErrImagePull")


@pytest.mark.parametrize("states", ["ContainerCreating", "runs"])
def test_a_state_that_does_not_come_fails_the_case_with_what_is_seen(
    kubelet: KubeletProcess, monkeypatch: pytest.MonkeyPatch, states: str
) -> None:
    monkeypatch.setattr(watched_pod, "STATE_SECONDS", 0.1)
    pod = kubelet.run(volume(states))
    with pytest.raises(AssertionError) as caught:
        pod.waiting("ErrImagePull")
    assert str(caught.value).startswith(f"after 0 s: {pod.state}")
    if states != "runs":
        with pytest.raises(AssertionError, match=r"^after 0 s: PodState\(reason='ContainerCreating'"):
            pod.running()


def test_what_a_user_reads_is_on_record_with_the_events_so_far(kubelet: KubeletProcess, crio: Crio) -> None:
    other = kubelet.run(volume("Other"))
    other.waiting("Other")
    before = crio.evidence.cursor()
    pod = kubelet.run(volume("ContainerCreating,ErrImagePull"))
    pod.waiting("ErrImagePull")
    assert pod.events == [Event("ContainerCreating", "so it is"), Event("ErrImagePull", "so it is")]
    assert [saying.text for saying in crio.evidence.since(before).messages] == [
        "event ContainerCreating: so it is",
        "event ErrImagePull: so it is",
        "the container main waits: ErrImagePull: it is ErrImagePull",
    ]
    runs = kubelet.run(volume("runs"))
    runs.running()
    assert [saying.text for saying in runs.evidence.messages] == ["event runs: so it is", "the container main runs"]


def test_a_pod_that_it_does_not_tell_of_is_none_that_runs(
    kubelet: KubeletProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_pod, "STATE_SECONDS", 0.1)
    pod = kubelet.run(volume("runs"))
    pod.file.unlink()
    with pytest.raises(AssertionError):
        pod.running()
    assert [saying.text for saying in pod.evidence.messages] == ["the container main does not run"]


def test_one_that_ends_meanwhile_is_told_with_its_last_words(kubelet: KubeletProcess) -> None:
    pod = kubelet.run(volume("ContainerCreating,ends"))
    with pytest.raises(RuntimeFailedError, match=r"^kubelet 1.36.2 ended: Error: oh$"):
        pod.waiting("ErrImagePull")
    assert kubelet.pods() is None


def test_its_calls_are_evidence(kubelet: KubeletProcess, crio: Crio) -> None:
    config = json.loads((kubelet.manifests.parent / "config.json").read_text())
    socket = config["containerRuntimeEndpoint"].removeprefix("unix://")
    earlier = kubelet.run(volume("x"))
    with Client(socket, lambda _: None) as asking:

        def pull(name: str) -> api.PullImageResponse:
            return asking.pull_image(api.PullImageRequest(image=api.ImageSpec(image=name)))

        pull(TOOLS)
        assert earlier.asked == [], "nobody was asked for its volume yet"
        pod = kubelet.run(volume("x"))
        assert [*pod.evidence.calls] == []
        pull(TOOLS)
        refusal(pull, "none/none")
        pull(TOOLS)
        assert [call.rpc for call in pod.evidence.calls] == ["PullImage"] * 3
        assert [call.rpc for call in crio.evidence.calls] == ["PullImage"] * 4
        assert pod.asked == ["docker.io", "quay.io"], "by the first pull that is about a volume"
        assert not pod.pulls_again(0.1)
        with ThreadPoolExecutor(1) as later:
            failed = later.submit(lambda: refusal(pull, "none/none"))
            assert not pod.pulls_again(0.2), "that one failed"
            failed.result(PATIENCE)
            later.submit(pull, APP)
            assert pod.pulls_again(PATIENCE)
