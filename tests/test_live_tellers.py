"""Our pod sync, a kubelet and a cluster say the same of a pod, word for word, on a real CRI-O."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from conformance.kubelet import ImageVolume
from conformance.kubelet.kubelet_cluster import KubeletCluster, world_cluster
from conformance.kubelet.process import KubeletProcess, shared_kubelet
from conformance.kubelet.synced_pods import PodSyncTeller
from conformance.model.platform import Platform
from conformance.releases.control_plane_programs import find_control_plane
from conformance.releases.installation import RuntimeNotFoundError, find_crio
from conformance.releases.kubelet_binary import find_kubelet
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, start_in_world
from tests.node.world_traces import mentioning

if TYPE_CHECKING:
    from conformance.kubelet.pod_teller import PodTeller

pytestmark = [
    pytest.mark.usefixtures("namespaces"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has containers"),
]
NAME = "rhuss/caikit-flan-t5-small"


@pytest.fixture(scope="module")
def tellers() -> Iterator[tuple[Crio, KubeletProcess, KubeletCluster]]:
    """A CRI-O with a kubelet and a cluster, all as they are found. Nothing is left of them."""
    try:
        installation = find_crio("auto")
        binary = find_kubelet(None, installation.release)
        if binary is None:
            pytest.skip("there is no kubelet in the cache folder")
        programs = find_control_plane(binary.release)
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))
    with start_in_world(installation, Configuration(), [*binary.folders, *programs.folders]) as crio:
        folder = str(crio.node.folder)
        kubelet, cluster = shared_kubelet(crio, binary), world_cluster(crio, programs, binary)
        with kubelet.at_work(), cluster.at_work():
            pass
        yield crio, kubelet, cluster
    assert mentioning(folder) == []


@pytest.fixture
def crio(tellers: tuple[Crio, KubeletProcess, KubeletCluster]) -> Iterator[Crio]:
    """That CRI-O, with the story of #8780 around it, and an image that is public."""
    docker_io, quay_io = (tellers[0].internet.host(name) for name in ("docker.io", "quay.io"))
    docker_io.offer(NAME, platforms=[str(Platform.host().foreign())])
    quay_io.require_login(NAME)
    quay_io.offer("team/app")
    tellers[0].internet.refuse("down.example")
    yield tellers[0]
    tellers[0].reset()


@pytest.mark.parametrize(
    ("volume", "reason", "events"),
    [
        pytest.param(
            ImageVolume(NAME, "/m"),
            "ImagePullBackOff",
            ["Pulling", "Failed", "Failed", "BackOff", "Failed"],
            id="story-of-8780",
        ),
        pytest.param(
            ImageVolume("down.example/team/app", "/m"),
            "ImagePullBackOff",
            ["Pulling", "Failed", "Failed", "BackOff", "Failed"],
            id="down",
        ),
        pytest.param(
            ImageVolume(NAME, "/m", "Never"), "ErrImageNeverPull", ["ErrImageNeverPull", "Failed"], id="never"
        ),
        pytest.param(ImageVolume("Team/App", "/m"), "InvalidImageName", ["InspectFailed", "Failed"], id="no-name"),
    ],
)
def test_all_three_say_the_same(
    tellers: tuple[Crio, KubeletProcess, KubeletCluster],
    crio: Crio,
    volume: ImageVolume,
    reason: str,
    events: list[str],
) -> None:
    _, kubelet, cluster = tellers
    said = []
    for enter in (lambda: PodSyncTeller(crio, kubelet.release), kubelet.at_work, cluster.at_work):
        with ExitStack() as stack:
            teller: PodTeller = stack.enter_context(enter())
            pod = teller.run(volume)
            state = pod.waiting(reason)
            said.append((state, [(each.reason, each.message) for each in pod.events_until(*events[-2:])]))
    assert [each for each, _ in said[0][1]] == events
    assert said[1] == said[0], "a kubelet and our pod sync"
    assert said[2] == said[0], "a cluster and our pod sync"
