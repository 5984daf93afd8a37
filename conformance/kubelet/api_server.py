"""What a kubelet of ours joins: an API server, and what a kubelet needs to be known there."""

import signal
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # the official client is heavy
    from conformance.kubelet.kube_api import KubeAPI


class APIServer(ABC):
    """An API server: ``api`` asks it, ``kubeconfig`` (JSON) is what a kubelet on the node finds and may ask it by.

    ``registers`` tells whether a kubelet is to make its own node there.
    """

    api: "KubeAPI"
    kubeconfig: str
    registers: bool

    @abstractmethod
    def admit(self, node: str) -> None:
        """Let the node be known, before its kubelet is started; raises ``ClusterError``."""

    @abstractmethod
    def check(self) -> None:
        """Raise ``RuntimeFailedError`` when it has ended."""

    @abstractmethod
    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its processes, if they are ours."""

    @abstractmethod
    def close(self) -> None:
        """End what is ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
