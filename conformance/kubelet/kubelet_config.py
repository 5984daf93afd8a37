"""The settings of a kubelet on its own: with our folders, socket and control group, and nothing evicted.

Source: kubelet.config.k8s.io/v1beta1, ``KubeletConfiguration``.
"""

from pathlib import Path
from typing import Any

from conformance.model.release import Release

PORT = 10255
"""The port on which anybody may ask for the pods (``readOnlyPort``)."""

ROOT = "/var/lib/kubelet"
"""Where it keeps its own things, in the world's own ``/var``."""

ALWAYS_ON = Release("1.36")
"""From here on image volumes need no feature gate."""

_SIGNALS = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available")


def kubelet_config(manifests: Path, socket: Path, cgroup: str, release: Release) -> dict[str, Any]:
    """Give the configuration of a kubelet that takes pods from the folder ``manifests`` and has no API server."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "staticPodPath": str(manifests),
        "containerRuntimeEndpoint": f"unix://{socket}",
        "podLogsDir": "/var/log/pods",
        "volumePluginDir": f"{ROOT}/plugins",
        "protectKernelDefaults": True,
        "address": "127.0.0.1",
        "readOnlyPort": PORT,
        "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup,
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "oomScoreAdj": 0,
        "syncFrequency": "1s",
        "imageGCHighThresholdPercent": 100,
        "evictionHard": dict.fromkeys(_SIGNALS, "0%"),
        "featureGates": {"ImageVolume": True} if release.base < ALWAYS_ON else {},
    }
