"""A CRI proxy: a socket in front of another one; what a client asks goes through, and is recorded."""

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from conformance.cri import Client, CRIError
from conformance.cri.client import Call
from conformance.cri.socket_target import SocketTarget
from conformance.cri.v1 import api_pb2 as api

THREADS = 16
LONGEST_SECONDS = 3600.0
"""What a call may take whose client sets no limit."""

RECORDED_RPCS = frozenset(
    {
        *("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"),
        *("ImageStatus", "PullImage", "RemoveImage"),
        *("CreateContainer", "StartContainer", "StopContainer", "RemoveContainer"),
    }
)
"""The calls that do something or are about an image; a kubelet makes many others, every second."""


class CRIProxy(grpc.GenericRpcHandler):
    """Serves on ``socket`` while it is entered, and asks the CRI server on ``behind``; ``record`` is given the calls.

    Calls that stream are not there, which a kubelet takes for a runtime that has none (``Unimplemented``).
    """

    def __init__(self, socket: Path, behind: Path, record: Callable[[Call], object]) -> None:
        self._client = Client(str(behind), lambda call: record(call) if call.rpc in RECORDED_RPCS else None)
        self._idle = threading.Condition()
        self._under_way = 0
        self._threads = futures.ThreadPoolExecutor(THREADS, thread_name_prefix="tap")
        self._server = grpc.server(self._threads, handlers=[self])
        self._target = SocketTarget(socket)
        self._server.add_insecure_port(self._target.uri)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Give what answers a method; none where there is no such method."""
        path: str = handler_call_details.method
        method = _method(path)
        if method is None or method.server_streaming:
            return None
        answer = GetMessageClass(method.output_type)

        def forward(request: Message, context: grpc.ServicerContext) -> Message:
            try:
                with self._counted():
                    return self._client.forward(path, request, answer, min(context.time_remaining(), LONGEST_SECONDS))
            except CRIError as error:
                context.abort(error.code, error.message)
                raise

        return grpc.unary_unary_rpc_method_handler(
            forward,
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=answer.SerializeToString,
        )

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._under_way += 1
        try:
            yield
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until every call has been answered by who is behind, also those that nobody waits for; tell whether."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._under_way, seconds)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()
        self._client.close()  # which ends the calls that are under way
        self._threads.shutdown(cancel_futures=True)
        self._target.close()


def _method(path: str) -> MethodDescriptor | None:
    service, _, name = path.removeprefix("/").rpartition("/")
    known = {each.full_name: each for each in api.DESCRIPTOR.services_by_name.values()}
    return known[service].methods_by_name.get(name) if service in known else None
