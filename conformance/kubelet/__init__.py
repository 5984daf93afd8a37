"""What a kubelet does with a pod's images and image volumes: its walk through the CRI, its words, and a real one.

In come a runtime and what a pod wants; out go walks, containers to look into, and what a user would read.
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
