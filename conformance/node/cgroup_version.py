"""Which control groups this machine has: v1, v2, or both side by side."""

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
UNIFIED = "unified"
"""Where systemd mounts v2 beside v1."""


def cgroup_version(folder: Path = CGROUPS) -> str:
    """Give ``v2``, ``v1`` or, where v2 is mounted beside v1, ``hybrid`` (systemd, CGROUP_DELEGATION)."""
    if (folder / "cgroup.controllers").exists():
        return "v2"
    return "hybrid" if (folder / UNIFIED / "cgroup.controllers").exists() else "v1"
