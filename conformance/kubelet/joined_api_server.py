"""The API server of a cluster that already runs, which a kubelet of ours joins with a node of its own.

Nobody else's pods come to that node: it bears no label that a DaemonSet for Linux nodes selects
(``kubernetes.io/os``, which a kubelet sets only of a node that it makes itself), and a taint.
"""

import json
import signal
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes.client import ApiClient

from conformance.kubelet.api_server import APIServer
from conformance.kubelet.kube_api import KubeAPI
from conformance.kubelet.traces import LABEL, remove_what_killed_runs_left
from conformance.node.maker import this_maker

TAINT = {"key": "crio-conformance", "effect": "NoExecute"}


class JoinedAPIServer(APIServer):
    """The API server that ``client`` asks, and which a node reaches at the URL ``server``.

    A namespace of ours is made in it; what killed runs left goes first. Raises ``ClusterError``.
    """

    registers = False

    def __init__(self, client: ApiClient, server: str) -> None:
        self.api = KubeAPI(client)
        self.kubeconfig = kubeconfig_for(client, server)
        self._nodes: list[str] = []
        remove_what_killed_runs_left(self.api)
        self.api.create_namespace({LABEL: this_maker()})

    def admit(self, node: str) -> None:
        """Make the node, which only tolerant pods come to."""
        self.api.create_node({"metadata": {"name": node, "labels": {LABEL: this_maker()}}, "spec": {"taints": [TAINT]}})
        self._nodes.append(node)

    def check(self) -> None:
        """Do nothing: it is somebody's, and its end is told by the calls that fail."""

    def signal(self, number: signal.Signals) -> None:
        """Do nothing: it is somebody's."""

    def close(self) -> None:
        """Delete the nodes, and let the cluster delete the namespace with all that is in it."""
        self.api.delete_pods()
        for node in self._nodes:
            self.api.delete_node(node)
        self.api.delete_namespace(self.api.namespace)
        self.api.close()


def kubeconfig_for(client: ApiClient, server: str) -> str:
    """Write, as JSON, what ``client`` finds its server and is known by, for whoever reaches that at another URL.

    The server is still held to its name as the client has it. It holds keys.
    """
    configuration = client.configuration
    cluster: dict[str, Any] = {"server": server, "tls-server-name": urlsplit(configuration.host).hostname}
    files = {
        "client-certificate-data": configuration.cert_file,
        "client-key-data": configuration.key_file,
    }
    user = {name: _encoded(path) for name, path in files.items() if path}
    if configuration.ssl_ca_cert:
        cluster["certificate-authority-data"] = _encoded(configuration.ssl_ca_cert)
    if token := configuration.api_key.get("authorization", ""):
        user["token"] = token.removeprefix("Bearer ")
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "joined", "cluster": cluster}],
            "users": [{"name": "node", "user": user}],
            "contexts": [{"name": "joined", "context": {"cluster": "joined", "user": "node"}}],
            "current-context": "joined",
        }
    )


def _encoded(path: str) -> str:
    return b64encode(Path(path).read_bytes()).decode()
