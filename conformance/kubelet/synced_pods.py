"""Our own pod sync as a teller: what a kubelet would ask and tell, without one."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from conformance.kubelet.messages import Event, WaitingState
from conformance.kubelet.pod import Pod
from conformance.kubelet.pod_document import PodState
from conformance.kubelet.pod_sync import PodSync
from conformance.kubelet.pod_teller import PodTeller
from conformance.kubelet.pull_secrets import is_shown_for
from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.kubelet.watched_pod import WatchedPod
from conformance.model.answers import Login
from conformance.model.release import Release
from conformance.runtime import pod_images
from conformance.runtime.runtime import CapabilityError, Runtime


class PodSyncTeller(PodTeller):
    """Syncs each pod once, at once, as the kubelet of a Kubernetes release does; closing it takes the pods away."""

    def __init__(self, runtime: Runtime, release: Release) -> None:
        self.runtime = runtime
        self.release = release
        self._pods = ExitStack()

    def run(
        self,
        *volumes: ImageVolume,
        image: str = "",
        policy: PullPolicy | None = None,
        secret: Login | None = None,
    ) -> "SyncedPod":
        """Sync a pod; a container without a pull policy has that of its image's tag."""
        pod = self._pods.enter_context(Pod(self.runtime, kubelet=self.release))
        image = image or pod_images.TOOLS
        policy = ImageVolume(image, "", policy).effective_policy
        shown = secret if secret and any(is_shown_for(secret, each.image) for each in volumes) else None
        name = pod.config.metadata.name
        return SyncedPod(self, name, lambda: pod.mount(*volumes, image=image, policy=policy, login=shown))

    def collect_images(self) -> None:
        """Refuse: a pod sync collects nothing."""
        raise CapabilityError("kubelet", "our pod sync collects no images")

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Look once: a pod sync is over before anybody can ask."""
        del seconds
        return until()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pods.close()


class SyncedPod(WatchedPod):
    """A pod that was synced once; while it waits, its state is the first or that during the back-off."""

    def __init__(self, teller: PodSyncTeller, name: str, sync: Callable[[], PodSync]) -> None:
        super().__init__(teller, name)
        self.sync = sync()

    @property
    def _waiting(self) -> list[WaitingState]:
        first = self.sync.waiting
        return [each for each in (first, first and first.during_back_off) if each is not None]

    @property
    def state(self) -> PodState:
        """The state in the end: that during the back-off, where there is one."""
        if self.sync.container:
            return PodState(container_id=self.sync.container.id)
        return PodState(self._waiting[-1].reason, self._waiting[-1].message)

    def waiting(self, *reasons: str) -> PodState:
        """Give the first state with one of these reasons; an assertion fails where there is none."""
        found = [PodState(each.reason, each.message) for each in self._waiting if each.reason in reasons]
        return found[0] if found else super().waiting(*reasons)

    @property
    def events(self) -> list[Event]:
        """The events of the first try and of the back-off after it."""
        return [event for state in self._waiting for event in state.events]

    def pulls_again(self, seconds: float) -> bool:
        """Refuse: nobody looks after the pod later."""
        del seconds
        raise CapabilityError("kubelet", "our pod sync is made once")
