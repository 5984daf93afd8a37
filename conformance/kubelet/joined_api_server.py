"""The API server of a cluster that already runs, which a kubelet of ours joins with a node of its own."""

import signal

from kubernetes.client import ApiClient

from conformance.kubelet.api_proxy import APIProxy
from conformance.kubelet.api_server import APIServer
from conformance.kubelet.kube_api import KubeAPI
from conformance.kubelet.traces import LABEL, remove_what_killed_runs_left
from conformance.node import Node
from conformance.node.maker import this_maker

ADDRESS, PORT = "127.0.0.1", 16443
"""Where it is asked on the node; not where an API server of that node's own listens."""
TAINT = {"key": "crio-conformance", "effect": "NoExecute"}


class JoinedAPIServer(APIServer):
    """The API server that ``client`` asks, as a kubelet on the node ``on`` reaches it: through a proxy of ours.

    A namespace of ours is made in it; what killed runs left goes first. Of pods that others bind to the node, as
    DaemonSets do whatever its taint, the kubelet learns nothing. Raises ``ClusterError``, and ``NodeError`` where the
    node has that port no more.
    """

    registers = False

    def __init__(self, client: ApiClient, on: Node) -> None:
        self.api = KubeAPI(client)
        self._nodes: list[str] = []
        self._proxy = APIProxy(on.bind("tcp", ADDRESS, PORT), client, self.api.namespace)
        self.kubeconfig = self._proxy.kubeconfig
        try:
            remove_what_killed_runs_left(self.api)
            self.api.create_namespace({LABEL: this_maker()})
        except BaseException:
            self._proxy.close()
            raise

    def admit(self, node: str) -> None:
        """Make the node, which only tolerant pods are bound to."""
        self.api.create_node({"metadata": {"name": node, "labels": {LABEL: this_maker()}}, "spec": {"taints": [TAINT]}})
        self._nodes.append(node)

    def check(self) -> None:
        """Do nothing: it is somebody's, and its end is told by the calls that fail."""

    def signal(self, number: signal.Signals) -> None:
        """Do nothing: it is somebody's."""

    def close(self) -> None:
        """Delete the nodes and the pods on them, and let the cluster delete the namespace with all that is in it."""
        self._proxy.close()
        self.api.delete_pods()
        for node in self._nodes:
            self.api.delete_node(node)
            self.api.delete_pods_on(node)
        self.api.delete_namespace(self.api.namespace)
        self.api.close()
