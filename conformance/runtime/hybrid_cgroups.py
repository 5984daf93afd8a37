"""For machines with v2 control groups beside v1: crun starts no container there while v2 has a controller.

Source: crun src/libcrun/cgroup.c ("cgroups in hybrid mode not supported"), seen with 1.21. runc goes by v1 alone.
"""

from conformance.node import World
from conformance.node.cgroup_version import CGROUPS, UNIFIED, cgroup_version

CRUN = "crun"
SECONDS = 10.0


def hide_unified_cgroups(world: World, oci_runtime: str) -> None:
    """Take v2 out of a world's sight where crun is to run in it; outside, and for other OCI runtimes, it stays."""
    if not world.root or oci_runtime != CRUN or cgroup_version() != "hybrid":
        return
    umount = world.spawn(["umount", "--lazy", str(CGROUPS / UNIFIED)], {"PATH": "/usr/bin:/bin"}, "umount.log")
    umount.wait(SECONDS)
    umount.close()
