"""A kubelet's pod sync: what it asks the runtime, step by step, to have a pod's images and its container.

Source: kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (``SyncPod``, ``getImageVolumes``,
``toKubeContainerImageVolumes``) and pkg/kubelet/images/image_manager.go (``EnsureImageExists``), 1.31 to 1.36: first
the image of every volume, in the pod's order and whatever became of the others, then that of the container, then the
container.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.cri import CallError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Evidence
from conformance.kubelet.container import Container
from conformance.kubelet.messages import KubeletMessages, WaitingState
from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.model.reason import Reason
from conformance.model.reference import InvalidReferenceError, parse_as_docker
from conformance.model.release import Release
from conformance.registry_hosts import Login
from conformance.runtime.pull import ImageStatusResult, Pull
from conformance.runtime.runtime import Runtime


@dataclass(frozen=True)
class EnsuredImage:
    """What was done to have one image.

    ``status`` is ImageStatus and ``pull`` PullImage, each where it was called. ``reference`` is how the runtime calls
    the image; it is empty where the image cannot be had, and ``waiting`` says why.
    """

    image: str
    status: ImageStatusResult | None = None
    pull: Pull | None = None
    reference: str = ""
    waiting: WaitingState | None = None

    @property
    def error(self) -> CallError | None:
        """The error of the runtime that is the reason."""
        failed = self.pull or self.status
        return failed.error if failed else None


@dataclass(frozen=True)
class PodSync:
    """One pod sync for a container, as far as it came.

    ``volumes`` are the images of the volumes, ``image`` that of the container; ``container`` runs, or ``waiting`` is
    what the user reads and ``error`` the runtime's own; ``evidence`` is what was recorded meanwhile.
    """

    volumes: tuple[EnsuredImage, ...]
    image: EnsuredImage | None
    container: Container | None
    error: CallError | None
    waiting: WaitingState | None
    evidence: Evidence

    @property
    def status(self) -> ImageStatusResult | None:
        """ImageStatus of the first volume's image, where that was called."""
        return self.volumes[0].status

    @property
    def pull(self) -> Pull | None:
        """PullImage of the first volume's image, where that was called."""
        return self.volumes[0].pull

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked, in order."""
        return self.evidence.asked

    @property
    def calls(self) -> list[str]:
        """The calls to the runtime, by name, in order."""
        return [call.rpc for call in self.evidence.calls]

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the error that stopped the pod sync did not serve."""
        return self.error.reasons if self.error else {}

    @property
    def waiting_reason(self) -> str:
        """The reason for which the container waits (``state.waiting.reason``), empty where it runs."""
        return self.waiting.reason if self.waiting else ""

    @property
    def mounted(self) -> dict[str, str]:
        """The image volumes that ContainerStatus reports, container path and image; empty without a container."""
        return self.container.mounted_images() if self.container else {}

    @property
    def running(self) -> Container:
        """The container; an assertion fails when there is none."""
        assert self.container is not None, f"no container was started: {self.waiting}"  # noqa: S101 (a case's statement)
        return self.container

    def read(self, path: str) -> str:
        """Read a file inside the container; an assertion fails when there is none."""
        return self.running.read(path)


class PodSyncer:
    """Makes the pod syncs of one pod, as the kubelet of one Kubernetes release does."""

    def __init__(self, runtime: Runtime, sandbox: api.PodSandboxConfig, kubelet: Release) -> None:
        self.runtime = runtime
        self.sandbox = sandbox
        self.kubelet = KubeletMessages(kubelet)

    def ensure(self, image: str, policy: PullPolicy, login: Login | None = None) -> EnsuredImage:
        """Have an image in the store, as its pull policy wants it (``EnsureImageExists``)."""
        kubelet, runtime = self.kubelet, self.runtime
        try:
            name = apply_default_tag(image)
        except InvalidReferenceError as error:
            return EnsuredImage(image, waiting=kubelet.invalid_name(image, str(error)))
        status = None
        if policy != "Always" or kubelet.always_inspects:
            status = runtime.status(name)
            if status.error:
                return EnsuredImage(image, status, waiting=kubelet.inspect_failed(image, status.error))
            if status.image and policy != "Always":
                return EnsuredImage(image, status, reference=status.image.id)
            if policy == "Never":
                return EnsuredImage(image, status, waiting=kubelet.never_pulled(image))
        pull = runtime.pull(name, login, sandbox=self.sandbox)
        if pull.error:
            return EnsuredImage(image, status, pull, waiting=kubelet.pull_failed(image, pull.error))
        return EnsuredImage(image, status, pull, reference=pull.image_ref)

    def ensure_all(self, volumes: Sequence[ImageVolume], login: Login | None) -> tuple[EnsuredImage, ...]:
        """Have the images of all volumes: one that fails does not keep the others from being looked for."""
        found = []
        for volume in volumes:
            self.runtime.evidence.record_message(
                f"volume {volume.image} at {volume.at}, pull policy {volume.effective_policy}:"
            )
            found.append(self.ensure(volume.image, volume.effective_policy, login))
        return tuple(found)


def apply_default_tag(image: str) -> str:
    """Give a name with ``:latest`` where it has no tag and no digest (``applyDefaultImageTag``).

    Raises ``InvalidReferenceError`` for what is no name by Docker's convention.
    """
    reference = parse_as_docker(image)
    return image if reference.tag or reference.digest else f"{image}:latest"


def sync_steps(evidence: Evidence) -> list[tuple[str, str]]:
    """Give the steps of a pod sync, each a call and the image it is about, as far as a container that was started.

    After a pull, a kubelet looks at the image's size, and we at its names: that is left out.
    """
    found: list[tuple[str, str]] = []
    pulled = False
    for call in evidence.calls:
        look = call.rpc == "ImageStatus" and pulled
        pulled = call.rpc == "PullImage" and call.error is None
        if call.rpc in {"ImageStatus", "PullImage"} and not look:
            found.append((call.rpc, call.request.image.image))  # type: ignore[attr-defined]
        elif call.rpc in {"CreateContainer", "StartContainer"}:
            found.append((call.rpc, ""))
        if call.rpc == "StartContainer":
            break
    return found
