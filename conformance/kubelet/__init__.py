"""What a kubelet does with a pod's images and image volumes: its pod sync, its messages, and a real one.

In come a runtime and what a pod wants; out go pod syncs, containers to look into, and what a user would read.
``process`` runs a real kubelet without an API server, whose calls are seen through a ``cri_proxy``.
"""

from conformance.kubelet.container import Container, ExecResult
from conformance.kubelet.messages import WaitingState
from conformance.kubelet.pod import ContainerStart, Pod
from conformance.kubelet.pod_sync import EnsuredImage, PodSync
from conformance.kubelet.volume import ImageVolume, image_mount

__all__ = [
    "Container",
    "ContainerStart",
    "EnsuredImage",
    "ExecResult",
    "ImageVolume",
    "Pod",
    "PodSync",
    "WaitingState",
    "image_mount",
]
