"""What a kubelet reports about an image: the container's state and the events of ``kubectl describe pod``.

Source: kubernetes/kubernetes pkg/kubelet/images/image_manager.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go
(``toKubeContainerImageVolumes``), pkg/kubelet/kuberuntime/kuberuntime_container.go (``startContainer``) and
staging/src/k8s.io/cri-client/pkg/remote_image.go, at 1.31.14, 1.32.13, 1.33.13, 1.34.9, 1.35.6 and 1.36.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc

from conformance.cri import CallError, error_parser
from conformance.model.go_text import go_quote
from conformance.model.reason import Reason
from conformance.model.release import Release

BACK_OFF = "ImagePullBackOff"
REGISTRY_UNAVAILABLE = "RegistryUnavailable"
SIGNATURE_INVALID = "SignatureValidationFailed"


@dataclass(frozen=True)
class Event:
    """An event of a pod: ``reason`` and ``message``, and how often it came, by which events do not differ."""

    reason: str
    message: str
    count: int = field(default=1, compare=False)

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the message did not serve."""
        return error_parser.reasons_by_registry(self.message)

    def says(self, text: str) -> bool:
        """Tell whether the message contains ``text``: a name as the user wrote it."""
        return text in self.message


@dataclass(frozen=True)
class WaitingState:
    """Why a container waits: ``reason`` and ``message`` of ``state.waiting``, and the events with it.

    ``during_back_off`` is what the state becomes while the kubelet waits before it tries again, where that is another
    one.
    """

    reason: str
    message: str
    events: tuple[Event, ...] = ()
    during_back_off: "WaitingState | None" = None

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the message did not serve."""
        return error_parser.reasons_by_registry(self.message)

    def says(self, text: str) -> bool:
        """Tell whether the message contains ``text``: a name as the user wrote it."""
        return text in self.message


@dataclass(frozen=True)
class KubeletMessages:
    """The messages of the kubelet of one Kubernetes release, and when it calls ImageStatus."""

    release: Release

    @property
    def always_inspects(self) -> bool:
        """Whether ImageStatus is asked whatever the pull policy is; from 1.32 on not for ``Always``."""
        return self.release.base < Release("1.32")

    @property
    def explains_back_off(self) -> bool:
        """Whether the state during the back-off carries the error of the pull; from 1.32 on."""
        return self.release.base >= Release("1.32")

    def invalid_name(self, image: str, why: str) -> WaitingState:
        """Give the state for an image name that is none (``applyDefaultImageTag``)."""
        parsed = f"couldn't parse image name {go_quote(image)}: {why}"
        message = f"Failed to apply default image tag {go_quote(image)}: {parsed}"
        return self._waiting("InvalidImageName", message, Event("InspectFailed", message))

    def inspect_failed(self, image: str, error: CallError) -> WaitingState:
        """Give the state after ImageStatus failed; from 1.32 on the name is left out (``imagePullPrecheck``)."""
        named = image if self.always_inspects else ""
        message = f"Failed to inspect image {go_quote(named)}: {_go(error)}"
        return self._waiting("ImageInspectError", message, Event("InspectFailed", message))

    def never_pulled(self, image: str) -> WaitingState:
        """Give the state where the image is not there and must not be pulled."""
        message = f"Container image {go_quote(image)} is not present with pull policy of Never"
        return self._waiting("ErrImageNeverPull", message, Event("ErrImageNeverPull", message))

    def pull_failed(self, image: str, error: CallError) -> WaitingState:
        """Give the state after PullImage failed, and the one during the back-off (``evalCRIPullErr``)."""
        text = error.message if error.code is grpc.StatusCode.UNKNOWN else _go(error)
        reason, message = "ErrImagePull", text
        for code, what in (
            (REGISTRY_UNAVAILABLE, "the registry is unavailable"),
            (SIGNATURE_INVALID, "the signature validation failed"),
        ):
            if text.startswith(code):
                reason, message = code, f"image pull failed for {image} because {what}{text.removeprefix(code)}"
        back_off = f"Back-off pulling image {go_quote(image)}"
        later = self._waiting(
            BACK_OFF,
            f"{back_off}: {reason}: {message}" if self.explains_back_off else back_off,
            Event("BackOff", back_off),
        )
        failed = Event("Failed", f"Failed to pull image {go_quote(image)}: {text}")
        pulling = Event("Pulling", f"Pulling image {go_quote(image)}")
        return self._waiting(reason, message, pulling, failed, then=later)

    def create_failed(self, error: CallError) -> WaitingState:
        """Give the state after CreateContainer failed: ``CreateContainerError`` with the runtime's text."""
        return WaitingState("CreateContainerError", error.message, (Event("Failed", f"Error: {error.message}"),))

    def start_failed(self, error: CallError) -> WaitingState:
        """Give the state after StartContainer failed: ``RunContainerError`` with the runtime's text."""
        return WaitingState("RunContainerError", error.message, (Event("Failed", f"Error: {error.message}"),))

    def _waiting(self, reason: str, message: str, *events: Event, then: WaitingState | None = None) -> WaitingState:
        """Give a state with its events; one about the container, which has the reason only, comes last."""
        return WaitingState(reason, message, (*events, Event("Failed", f"Error: {reason}")), then)


def _go(error: CallError) -> str:
    """Give an error as a Go client of gRPC prints it (``status.Error``)."""
    return f"rpc error: code = {_CODES.get(error.code, error.code.name.title())} desc = {error.message}"


_CODES = {
    grpc.StatusCode.NOT_FOUND: "NotFound",
    grpc.StatusCode.DEADLINE_EXCEEDED: "DeadlineExceeded",
    grpc.StatusCode.CANCELLED: "Canceled",
}
