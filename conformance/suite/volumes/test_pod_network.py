"""Pods with a network of their own, as nearly all pods have, and image volumes in them."""

from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from conformance import Configuration, NodeInspector, NodeResources, Pod, PodSync, RegistryHost, Runtime, image, layer
from conformance.runtime.cni import SUBNET

NAME = "rhuss/app"
IMAGE = image([layer({"which": "one"})])


@pytest.fixture
def configuration() -> Configuration:
    """CRI-O with a network for pods."""
    return Configuration(network="bridge")


@pytest.fixture
def pod(runtime: Runtime, bridge: None) -> Iterator[Pod]:
    """A pod with a network of its own."""
    del bridge
    with Pod(runtime, network="bridge") as pod:
        yield pod


def test_a_pod_has_an_address(pod: Pod) -> None:
    """PodSandboxStatus tells the address of a pod, which is one of its network's."""
    assert IPv4Address(pod.address) in SUBNET


def test_two_pods_have_two_addresses(pod: Pod, runtime: Runtime) -> None:
    """Each pod has an address of its own."""
    with Pod(runtime, network="bridge") as other:
        assert other.address not in {"", pod.address}


class TestAnImageVolume:
    """docker.io has an image, which is a volume of the pod."""

    @pytest.fixture
    def sync(self, pod: Pod, docker_io: RegistryHost) -> PodSync:
        """A kubelet's sync of the pod, to a container with that volume."""
        docker_io.store(NAME, IMAGE)
        return pod.mount_image(NAME, at="/models")

    def test_its_container_reads_the_volume(self, sync: PodSync) -> None:
        """A container of a pod with a network of its own sees its image volume."""
        assert sync.read("/models/which") == "one"

    def test_its_container_is_on_the_pods_network(self, sync: PodSync, pod: Pod) -> None:
        """A container with an image volume has the pod's address, and its volume."""
        assert pod.address in sync.running.addresses()
        assert sync.mounted == {"/models": IMAGE.id}


class TestARemovedPod:
    """A pod with a running container is removed; another one is there all the time, and with it the bridge."""

    @pytest.fixture
    def before(self, pod: Pod, node: NodeInspector) -> NodeResources:
        """What is on the machine before."""
        assert pod.address
        return node.resources

    @pytest.fixture
    def meanwhile(self, runtime: Runtime, node: NodeInspector, before: NodeResources) -> NodeResources:
        """What there was besides, while there was the pod."""
        with Pod(runtime, network="bridge") as other:
            assert other.start().running
            return node.resources.minus(before)

    def test_its_network_is_gone(self, meanwhile: NodeResources, node: NodeInspector, before: NodeResources) -> None:
        """Of a pod that is removed no interface, no network namespace and no address is left."""
        assert (len(meanwhile.interfaces), len(meanwhile.addresses)) == (1, 1)
        assert node.left_since(before) == NodeResources()
