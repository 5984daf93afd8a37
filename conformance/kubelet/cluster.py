"""A cluster as a teller: pods that its API server is given, and their states and events as it tells them."""

import uuid
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from conformance.kubelet.container import Container
from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import PodState, manifest, state_of
from conformance.kubelet.pod_teller import PodTeller
from conformance.kubelet.pull_secrets import pull_secret
from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.kubelet.watched_pod import WatchedPod
from conformance.model.answers import Login
from conformance.runtime import pod_images

if TYPE_CHECKING:  # the official client is heavy, and this is imported by every test file
    from conformance.kubelet.kube_api import KubeAPI


NAMESPACE_SECONDS = 10.0


class Cluster(PodTeller):
    """A cluster, of which the node ``node`` runs its pods on ``runtime``; ``api`` is its API server.

    ``tools`` is the image that their containers run.
    """

    api: "KubeAPI"
    node: str
    tools: str = pod_images.TOOLS

    def run(
        self,
        *volumes: ImageVolume,
        image: str = "",
        policy: PullPolicy | None = None,
        secret: Login | None = None,
    ) -> "ClusterPod":
        """Give the cluster a pod, bound to the node: no scheduler is asked."""
        self._offer_tools()
        name = f"pod-{uuid.uuid4().hex[:8]}"
        document = manifest(name, image or self.tools, volumes, policy, namespace=self.api.namespace)
        document["spec"] |= {"nodeName": self.node, "tolerations": [{"operator": "Exists"}]}
        if secret is not None:
            self.api.create_secret(pull_secret(name, secret))
            document["spec"]["imagePullSecrets"] = [{"name": name}]
        return ClusterPod(self, document)

    def await_pods(self) -> None:
        """Wait until a new namespace takes pods: a controller makes it a service account first.

        Raises ``ClusterError`` with what is said instead.
        """
        from conformance.kubelet.kube_api import ClusterError  # noqa: PLC0415 (the official client is heavy)

        refusal: ClusterError | None = None

        def takes() -> bool:
            nonlocal refusal
            try:
                self.api.try_pod(manifest("probe", self.tools, (), None, namespace=self.api.namespace))
            except ClusterError as error:
                refusal = error
                return False
            return True

        if not self.wait(takes, NAMESPACE_SECONDS) and refusal is not None:
            raise refusal

    def _offer_tools(self) -> None:
        """Let a registry have what pods need."""
        pod_images.offer(self.runtime.internet)

    def container(self, pod: "ClusterPod", state: PodState) -> Container:
        """Give the container of a pod that runs."""
        del pod
        return Container(self.runtime, state.container_id)

    @abstractmethod
    @contextmanager
    def at_work(self) -> Iterator[Self]:
        """Let it run pods for a while; they are taken away afterwards."""


class ClusterPod(WatchedPod):
    """A pod of a cluster."""

    def __init__(self, cluster: Cluster, document: dict[str, Any]) -> None:
        super().__init__(cluster, document["metadata"]["name"])
        self._cluster = cluster
        self._api = cluster.api
        self._api.create_pod(document)

    @property
    def state(self) -> PodState:
        """The state that the API server has now; an empty one where the kubelet has told none yet."""
        return state_of(self._api.pod(self.name))

    def _container(self, state: PodState) -> Container:
        return self._cluster.container(self, state)

    @property
    def events(self) -> list[Event]:
        """The pod's events so far, each once, with how often it came, in the order in which they first came."""
        return self._api.events(self.name)
