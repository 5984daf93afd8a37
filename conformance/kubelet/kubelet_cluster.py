"""A cluster with a kubelet of ours: a small one of our own in CRI-O's world, or somebody's that it joins."""

import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from conformance.kubelet.api_server import APIServer
from conformance.kubelet.cluster import Cluster
from conformance.kubelet.control_plane import ADDRESS, ControlPlane
from conformance.kubelet.process import KubeletProcess, Membership
from conformance.kubelet.static_pods import NODE
from conformance.releases.control_plane_programs import ControlPlanePrograms
from conformance.releases.kubelet_binary import KubeletBinary
from conformance.runtime.crio import Crio
from conformance.runtime.runtime import RuntimeFailedError

NODE_SECONDS = 30.0


class KubeletCluster(Cluster):
    """An API server, and a kubelet beside a running CRI-O that is a node of it, held while no case needs them.

    Raises ``RuntimeFailedError`` when they cannot be started, ``NodeError`` and ``ClusterError``.
    """

    def __init__(self, server: Callable[[], APIServer], kubelet: KubeletBinary, crio: Crio, node: str) -> None:
        self.runtime = crio
        self.release = kubelet.release
        self.node = node
        with ExitStack() as stack:
            self.server = stack.enter_context(server())
            self.api = self.server.api
            self.server.admit(node)
            membership = Membership(self.server.kubeconfig, node, self.server.registers)
            self.kubelet = stack.enter_context(KubeletProcess(kubelet, crio, membership))
            if not self.wait(self._has_told, NODE_SECONDS):
                raise RuntimeFailedError(f"the kubelet had not told of the node {node} after {NODE_SECONDS:.0f} s")
            self._stack = stack.pop_all()

    def _has_told(self) -> bool:
        """Tell whether the kubelet has told the API server what its node is like."""
        status = self.api.nodes().get(self.node, {}).get("status", {})
        return bool(status.get("conditions"))

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until something is the case; tell whether it was in time.

        Raises ``RuntimeFailedError`` when one of its processes ends meanwhile.
        """

        def checked() -> bool:
            self.server.check()
            return until()

        return self.kubelet.wait(checked, seconds)

    def collect_images(self) -> None:
        """Let the kubelet collect the images that nothing uses."""
        self.kubelet.collect_images()

    @contextmanager
    def at_work(self) -> Iterator[Self]:
        """Let it run pods for a while; they are taken away afterwards, and it is held until it is at work again."""
        self.server.signal(signal.SIGCONT)
        try:
            with self.kubelet.at_work():
                yield self
                self.api.delete_pods()
        finally:
            self.server.signal(signal.SIGSTOP)

    def close(self) -> None:
        """End its processes."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def world_cluster(crio: Crio, control_plane: ControlPlanePrograms, kubelet: KubeletBinary) -> KubeletCluster:
    """Give the small cluster in a CRI-O's world, started at the first use; it ends before that CRI-O does."""

    def make(_: object, crio: Crio) -> KubeletCluster:
        cluster = KubeletCluster(lambda: ControlPlane(control_plane, crio.node), kubelet, crio, NODE)
        cluster.api.set_node_address(NODE, ADDRESS)  # a kubelet takes no loopback address for its own
        return cluster

    return crio.attach((control_plane, kubelet), make)


def joined_cluster(crio: Crio, server: Callable[[], APIServer], kubelet: KubeletBinary) -> KubeletCluster:
    """Give somebody's cluster with a CRI-O as a node of it, joined at the first use and left before that CRI-O ends."""

    def make(_: object, crio: Crio) -> KubeletCluster:
        cluster = KubeletCluster(server, kubelet, crio, f"conformance-{uuid.uuid4().hex[:8]}")
        try:
            cluster.await_pods()
        except BaseException:
            cluster.close()
            raise
        return cluster

    return crio.attach(("joined", kubelet), make)
