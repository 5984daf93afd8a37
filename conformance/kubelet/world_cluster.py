"""A small cluster in CRI-O's world: a control plane, and a kubelet that is its only node."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from conformance.kubelet.cluster import Cluster
from conformance.kubelet.control_plane import ADDRESS, ControlPlane
from conformance.kubelet.process import KubeletProcess
from conformance.kubelet.static_pods import NODE
from conformance.releases.control_plane_programs import ControlPlanePrograms
from conformance.releases.kubelet_binary import KubeletBinary
from conformance.runtime.crio import Crio
from conformance.runtime.runtime import RuntimeFailedError

NODE_SECONDS = 30.0


class WorldCluster(Cluster):
    """etcd, kube-apiserver and a kubelet beside a running CRI-O, held while no case needs them.

    Raises ``RuntimeFailedError`` when they cannot be started, and ``NodeError``.
    """

    node = NODE

    def __init__(self, programs: tuple[ControlPlanePrograms, KubeletBinary], crio: Crio) -> None:
        control_plane, kubelet = programs
        self.runtime = crio
        self.release = kubelet.release
        with ExitStack() as stack:
            self.control_plane = stack.enter_context(ControlPlane(control_plane, crio.node))
            self.api = self.control_plane.api
            self.kubelet = stack.enter_context(KubeletProcess(kubelet, crio, self.control_plane.kubeconfig))
            if not self.wait(lambda: NODE in self.api.nodes(), NODE_SECONDS):
                raise RuntimeFailedError(f"the kubelet was not registered as a node after {NODE_SECONDS:.0f} s")
            self.api.set_node_address(NODE, ADDRESS)  # a kubelet takes no loopback address for its own
            self._stack = stack.pop_all()

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until something is the case; tell whether it was in time.

        Raises ``RuntimeFailedError`` when one of its processes ends meanwhile.
        """

        def checked() -> bool:
            self.control_plane.check()
            return until()

        return self.kubelet.wait(checked, seconds)

    def collect_images(self) -> None:
        """Let the kubelet collect the images that nothing uses."""
        self.kubelet.collect_images()

    @contextmanager
    def at_work(self) -> Iterator[Self]:
        """Let it run pods for a while; they are taken away afterwards, and it is held until it is at work again."""
        self.control_plane.signal(signal.SIGCONT)
        try:
            with self.kubelet.at_work():
                yield self
                self.api.delete_pods()
        finally:
            self.control_plane.signal(signal.SIGSTOP)

    def close(self) -> None:
        """End its processes."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shared_cluster(crio: Crio, control_plane: ControlPlanePrograms, kubelet: KubeletBinary) -> WorldCluster:
    """Give the cluster of a CRI-O, started at the first use; it ends before that CRI-O does."""
    return crio.attach((control_plane, kubelet), WorldCluster)
