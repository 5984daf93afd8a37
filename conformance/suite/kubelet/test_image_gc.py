"""A kubelet's garbage collection of images: what is a volume of a pod that runs stays."""

import pytest

from conformance import Evidence, ImageVolume, PodTeller, RegistryHost, Runtime, WatchedPod, artifact, image, layer

USED, UNUSED = "quay.io/rhuss/used", "quay.io/rhuss/unused"
MOUNTED, OTHER = image([layer({"which": "mounted"})]), image([layer({"which": "other"})])


class TestImages:
    """A pod has one image as a volume; another one was pulled, and nothing uses it."""

    @pytest.fixture
    def pod(self, teller: PodTeller, runtime: Runtime, quay_io: RegistryHost) -> WatchedPod:
        """The pod, after the kubelet has collected what it could."""
        quay_io.store("rhuss/used", MOUNTED)
        quay_io.store("rhuss/unused", OTHER)
        assert runtime.pull(UNUSED).succeeded
        pod = teller.run(ImageVolume(USED, at="/models"))
        pod.running()
        teller.collect_images()
        return pod

    def test_what_nothing_uses_goes(self, pod: WatchedPod) -> None:
        """The kubelet removes the image that no container and no volume is made of, and no other one."""
        assert removed(pod.evidence) == [OTHER.id]

    @pytest.mark.upstream("cri-o/cri-o#8408")
    def test_a_volume_stays(self, pod: WatchedPod) -> None:
        """The image of a volume is still there, and the container reads it."""
        assert pod.running().read("/models/which") == "mounted"


@pytest.mark.releases(">=1.33", "artifacts as volumes came with cri-o/cri-o#8953")
def test_an_artifact_that_is_a_volume_stays(teller: PodTeller, quay_io: RegistryHost) -> None:
    """The kubelet does not remove an artifact that is the volume of a container that runs."""
    quay_io.store("rhuss/used", artifact({"model.gguf": "weights"}))
    pod = teller.run(ImageVolume(USED, at="/models"))
    pod.running()
    teller.collect_images()
    assert (removed(pod.evidence), pod.running().read("/models/model.gguf")) == ([], "weights")


def removed(evidence: Evidence) -> list[str]:
    """Give the images that were removed, as the kubelet names them."""
    calls = [call for call in evidence.calls if call.rpc == "RemoveImage" and call.error is None]
    return [call.request.image.image for call in calls]  # type: ignore[attr-defined]
