"""What a kubelet does with a pod's images and image volumes: its walk through the CRI, its words, and a real one.

In come a runtime and what a pod wants; out go walks, containers to look into, and what a user would read.
"""

from conformance.kubelet.container import Container, Output
from conformance.kubelet.messages import Told
from conformance.kubelet.pod import Pod, Start
from conformance.kubelet.pod_sync import Ensured, Walk
from conformance.kubelet.volume import ImageVolume, image_mount

__all__ = ["Container", "Ensured", "ImageVolume", "Output", "Pod", "Start", "Told", "Walk", "image_mount"]
