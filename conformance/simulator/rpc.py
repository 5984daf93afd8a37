"""From gRPC to methods: a method of a servicer per RPC, errors as texts, every call in the log.

Source: CRI-O internal/log/interceptors/interceptors.go.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from conformance.model.release import Release
from conformance.simulator.log_file import LogFile
from conformance.simulator.printing import go_print

Handle = Callable[[Any], Any]
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


class ServicerError(Exception):
    """A call that fails: the text of the gRPC error, and its code."""

    def __init__(self, text: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Dispatcher:
    """Serves services of the CRI for a release, each RPC by the method of a servicer that is named after it."""

    def __init__(self, release: Release, log: LogFile) -> None:
        self.release = release
        self.log = log

    def handlers(self, service: ServiceDescriptor, servicer: object) -> grpc.GenericRpcHandler:
        """Give the handlers of a service: ``PullImage`` is the method ``pull_image``."""
        methods = {method.name: self._handler(method, servicer) for method in service.methods}
        return grpc.method_handlers_generic_handler(service.full_name, methods)

    def _handler(self, method: MethodDescriptor, servicer: object) -> "grpc.RpcMethodHandler[Any, Any]":
        handle: Handle | None = getattr(servicer, _WORD.sub("_", method.name).lower(), None)
        name = f"/{method.containing_service.full_name}/{method.name}"

        async def call(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> Message:
            with self.log.request(name):
                try:
                    return await self._answer(method, handle, request)
                except ServicerError as refusal:
                    self.log.write("debug", f"Response error: {refusal.text}")
                    await context.abort(refusal.code, refusal.text)

        reads = GetMessageClass(method.input_type).FromString
        make = grpc.unary_stream_rpc_method_handler if method.server_streaming else grpc.unary_unary_rpc_method_handler
        return make(call, reads, lambda message: message.SerializeToString())

    async def _answer(self, method: MethodDescriptor, handle: Handle | None, request: Message) -> Message:
        if self.log.is_debug:
            self.log.write("debug", f"Request: {go_print(request, self.release)}")
        if handle is None:
            raise ServicerError(unimplemented(method.name), grpc.StatusCode.UNIMPLEMENTED)
        response = handle(request)
        if inspect.isawaitable(response):
            response = await response
        if self.log.is_debug:
            self.log.write("debug", f"Response: {go_print(response, self.release)}")
        answer: Message = response
        return answer


def unimplemented(rpc: str) -> str:
    """Give the text of the error UNIMPLEMENTED for an RPC that no servicer has."""
    return f"{rpc} cannot be had: this is a simulator of CRI-O's image service, which starts no process"
