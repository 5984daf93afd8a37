"""Why there are no containers of a CRI-O here, each reason a sentence: no root, no control groups, too old a crun."""

import re
from pathlib import Path

from conformance.model.release import Release

MOUNTS = Path("/proc/mounts")
CRUN_WITHOUT_CHECK = Release("1.14.3")
"""Before, crun refused each configuration of a version of the OCI runtime-spec that it did not know, as those are that
CRI-O writes: "unknown version specified" (containers/crun NEWS, 1.14.2 and 1.14.3)."""


def why_no_containers(*, root: bool, oci_runtime: str, mounts: Path = MOUNTS) -> str:
    """Say why there are no containers here, nothing where there are; ``oci_runtime`` is ``runc 1.1.5``, or empty."""
    return why_not_root(root=root) or why_no_cgroups(mounts) or why_too_old(oci_runtime)


def why_not_root(*, root: bool) -> str:
    """Say what an ordinary user lacks, nothing to root."""
    return "" if root else "it takes root, and this is an ordinary user: run it with `sudo -E`"


def why_no_cgroups(mounts: Path = MOUNTS) -> str:
    """Say what is wrong with this machine's control groups, nothing where containers can be put into them."""
    options = [
        each[3].split(",") for line in mounts.read_text().splitlines() if (each := line.split())[2].startswith("cgroup")
    ]
    if not options:
        return "no control groups are mounted here: mount /sys/fs/cgroup"
    if all("ro" in each for each in options):
        return "control groups are mounted here to be read only: in a container, start it with --privileged"
    return ""


def why_too_old(oci_runtime: str) -> str:
    """Say why an OCI runtime cannot start what CRI-O asks for, nothing where it can; it is named as ``crun 1.8.1``."""
    match = re.fullmatch(r"crun (\d+(?:\.\d+)*)\S*", oci_runtime)
    if match is None or Release(match[1]) >= CRUN_WITHOUT_CHECK:
        return ""
    return f"{oci_runtime} is too old for CRI-O: install crun {CRUN_WITHOUT_CHECK} or newer, or runc"
