"""For machines with v2 control groups beside v1: crun starts no container there while v2 has a controller.

Source: crun src/libcrun/cgroup.c ("cgroups in hybrid mode not supported"), seen with 1.21. runc goes by v1 alone.
"""

from conformance.node import Node
from conformance.node.cgroup_version import CGROUPS, UNIFIED, cgroup_version

CRUN = "crun"


def hide_unified_cgroups(node: Node, oci_runtime: str) -> None:
    """Take v2 out of a node's sight where crun is to run on it; outside, and for other OCI runtimes, it stays.

    Raises ``NodeError`` where it cannot be taken.
    """
    if node.root and oci_runtime == CRUN and cgroup_version(node.cgroups) == "hybrid":
        node.run("umount", "--lazy", str(CGROUPS / UNIFIED))
