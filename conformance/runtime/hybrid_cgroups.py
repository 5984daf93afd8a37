"""For machines with v2 control groups beside v1: crun starts no container there while v2 has a controller.

Source: crun src/libcrun/cgroup.c ("cgroups in hybrid mode not supported"), seen with 1.21, which makes a container's
folder of v2 all the same, wherever ``unified`` is. runc goes by v1 alone.
"""

from conformance.node import Node
from conformance.node.cgroup_version import CGROUPS, UNIFIED, cgroup_version

CRUN = "crun"


def hide_unified_cgroups(node: Node, oci_runtime: str) -> None:
    """Cover v2 on a node where crun is to run on it; outside, and for other OCI runtimes, it stays in sight.

    Raises ``NodeError`` where it cannot be covered.
    """
    if node.root and oci_runtime == CRUN and cgroup_version(node.cgroups) == "hybrid":
        node.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(CGROUPS / UNIFIED))
