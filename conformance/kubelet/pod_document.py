"""A pod as Kubernetes writes it: the manifest that it is run by, and the state that is told of it.

Source: Kubernetes core/v1 (Pod, ContainerState), kubernetes/kubernetes pkg/kubelet/config/file.go.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.cri import error_parser
from conformance.kubelet.volume import ImageVolume
from conformance.model.reason import Reason

_INSPECTED = re.compile(r'Failed to inspect image "(?P<image>[^"]*)": ')

CONTAINER = "main"
NAMESPACE = "default"


def manifest(
    name: str, image: str, volumes: Sequence[ImageVolume], policy: str | None, *, namespace: str = NAMESPACE
) -> dict[str, Any]:
    """Give the manifest of a pod with one container; a pull policy that is none is not written."""
    mounts = [
        {"name": f"volume-{at}", "mountPath": volume.at, **({"subPath": volume.sub_path} if volume.sub_path else {})}
        for at, volume in enumerate(volumes)
    ]
    images = [
        {
            "name": f"volume-{at}",
            "image": {"reference": volume.image, **({"pullPolicy": volume.policy} if volume.policy else {})},
        }
        for at, volume in enumerate(volumes)
    ]
    container = {
        "name": CONTAINER,
        "image": image,
        "command": ["/bin/sleep", "infinity"],
        "volumeMounts": mounts,
        **({"imagePullPolicy": policy} if policy else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "hostNetwork": True,
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            "volumes": images,
        },
    }


@dataclass(frozen=True)
class PodState:
    """What a kubelet reports of a pod's container.

    ``reason`` and ``message`` are those of ``state.waiting``, empty where it runs; ``container_id`` is that of a
    container that runs.
    """

    reason: str = ""
    message: str = ""
    container_id: str = ""

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the message did not serve."""
        return error_parser.reasons_by_registry(self.message)

    @property
    def inspected(self) -> str | None:
        """The image that it says it failed to inspect, none where the message is about something else."""
        match = _INSPECTED.match(self.message)
        return match["image"] if match else None


def state_of(pod: Mapping[str, Any]) -> PodState:
    """Read the state of a pod's first container from core/v1 JSON; what is not there yet is empty."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    state = statuses[0].get("state", {})
    waiting = state.get("waiting", {})
    running = statuses[0].get("containerID", "").rpartition("/")[2] if "running" in state else ""
    return PodState(waiting.get("reason", ""), waiting.get("message", ""), running)
