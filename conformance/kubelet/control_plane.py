"""A control plane on a node: etcd and kube-apiserver, without scheduler and controllers.

Everything listens on the world's own loopback; certificate, tokens and keys lie in the world's folder and are made for
it. Source: kubernetes/kubernetes cmd/kube-apiserver, etcd's configuration flags.
"""

import json
import secrets
import signal
import socket
import time
from contextlib import ExitStack

import trustme
from kubernetes.client import ApiClient
from kubernetes.client import Configuration as ClientConfiguration
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from conformance.kubelet.api_server import APIServer
from conformance.kubelet.events import final_error
from conformance.kubelet.kube_api import ClusterError, KubeAPI
from conformance.kubelet.kubelet_config import image_volume_gates
from conformance.node import Node, NodeError, Process
from conformance.releases.control_plane_programs import ControlPlanePrograms
from conformance.runtime.runtime import RuntimeFailedError

ADDRESS = "127.0.0.1"
PORT, ETCD_PORT, ETCD_PEER_PORT = 6443, 2379, 2380
URL = f"https://{ADDRESS}:{PORT}"
READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
GROUP = "system:masters"
GROUPS = (
    *("admissionregistration", "apiregistration", "apiextensions", "authentication", "authorization"),
    *("coordination", "events", "networking", "node", "rbac.authorization", "scheduling", "storage"),
)
APIS = ("v1", *(f"{group}.k8s.io/v1" for group in GROUPS))
"""The APIs that the server itself, a kubelet and pods need; without the others it is ready a third sooner."""

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class ControlPlane(APIServer):
    """etcd and kube-apiserver in a world, and ``api``, which asks them.

    Raises ``RuntimeFailedError`` when they cannot be started, and ``NodeError``.
    """

    registers = True

    def __init__(self, programs: ControlPlanePrograms, node: Node) -> None:
        self.release = programs.release
        self._node = node
        self._folder = node.folder / "control-plane"
        self._folder.mkdir(exist_ok=True)  # it is there when another one could not be started
        self._authority = trustme.CA()
        self._tokens = {name: secrets.token_urlsafe() for name in ("conformance", "node")}
        self._write_credentials()
        self.kubeconfig = self._kubeconfig()
        self._processes: dict[str, Process] = {}
        with ExitStack() as stack:
            stack.callback(self._end)
            self._processes["etcd"] = node.spawn(self._etcd_command(programs), ENVIRONMENT, "etcd.log")
            apiserver = self._apiserver_command(programs)
            self._processes["kube-apiserver"] = node.spawn(apiserver, ENVIRONMENT, "kube-apiserver.log")
            self.api = KubeAPI(self._client())
            stack.callback(self.api.close)
            self._await_ready()
            self._stack = stack.pop_all()

    def _write_credentials(self) -> None:
        """Write what the API server knows itself, its clients and service accounts by."""
        self._authority.cert_pem.write_to_path(str(self._folder / "authority.pem"))
        served = self._authority.issue_cert(ADDRESS)
        served.private_key_pem.write_to_path(str(self._folder / "server.key"))
        served.cert_chain_pems[0].write_to_path(str(self._folder / "server.pem"))
        accounts = self._authority.issue_cert("service-accounts")
        accounts.private_key_pem.write_to_path(str(self._folder / "accounts.key"))
        lines = [f'{token},{name},{name},"{GROUP}"\n' for name, token in self._tokens.items()]
        (self._folder / "tokens.csv").write_text("".join(lines))

    def _etcd_command(self, programs: ControlPlanePrograms) -> list[str]:
        client, peer = f"http://{ADDRESS}:{ETCD_PORT}", f"http://{ADDRESS}:{ETCD_PEER_PORT}"
        return [
            str(programs.etcd),
            "--data-dir=/var/lib/etcd",  # the world's own /var, which is in memory
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ]

    def _apiserver_command(self, programs: ControlPlanePrograms) -> list[str]:
        gates = ",".join(f"{name}={str(on).lower()}" for name, on in image_volume_gates(programs.release).items())
        return [
            str(programs.kube_apiserver),
            f"--etcd-servers=http://{ADDRESS}:{ETCD_PORT}",
            f"--bind-address={ADDRESS}",
            f"--advertise-address={ADDRESS}",
            f"--secure-port={PORT}",
            f"--tls-cert-file={self._folder / 'server.pem'}",
            f"--tls-private-key-file={self._folder / 'server.key'}",
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            "--anonymous-auth=false",
            "--authorization-mode=AlwaysAllow",  # whoever has a token; the nodes are ours
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={self._folder / 'accounts.key'}",
            f"--service-account-key-file={self._folder / 'accounts.key'}",
            "--disable-admission-plugins=ServiceAccount",  # there is no controller that makes accounts
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
            f"--runtime-config=api/all=false,{','.join(f'{api}=true' for api in APIS)}",
            "--watch-cache=false",
            "--enable-priority-and-fairness=false",
            *([f"--feature-gates={gates}"] if gates else []),
        ]

    def _client(self) -> ApiClient:
        """Give the official client; its connections are made on the node."""
        configuration = ClientConfiguration(host=URL, no_proxy="*", retries=False)
        configuration.ssl_ca_cert = str(self._folder / "authority.pem")
        configuration.api_key = {"authorization": f"Bearer {self._tokens['conformance']}"}
        client = ApiClient(configuration)
        client.rest_client.pool_manager.pool_classes_by_scheme = {"https": _pool_in(self._node)}
        return client

    def _kubeconfig(self) -> str:
        cluster = {"server": URL, "certificate-authority": str(self._folder / "authority.pem")}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "world", "cluster": cluster}],
                "users": [{"name": "node", "user": {"token": self._tokens["node"]}}],
                "contexts": [{"name": "world", "context": {"cluster": "world", "user": "node"}}],
                "current-context": "world",
            }
        )

    def _await_ready(self) -> None:
        """Wait until it can be used: until there is a namespace of ours."""
        until = time.monotonic() + READY_SECONDS
        while True:
            self.check()
            try:
                return self.api.create_namespace({})
            except ClusterError as error:
                if time.monotonic() > until:
                    msg = f"kube-apiserver {self.release} was not ready after {READY_SECONDS:.0f} s: {error}"
                    raise RuntimeFailedError(msg) from None
            self._processes["kube-apiserver"].wait(LOOK_SECONDS)

    def admit(self, node: str) -> None:
        """Do nothing: its kubelet may make any node."""

    def check(self) -> None:
        """Raise ``RuntimeFailedError`` when one of its processes has ended."""
        for name, process in self._processes.items():
            if not process.running:
                said = final_error(process.log.read_text(errors="replace"))
                raise RuntimeFailedError(f"{name} of Kubernetes {self.release} ended: {said}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its processes."""
        for process in self._processes.values():
            process.signal(number)

    def _end(self) -> None:
        """End its processes; there is nothing that they need to put in order."""
        self.signal(signal.SIGKILL)
        for process in self._processes.values():
            process.wait()
            process.close()

    def close(self) -> None:
        """End it."""
        self._stack.close()


def _pool_in(node: Node) -> type[HTTPSConnectionPool]:
    """Give the kind of connections that are made on a node."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            try:
                handle = node.connect(self.host, int(self.port))
            except NodeError as error:
                raise NewConnectionError(self, str(error)) from error
            handle.settimeout(READY_SECONDS)
            return handle

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool
