"""A cluster that already runs: a namespace of ours in it, which goes when the run ends."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from conformance.kubelet.cluster import Cluster, ClusterPod
from conformance.kubelet.container import Container
from conformance.kubelet.kube_api import ClusterError, KubeAPI
from conformance.kubelet.pod_document import PodState
from conformance.kubelet.traces import LABEL, remove_what_killed_runs_left
from conformance.model.release import Release
from conformance.node.maker import this_maker
from conformance.runtime import pod_images
from conformance.runtime.cluster_runtime import ClusterRuntime
from conformance.runtime.runtime import CapabilityError, RuntimeFailedError

LOOK_SECONDS = 0.2
END_SECONDS = 60.0
HELP = (
    'let the node\'s CRI-O speak plain HTTP there: [[registry]], location = "{0}", insecure = true in a file of'
    " /etc/containers/registries.conf.d, and reload it"
)


class SomebodysCluster(Cluster):
    """The API server of a cluster that others use as well, and a node of it.

    What runs that were killed left there goes first. Raises ``ClusterError``, and ``RuntimeFailedError`` where the node
    cannot pull from the run's registry.
    """

    def __init__(self, api: KubeAPI, node: str, release: Release, runtime: ClusterRuntime) -> None:
        self.api = api
        self.node = node
        self.release = release
        self.runtime = runtime
        self.tools = f"{runtime.address}/conformance/tools:1" if runtime.address else pod_images.TOOLS
        remove_what_killed_runs_left(api)
        api.create_namespace({LABEL: this_maker()})
        try:
            self.await_pods()
            if runtime.address:
                self._probe(runtime)
        except BaseException:
            self.close()
            raise

    def _probe(self, runtime: ClusterRuntime) -> None:
        """Run a pod, so that what is in the way is reported once."""
        state = self.run().settled()
        if not state.container_id:
            why = ": ".join(filter(None, (state.reason, state.message))) or "its kubelet does not say why"
            where = f"the registry that this run started ({runtime.address})"
            help_ = HELP.format(runtime.address)
            raise RuntimeFailedError(f"the node {self.node} runs no pod from {where} ({why}): {help_}")
        self._clear()

    def _offer_tools(self) -> None:
        if isinstance(self.runtime, ClusterRuntime) and self.runtime.address:
            self.runtime.registry.store("conformance/tools", pod_images.tool_image(), ("1",))

    def container(self, pod: ClusterPod, state: PodState) -> Container:
        """Give the container of a pod, in which programs are run through the API server."""
        return _ContainerOfPod(self, pod.name, state.container_id)

    def collect_images(self) -> None:
        """Refuse: when a kubelet collects is its cluster's matter."""
        raise CapabilityError("kubelet", "when images are collected is the cluster's matter")

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until something is the case; tell whether it was in time."""
        last = time.monotonic() + seconds
        while not until():
            if time.monotonic() > last:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    @contextmanager
    def at_work(self) -> Iterator[Self]:
        """Let it run pods for a while; they are taken away afterwards."""
        try:
            yield self
        finally:
            self._clear()

    def _clear(self) -> None:
        """Delete the pods, and wait until they are gone."""
        self.api.delete_pods()
        if not self.wait(lambda: not self.api.pods(), END_SECONDS):
            raise ClusterError(f"pods are still there {END_SECONDS:.0f} s after they were deleted")

    def close(self) -> None:
        """Delete the pods, and let the cluster delete the namespace with all that is in it."""
        self.api.delete_pods()
        self.api.delete_namespace(self.api.namespace)
        self.api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _ContainerOfPod(Container):
    """A container of a pod that no CRI socket leads to."""

    def __init__(self, cluster: SomebodysCluster, pod: str, container_id: str) -> None:
        super().__init__(cluster.runtime, container_id)
        self._api = cluster.api
        self._pod = pod

    def _run(self, *argv: str) -> tuple[int, bytes, bytes]:
        return self._api.run_in_pod(self._pod, argv)
