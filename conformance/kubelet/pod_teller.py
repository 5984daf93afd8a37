"""Who runs a pod and tells its user what becomes of it: our pod sync, a kubelet with static pods, a cluster."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.model.answers import Login
from conformance.model.release import Release
from conformance.runtime.runtime import Runtime

if TYPE_CHECKING:
    from conformance.kubelet.watched_pod import WatchedPod


class PodTeller(ABC):
    """Runs pods on ``runtime``; ``release`` is the Kubernetes release whose words it has."""

    release: Release
    runtime: Runtime

    @abstractmethod
    def run(
        self,
        *volumes: ImageVolume,
        image: str = "",
        policy: PullPolicy | None = None,
        secret: Login | None = None,
    ) -> "WatchedPod":
        """Run a pod whose container has these volumes.

        ``image`` is the container's, by default one with a few programs, ``policy`` its pull policy, ``secret`` a login
        that the pod names as an image pull secret, for the registry that the login is for. Raises ``CapabilityError``
        where pods can have none.
        """

    @abstractmethod
    def collect_images(self) -> None:
        """Collect the images that nothing uses, however young they are; it is over when this returns.

        Raises ``CapabilityError`` where that cannot be had.
        """

    @abstractmethod
    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until something is the case; tell whether it was in time."""
