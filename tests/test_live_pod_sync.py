"""The helper that syncs a pod as a kubelet does takes the steps that a real kubelet takes, on a real CRI-O."""

import os
from collections.abc import Iterator

import pytest

from conformance.kubelet import ImageVolume, Pod
from conformance.kubelet.pod_sync import sync_steps
from conformance.kubelet.process import KubeletProcess, shared_kubelet
from conformance.kubelet.volume import PullPolicy
from conformance.model.platform import Platform
from conformance.releases.installation import RuntimeNotFoundError, find_crio
from conformance.releases.kubelet_binary import find_kubelet
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, start_in_world
from conformance.runtime.pod_images import TOOLS

pytestmark = [
    pytest.mark.usefixtures("namespaces"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has containers"),
]
FURNISHING = [("PullImage", TOOLS)]
"""The steps with which a run's first pod has the image that its containers run."""


@pytest.fixture(scope="module")
def kubelet() -> Iterator[KubeletProcess]:
    """A kubelet on a CRI-O, both as they are found."""
    try:
        installation = find_crio("auto")
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))
    if (binary := find_kubelet(None, installation.release)) is None:
        pytest.skip("there is no kubelet in the cache folder")
    with start_in_world(installation, Configuration()) as crio, shared_kubelet(crio, binary).at_work() as kubelet:
        yield kubelet


@pytest.fixture
def crio(kubelet: KubeletProcess) -> Iterator[Crio]:
    """That CRI-O, with images by two names each: a kubelet and its imitation must not find what the other pulled."""
    internet = kubelet.crio.internet
    for who in ("synced", "run"):
        internet.host("docker.io").offer(f"{who}/app")
        internet.host("docker.io").offer(f"{who}/foreign", platforms=[str(Platform.host().foreign())])
        internet.host("quay.io").require_login(f"{who}/foreign")
    yield kubelet.crio
    kubelet.clear()
    kubelet.crio.reset()


@pytest.mark.parametrize(
    ("names", "policy", "ends"),
    [
        pytest.param(["app"], "IfNotPresent", "", id="pulled-when-absent"),
        pytest.param(["app"], "Always", "", id="always-pulled"),
        pytest.param(["app"], "Never", "ErrImageNeverPull", id="never-pulled"),
        pytest.param(["foreign"], "IfNotPresent", "ErrImagePull", id="story-of-8780"),
        pytest.param(["foreign", "app"], "IfNotPresent", "ErrImagePull", id="second-though-first-failed"),
    ],
)
def test_both_ask_the_runtime_for_the_same_in_the_same_order(
    names: list[str], policy: PullPolicy, ends: str, kubelet: KubeletProcess, crio: Crio
) -> None:
    with kubelet.held(), Pod(crio, kubelet=kubelet.release) as imitation:
        sync = imitation.mount(*volumes("synced", names, policy))
    pod = kubelet.run(*volumes("run", names, policy))
    if ends:
        pod.waiting(ends, "ImagePullBackOff")
    else:
        pod.running()
    synced = [(rpc, image.replace("synced/", "run/")) for rpc, image in sync_steps(sync.evidence)]
    taken = [step for step in sync_steps(pod.evidence) if step not in FURNISHING]
    assert synced
    assert taken[: len(synced)] == synced
    assert sync.waiting_reason == ends


def volumes(who: str, names: list[str], policy: PullPolicy) -> list[ImageVolume]:
    """Give volumes of images that are there for one of the two."""
    return [ImageVolume(f"{who}/{name}", f"/{name}", policy) for name in names]
