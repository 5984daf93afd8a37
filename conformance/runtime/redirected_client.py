"""A client that asks somebody's runtime by the names that images have on its node, and answers by the case's."""

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from conformance.cri import Call, Client
from conformance.cri.v1 import api_pb2 as api
from conformance.runtime.redirected_names import RedirectedNames

Rename = Callable[[str], str]


class RedirectedError(grpc.RpcError):
    """A failed call, its text by the case's names."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        """Give the status."""
        return self._code

    def details(self) -> str:
        """Give the text."""
        return self._details


class RedirectedClient(Client):
    """A client of a runtime on somebody's node: calls are recorded by the case's names.

    ``prepare`` is called before each call that names an image, with the node's name of one that is to be pulled, and
    ``place_pod`` for each pod that is to be made.
    """

    def __init__(
        self,
        socket: str,
        record: Callable[[Call], object],
        names: RedirectedNames,
        prepare: Callable[[str], None],
        place_pod: Callable[[api.PodSandboxConfig], None],
        *,
        is_running: Callable[[], bool],
    ) -> None:
        super().__init__(socket, record, is_running=is_running)
        self._names = names
        self._prepare = prepare
        self._place_pod = place_pod

    def _answer(self, method: Any, request: Message, timeout: float) -> Any:
        """Make a call by the node's names; raises ``CapabilityError`` for a name that has no place there."""
        outward = type(request)()
        outward.CopyFrom(request)
        if isinstance(outward, api.PullImageRequest):
            name = outward.image.image
            if outward.HasField("auth"):
                self._names.ask_directly(name)
            outward.image.image = outward.image.user_specified_image = self._names.outward(name, pulled=True)
            self._prepare(outward.image.image)
        elif isinstance(outward, api.RunPodSandboxRequest):
            self._place_pod(outward.config)
        elif _rename_images(outward, self._names.outward):
            self._prepare("")
        if isinstance(outward, api.CreateContainerRequest):
            self._place_pod(outward.sandbox_config)
        try:
            answer = super()._answer(method, outward, timeout)
        except grpc.RpcError as failure:
            raise RedirectedError(failure.code(), self._names.inward(failure.details() or "")) from None
        if isinstance(answer, api.ListImagesResponse):
            self._leave_out_theirs(answer)
        _rename_texts(answer, self._names.inward)
        return answer

    def _leave_out_theirs(self, answer: api.ListImagesResponse) -> None:
        """Leave out of a list the images that are not the run's: without the prefix, no name tells them apart."""
        ours = [each for each in answer.images if any(map(self._names.is_ours, (*each.repo_tags, *each.repo_digests)))]
        del answer.images[:]
        answer.images.extend(ours)


def _rename_images(message: Message, rename: Rename) -> bool:
    """Rename the images that a request names (``ImageSpec``); tell whether there are any."""
    found = False
    if isinstance(message, api.ImageSpec):
        message.image = rename(message.image)
        message.user_specified_image = rename(message.user_specified_image)
        return bool(message.image)
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE and not _is_map(field):
            for each in [value] if isinstance(value, Message) else value:
                found = _rename_images(each, rename) or found
    return found


def _rename_texts(message: Message, rename: Rename) -> None:
    """Rename whatever an answer names, in all of its texts."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_STRING:
            if isinstance(value, str):
                setattr(message, field.name, rename(value))
            else:
                value[:] = list(map(rename, value))
        elif _is_map(field):
            for key in [key for key in value if isinstance(value[key], str)]:
                value[key] = rename(value[key])
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in [value] if isinstance(value, Message) else value:
                _rename_texts(each, rename)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
