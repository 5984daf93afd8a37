"""The client: one object per connection, methods named after the RPCs of the CRI's two services."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import Message

from conformance.cri.errors import CRIError
from conformance.cri.redact import redacted
from conformance.cri.socket_target import SocketTarget
from conformance.cri.v1 import api_pb2 as api
from conformance.cri.v1.api_pb2_grpc import ImageServiceStub, RuntimeServiceStub
from conformance.interrupts import uninterrupted

Response = TypeVar("Response", bound=Message)

OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.initial_reconnect_backoff_ms", 20),  # the default makes a server that is just starting cost a second
    ("grpc.min_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 200),
    ("grpc.use_local_subchannel_pool", 1),
)

SECONDS = 60.0
"""How long a call may take; CRI-O itself sets no limit on a pull."""

LOOK_SECONDS = 0.5
"""How often a call without a connection looks whether the runtime is still there."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One CRI call: what was asked, what came back, when (``time.monotonic``) and for how long (seconds).

    Secrets (fields that the CRI marks ``debug_redact``) are taken out of ``request``.
    """

    rpc: str
    request: Message
    response: Message | None = None
    error: CRIError | None = None
    at: float = field(default_factory=time.monotonic)
    duration: float = 0.0


class Client:
    """A connection to a CRI socket. Every method raises ``CRIError`` when the call fails.

    ``socket`` is a path (``SocketTarget`` raises ``OSError`` for some), ``record`` is given every call, failed ones
    too, ``timeout`` is in seconds per call. A call to a runtime that ``is_running`` says has ended fails with
    ``UNAVAILABLE``; until then it is waited for.
    """

    def __init__(
        self,
        socket: str,
        record: Callable[[Call], object],
        *,
        timeout: float = SECONDS,
        is_running: Callable[[], bool] = lambda: True,
    ) -> None:
        self.record = record
        self.timeout = timeout
        self.is_running = is_running
        self._connected = False
        self._target = SocketTarget(Path(socket))
        self._channel = grpc.insecure_channel(self._target.uri, options=OPTIONS)
        self._images = ImageServiceStub(self._channel)
        self._runtime = RuntimeServiceStub(self._channel)

    def _call(self, method: Callable[..., Response], request: Message, timeout: float | None = None) -> Response:
        rpc = type(request).__name__.removesuffix("Request")
        begin = time.monotonic()
        facts: dict[str, Any] = {"rpc": rpc, "request": redacted(request), "at": begin}
        try:
            response: Response = self._answer(method, request, timeout or self.timeout)
        except grpc.RpcError as failure:
            error = CRIError(rpc, failure.code(), failure.details() or "")
        except grpc.FutureTimeoutError:
            error = CRIError(rpc, grpc.StatusCode.UNAVAILABLE, "the runtime has ended")
        else:
            self.record(Call(**facts, response=response, duration=time.monotonic() - begin))
            return response
        self.record(Call(**facts, error=error, duration=time.monotonic() - begin))
        raise error

    def _answer(self, method: Any, request: Message, timeout: float) -> Any:
        """Make a call and wait for its answer, on a connection that is there; else once there is one.

        A call that is waited for in this thread takes half the processor time of a future, and fails at once where the
        connection is lost.
        """
        if not self._connected or not self.is_running():
            return self._answer_once_connected(method, request, timeout)
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as failure:
            self._connected = failure.code() is not grpc.StatusCode.UNAVAILABLE
            raise

    def _answer_once_connected(self, method: Any, request: Message, timeout: float) -> Any:
        """Make a call when there is a connection; raises ``grpc.FutureTimeoutError`` once the runtime has ended."""
        with uninterrupted():  # a channel whose spin thread does not run yet is never closed (grpcio _channel.py)
            future = method.future(request, timeout=timeout, wait_for_ready=True)
        while True:
            try:
                answer = future.result(timeout=LOOK_SECONDS)
            except grpc.FutureTimeoutError:
                if not self.is_running():
                    future.cancel()
                    raise
            else:
                self._connected = True
                return answer

    def forward(self, path: str, request: Message, response: type[Response], timeout: float | None) -> Response:
        """Make the call whose method has that path, ``/runtime.v1.ImageService/PullImage``, on somebody's behalf."""
        method = self._channel.unary_unary(
            path, request_serializer=type(request).SerializeToString, response_deserializer=response.FromString
        )
        return self._call(method, request, timeout)

    # Images

    def pull_image(self, request: api.PullImageRequest) -> api.PullImageResponse:
        """Pull an image; the response's ``image_ref`` is its ID, and before CRI-O 1.35.2 its name with digest."""
        return self._call(self._images.PullImage, request)

    def image_status(self, request: api.ImageStatusRequest) -> api.ImageStatusResponse:
        """Look an image up in the store; where there is none, ``image`` is not set in the response."""
        return self._call(self._images.ImageStatus, request)

    def list_images(self, request: api.ListImagesRequest) -> api.ListImagesResponse:
        """List the images in the store; with a filter, those that one name means."""
        return self._call(self._images.ListImages, request)

    def remove_image(self, request: api.RemoveImageRequest) -> api.RemoveImageResponse:
        """Remove an image, or one of its names; one that is not there is no error, says the CRI."""
        return self._call(self._images.RemoveImage, request)

    def image_fs_info(self, request: api.ImageFsInfoRequest) -> api.ImageFsInfoResponse:
        """Report the file systems that images and containers are kept on: mount point, bytes and inodes used."""
        return self._call(self._images.ImageFsInfo, request)

    # The runtime

    def version(self, request: api.VersionRequest) -> api.VersionResponse:
        """Report the runtime's name (``cri-o``, ``containerd``) and release."""
        return self._call(self._runtime.Version, request)

    def status(self, request: api.StatusRequest) -> api.StatusResponse:
        """Report the runtime's conditions, ``RuntimeReady`` and ``NetworkReady``; its configuration if ``verbose``."""
        return self._call(self._runtime.Status, request)

    # Pods

    def run_pod_sandbox(self, request: api.RunPodSandboxRequest) -> api.RunPodSandboxResponse:
        """Create and start a pod's sandbox, with its network; the response has its ID."""
        return self._call(self._runtime.RunPodSandbox, request)

    def stop_pod_sandbox(self, request: api.StopPodSandboxRequest) -> api.StopPodSandboxResponse:
        """Stop a pod's sandbox and all containers in it; one that is stopped already is no error."""
        return self._call(self._runtime.StopPodSandbox, request)

    def remove_pod_sandbox(self, request: api.RemovePodSandboxRequest) -> api.RemovePodSandboxResponse:
        """Remove a pod's sandbox and all containers in it, running or not; one that is not there is no error."""
        return self._call(self._runtime.RemovePodSandbox, request)

    def pod_sandbox_status(self, request: api.PodSandboxStatusRequest) -> api.PodSandboxStatusResponse:
        """Report a pod's sandbox: its state and the addresses of its network."""
        return self._call(self._runtime.PodSandboxStatus, request)

    def list_pod_sandbox(self, request: api.ListPodSandboxRequest) -> api.ListPodSandboxResponse:
        """List the pod sandboxes that a filter matches, stopped ones too; without a filter, all."""
        return self._call(self._runtime.ListPodSandbox, request)

    # Containers

    def create_container(self, request: api.CreateContainerRequest) -> api.CreateContainerResponse:
        """Create a container in a pod, image volumes mounted; the response has its ID."""
        return self._call(self._runtime.CreateContainer, request)

    def start_container(self, request: api.StartContainerRequest) -> api.StartContainerResponse:
        """Start a container that was created; returns when its process has begun."""
        return self._call(self._runtime.StartContainer, request)

    def stop_container(self, request: api.StopContainerRequest) -> api.StopContainerResponse:
        """Stop a container: SIGTERM, and after the request's ``timeout`` (seconds) SIGKILL."""
        return self._call(self._runtime.StopContainer, request)

    def remove_container(self, request: api.RemoveContainerRequest) -> api.RemoveContainerResponse:
        """Remove a container, running or not; one that is not there is no error."""
        return self._call(self._runtime.RemoveContainer, request)

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        """Report a container: state, exit code, image, and the mounts it was created with."""
        return self._call(self._runtime.ContainerStatus, request)

    def list_containers(self, request: api.ListContainersRequest) -> api.ListContainersResponse:
        """List the containers that a filter matches, ended ones too; without a filter, all."""
        return self._call(self._runtime.ListContainers, request)

    def exec_sync(self, request: api.ExecSyncRequest) -> api.ExecSyncResponse:
        """Run a program in a container and wait for it; an exit code that is not 0 is an answer, no error."""
        return self._call(self._runtime.ExecSync, request)

    def close(self) -> None:
        """Close the connection; a CRI-O asked to end waits for that."""
        self._channel.close()
        self._target.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
