"""A cluster that already runs, which a kubeconfig names: the node of it that runs pods, and its CRI-O."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.model.release import Release
from conformance.releases.installation import CRIO, RuntimeNotFoundError
from conformance.targets.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from kubernetes.client import ApiClient, CoreV1Api

    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime

VERSION = re.compile(r"cri-o://v?(\d+(?:\.\d+)+)")
"""How a node whose runtime is CRI-O says so (core/v1 NodeSystemInfo, ``containerRuntimeVersion``)."""
KUBELET = re.compile(r"v(\d+\.\d+\.\d+)")
SECONDS = 10.0
LAST_PORT = 65535


class ClusterTarget(Target):
    """The CRI-O of a node of somebody's cluster.

    ``node`` is its name, ``kubernetes`` the release of its kubelet, and ``registry`` an address of this machine that it
    reaches, for a registry.
    """

    marker = "cluster"
    unmarked_reason = "needs the capability hermetic: the nodes of somebody's cluster ask registries of their own"

    def __init__(self, kubeconfig: Path, node: str, release: Release, kubernetes: Release, registry: str) -> None:
        self.kubeconfig = kubeconfig
        self.node = node
        self.release = release
        self.kubernetes = kubernetes
        self.registry = registry

    @property
    def header(self) -> str:
        """Say which CRI-O, on which node of which cluster."""
        registry = f"a registry at {self.registry}" if self.registry else "no registry"
        where = f"on the node {self.node} (Kubernetes {self.kubernetes}) of the cluster of {self.kubeconfig}"
        return f"{self.title} {where}, as it runs, with {registry}: only cases that a cluster alone can tell"

    @property
    def properties(self) -> dict[str, str]:
        """What was tested; the kernel is the node's, and not known here."""
        known = {name: value for name, value in super().properties.items() if name != "kernel"}
        return known | {"node": self.node, "kubernetes": str(self.kubernetes)}

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Open the registry; nothing is started, and ``visible`` is not used."""
        del visible
        from conformance.runtime.cluster_runtime import ClusterRuntime

        return ClusterRuntime(self.program, self.release, configuration, self.registry)


@dataclass(frozen=True)
class ClusterToJoin:
    """The cluster that a kubeconfig names, to which node containers belong: each joins it with a node of ours."""

    kubeconfig: Path

    @property
    def title(self) -> str:
        """Say which cluster."""
        return f"the cluster of {self.kubeconfig}, joined with a node of the run's own"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that must be visible where it runs: none."""
        return ()


def client_of(kubeconfig: Path) -> ApiClient:
    """Give the official client of the cluster that a kubeconfig names; raises ``RuntimeNotFoundError``."""
    from kubernetes.config import ConfigException, new_client_from_config
    from yaml import YAMLError

    try:
        client: ApiClient = new_client_from_config(str(kubeconfig), persist_config=False)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, ValueError) as error:
        why = " ".join(str(error).split())
    except (YAMLError, AttributeError, LookupError, TypeError):  # the client takes a file's form for granted
        why = "it is no kubeconfig"
    else:
        return client
    msg = f"--cluster {kubeconfig} cannot be used ({why}): write the path of a kubeconfig, or world"
    raise RuntimeNotFoundError(msg)


def find_cluster(kubeconfig: Path, registry: str) -> ClusterTarget:
    """Ask a cluster for a ready node that runs CRI-O, by name; raises ``RuntimeNotFoundError``."""
    _check_address(registry)
    nodes = _ask_nodes(kubeconfig)
    for node in nodes:
        info = node["status"]["nodeInfo"]
        version, kubelet = VERSION.match(info["containerRuntimeVersion"]), KUBELET.match(info["kubeletVersion"])
        if version and kubelet and _is_ready(node):
            return ClusterTarget(
                kubeconfig, node["metadata"]["name"], Release(version[1]), Release(kubelet[1]), registry
            )
    there = ", ".join(_describe(node) for node in nodes) or "none"
    msg = f"--cluster {kubeconfig}: no node of it is ready and runs {CRIO} (there: {there})"
    raise RuntimeNotFoundError(msg)


def ready_nodes(kubeconfig: Path) -> dict[str, str]:
    """Ask a cluster for its nodes that are ready, with the runtime of each, ``cri-o://1.36.3``.

    Raises ``RuntimeNotFoundError``.
    """
    return {
        node["metadata"]["name"]: node["status"]["nodeInfo"]["containerRuntimeVersion"]
        for node in _ask_nodes(kubeconfig)
        if _is_ready(node)
    }


def check_joinable(kubeconfig: Path) -> None:
    """Make sure that a cluster would take a node; none is made. Raises ``RuntimeNotFoundError``."""
    probe: Any = {"metadata": {"name": "crio-conformance-probe"}}
    remedy = "name the kubeconfig of a user who may make nodes, and do what a kubelet does"
    _ask(
        kubeconfig,
        lambda core: core.create_node(probe, dry_run="All", _request_timeout=SECONDS),
        lambda why: f"--cluster {kubeconfig}: no node can be made there ({why}): {remedy}",
    )


def _ask_nodes(kubeconfig: Path) -> list[dict[str, Any]]:
    """Ask a cluster for its nodes, as JSON has them (core/v1 Node), by name; raises ``RuntimeNotFoundError``."""
    listed = _ask(
        kubeconfig,
        lambda core: core.list_node(_request_timeout=SECONDS),
        lambda why: f"--cluster {kubeconfig}: its API server does not say which nodes there are ({why})",
    )
    return sorted(listed["items"], key=lambda each: str(each["metadata"]["name"]))


def _ask(kubeconfig: Path, ask: Callable[[CoreV1Api], Any], sentence: Callable[[str], str]) -> Any:
    """Ask a cluster something, and give the answer as JSON has it.

    Raises ``RuntimeNotFoundError`` with the ``sentence`` that a reason makes.
    """
    from kubernetes.client import ApiException, CoreV1Api
    from urllib3.exceptions import HTTPError

    with client_of(kubeconfig) as client:
        try:
            return client.sanitize_for_serialization(ask(CoreV1Api(client)))
        except (ApiException, HTTPError) as error:
            why = " ".join(str(getattr(error, "reason", None) or error).split())
            raise RuntimeNotFoundError(sentence(why)) from None


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _describe(node: dict[str, Any]) -> str:
    ready = "" if _is_ready(node) else ", not ready"
    return f"{node['metadata']['name']}: {node['status']['nodeInfo']['containerRuntimeVersion']}{ready}"


def _check_address(registry: str) -> None:
    """Refuse what is no address and port of this machine that others may reach."""
    host, _, port = registry.rpartition(":")
    try:
        usable = not registry or (
            port.isdecimal()
            and 0 < int(port) <= LAST_PORT
            and not ipaddress.ip_address(host.strip("[]")).is_unspecified
        )
    except ValueError:
        usable = False
    if not usable:
        msg = f"--cluster-registry {registry!r} is no address: write one of this machine and a port, 192.0.2.7:5000"
        raise RuntimeNotFoundError(msg)
