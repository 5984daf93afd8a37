"""The settings of a kubelet of ours: with our folders, socket and control group, and nothing evicted.

Source: kubelet.config.k8s.io/v1beta1, ``KubeletConfiguration``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.model.release import Release

ALWAYS_ON = Release("1.36")
"""From here on image volumes need no feature gate."""

_SIGNALS = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available")


@dataclass(frozen=True)
class KubeletPlace:
    """What a kubelet has to itself in a world, so that two can be there.

    ``folder`` is its name below the world's folder, ``root`` where it keeps its own things and mounts, in the world's
    own ``/var``; on ``read_only_port`` anybody may ask for its pods.
    """

    folder: str
    root: str
    port: int
    read_only_port: int


ALONE = KubeletPlace("kubelet", "/var/lib/kubelet", 10250, 10255)
"""The kubelet without an API server."""

IN_CLUSTER = KubeletPlace("cluster", "/var/lib/kubelet-of-cluster", 10350, 10355)
"""The kubelet of a cluster in a world."""


def kubelet_config(
    manifests: Path, socket: Path, cgroup: str, release: Release, place: KubeletPlace = ALONE
) -> dict[str, Any]:
    """Give the configuration of a kubelet that takes static pods from the folder ``manifests``."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "staticPodPath": str(manifests),
        "containerRuntimeEndpoint": f"unix://{socket}",
        "podLogsDir": "/var/log/pods",
        "volumePluginDir": f"{place.root}/plugins",
        "protectKernelDefaults": True,
        "address": "127.0.0.1",
        "port": place.port,
        "readOnlyPort": place.read_only_port,
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
        "featureGates": image_volume_gates(release),
    }


def image_volume_gates(release: Release) -> dict[str, bool]:
    """Give the feature gates that a program of a Kubernetes release needs, so that pods may have image volumes."""
    return {"ImageVolume": True} if release.base < ALWAYS_ON else {}
