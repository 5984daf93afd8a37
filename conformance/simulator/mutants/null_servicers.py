"""Two runtimes that do nothing, in the place of a simulator's servicers: a case that passes on one states little."""

from collections.abc import Callable

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from conformance.cri.v1 import api_pb2 as api
from conformance.simulator.rpc import ServicerError

SOME_ID = "0" * 64


class RefusesEverything:
    """Refuses every call."""

    def __init__(self, *_: object) -> None:
        pass

    def __getattr__(self, rpc: str) -> Callable[[Message], Message]:
        def refuse(_: Message) -> Message:
            raise ServicerError(f"{rpc} is refused")

        return refuse


class AcceptsEverything:
    """Says yes to every call, with an ID where one is due, and does nothing."""

    def __init__(self, *_: object) -> None:
        pass

    def __getattr__(self, rpc: str) -> Callable[[Message], Message]:
        return accept


def accept(request: Message) -> Message:
    """Give the response to a request of the CRI in which every text is an ID, and all else is left out."""
    response: Message = getattr(api, type(request).__name__.replace("Request", "Response"))()
    for field in response.DESCRIPTOR.fields:
        if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
            setattr(response, field.name, SOME_ID)
    return response
