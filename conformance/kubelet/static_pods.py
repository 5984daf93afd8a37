"""Static pods: those that a kubelet runs because a file says so. It tells of them on its port and in its log."""

import json
from typing import TYPE_CHECKING, Any

from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import PodState
from conformance.kubelet.watched_pod import WatchedPod

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.kubelet.process import KubeletProcess

NODE = "node"


class StaticPod(WatchedPod):
    """A pod that a kubelet runs because a file says so; its name ends with the node's."""

    def __init__(self, kubelet: "KubeletProcess", document: dict[str, Any]) -> None:
        wanted: str = document["metadata"]["name"]
        super().__init__(kubelet, f"{wanted}-{NODE}")
        self._kubelet = kubelet
        hidden = kubelet.manifests / f".{wanted}.json"  # a kubelet skips these
        hidden.write_text(json.dumps(document))
        self.file: Path = hidden.rename(kubelet.manifests / f"{wanted}.json")

    @property
    def state(self) -> PodState:
        """The state that the kubelet reports now; an empty one where it does not know the pod, or does not answer."""
        return (self._kubelet.pods() or {}).get(self.name, PodState())

    @property
    def events(self) -> list[Event]:
        """The pod's events so far, each once, in order."""
        return self._kubelet.events(self.name)
