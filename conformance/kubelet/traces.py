"""What runs leave in somebody's cluster when they are killed, and how it is known."""

from conformance.kubelet.kube_api import KubeAPI
from conformance.node.maker import is_gone

LABEL = "crio-conformance.maker"
"""The label by which a namespace or a node is known to be of a run, and of which (``this_maker``)."""


def remove_what_killed_runs_left(api: KubeAPI) -> None:
    """Delete nodes and namespaces of runs that have ended; raises ``ClusterError``."""
    for name, maker in api.labelled_nodes(LABEL).items():
        if is_gone(maker):
            api.delete_node(name)
            api.delete_pods_on(name)
    for name, maker in api.namespaces(LABEL).items():
        if is_gone(maker):
            api.delete_namespace(name)
