import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, get_type_hints

import grpc
import pytest
from google.protobuf.message import Message

from conformance.cri import Call, Client, CRIError
from conformance.cri.redact import REDACTED, redacted
from conformance.cri.v1 import api_pb2 as api
from conformance.cri.v1.api_pb2_grpc import (
    ImageServiceServicer,
    ImageServiceStub,
    RuntimeServiceServicer,
    RuntimeServiceStub,
    add_ImageServiceServicer_to_server,
    add_RuntimeServiceServicer_to_server,
)

SERVICES = {"ImageService": ImageServiceStub, "RuntimeService": RuntimeServiceStub}
METHODS = {rpc.name: rpc for service in SERVICES for rpc in api.DESCRIPTOR.services_by_name[service].methods}
FACES = sorted(
    name
    for name, face in vars(Client).items()
    if not name.startswith("_")
    and name not in {"close", "forward"}
    and Parameter.empty is not signature(face).return_annotation
)


@dataclass
class Server:
    """A CRI server that remembers what it was asked and fails on demand."""

    socket: str
    asked: list[tuple[str, Message]] = field(default_factory=list)
    failure: tuple[grpc.StatusCode, str] | None = None

    def start(self) -> grpc.Server:
        server = grpc.server(ThreadPoolExecutor(2))
        answers = {name: staticmethod(self._answer(name)) for name in METHODS}
        add_ImageServiceServicer_to_server(type("Images", (ImageServiceServicer,), answers)(), server)
        add_RuntimeServiceServicer_to_server(type("Runtime", (RuntimeServiceServicer,), answers)(), server)
        server.add_insecure_port(f"unix://{self.socket}")
        server.start()
        return server

    def _answer(self, name: str) -> Callable[[Message, grpc.ServicerContext], Message]:
        def answer(request: Message, context: grpc.ServicerContext) -> Message:
            self.asked.append((name, request))
            if self.failure:
                context.abort(*self.failure)
            return response_of(name)()

        return answer


def response_of(rpc: str) -> type[Message]:
    found: type[Message] = getattr(api, METHODS[rpc].output_type.name)
    return found


def request_of(rpc: str) -> Message:
    made: Message = getattr(api, METHODS[rpc].input_type.name)()
    return made


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def wrapped(name: str) -> str:
    """The RPC of a method of the client: names such as ``ImageFsInfo`` have capitals that snake case lacks."""
    return next(rpc for rpc in METHODS if rpc.lower() == camel(name).lower())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(str(tmp_path / "cri.sock"))
    running = made.start()
    yield made
    running.stop(None).wait()


@pytest.fixture
def calls() -> list[Call]:
    return []


@pytest.fixture
def client(server: Server, calls: list[Call]) -> Iterator[Client]:
    with Client(server.socket, calls.append, timeout=10) as made:
        yield made


def test_the_client_has_methods() -> None:
    assert {"pull_image", "image_status", "run_pod_sandbox", "exec_sync", "version"} <= set(FACES)


@pytest.mark.parametrize("name", FACES)
def test_a_method_is_named_after_its_rpc_and_typed_as_it(name: str) -> None:
    rpc = METHODS[wrapped(name)]
    assert name == re.sub(r"(?<!^)(?=[A-Z])", "_", rpc.name).lower()
    hints = get_type_hints(getattr(Client, name))
    assert hints == {
        "request": getattr(api, rpc.input_type.name),
        "return": getattr(api, rpc.output_type.name),
    }


@pytest.mark.parametrize("name", FACES)
def test_a_method_reaches_its_rpc(name: str, client: Client, server: Server, calls: list[Call]) -> None:
    rpc = wrapped(name)
    response = getattr(client, name)(request_of(rpc))
    assert type(response) is response_of(rpc)
    assert server.asked == [(rpc, request_of(rpc))]
    (call,) = calls
    assert (call.rpc, call.request, call.response, call.error) == (rpc, request_of(rpc), response, None)
    assert call.duration >= 0


def test_a_failure_is_an_error_with_code_and_message_and_on_record(
    client: Client, server: Server, calls: list[Call]
) -> None:
    server.failure = (grpc.StatusCode.UNKNOWN, 'ImageVolumeMountFailed: image "a" does not exist locally')
    with pytest.raises(CRIError) as raised:
        client.create_container(api.CreateContainerRequest(pod_sandbox_id="p"))
    error = raised.value
    assert (error.rpc, error.code, error.message) == ("CreateContainer", *server.failure)
    assert (error.cri_code, error.is_missing_image) == ("ImageVolumeMountFailed", True)
    assert str(error) == f"CreateContainer: UNKNOWN: {error.message}"
    assert error.__cause__ is None
    (call,) = calls
    assert (call.error, call.response) == (error, None)
    assert call.duration >= 0


def test_an_error_reads_its_facts() -> None:
    text = "initializing source docker://quay.io/a/b:1: reading manifest 1 in quay.io/a/b: manifest unknown"
    error = CRIError("PullImage", grpc.StatusCode.UNKNOWN, text)
    assert (error.hosts, error.image_names, error.reasons) == (
        ("quay.io",),
        ("quay.io/a/b:1",),
        {"quay.io": "not found"},
    )
    assert (error.cri_code, error.is_ambiguous_name, error.is_missing_image) == ("", False, False)
    assert (error.says("quay.io/a/b"), error.says("secret")) == (True, False)


SECRET = "correct-horse"


def test_secrets_are_whole_on_the_wire_and_absent_from_the_record(
    client: Client, server: Server, calls: list[Call]
) -> None:
    auth = api.AuthConfig(
        username="robot",
        password=SECRET + "1",
        auth=SECRET + "2",
        identity_token=SECRET + "3",
        registry_token=SECRET + "4",
        server_address="quay.io",
    )
    request = api.PullImageRequest(image=api.ImageSpec(image="a"), auth=auth)
    client.pull_image(request)
    assert server.asked == [("PullImage", request)]
    assert request.auth.password == SECRET + "1"
    assert SECRET not in repr(calls)
    recorded = calls[0].request
    assert isinstance(recorded, api.PullImageRequest)
    assert (recorded.auth.password, recorded.auth.auth) == (REDACTED, REDACTED)
    assert (recorded.auth.username, recorded.auth.server_address) == ("robot", "quay.io")


def test_what_holds_no_secret_is_recorded_as_it_is() -> None:
    mounts = [api.Mount(container_path="/m", image=api.ImageSpec(image="a", annotations={"k": "v"}))]
    request = api.CreateContainerRequest(config=api.ContainerConfig(mounts=mounts, labels={"a": "b"}))
    assert redacted(request) == request
    assert redacted(request) is not request
    assert redacted(api.AuthConfig(username="robot")) == api.AuthConfig(username="robot")


def test_a_server_that_comes_up_later_is_waited_for(tmp_path: Path, calls: list[Call]) -> None:
    later = Server(str(tmp_path / "cri.sock"))
    with Client(later.socket, calls.append, timeout=30) as client, ThreadPoolExecutor(1) as pool:
        failed = threading.Event()
        client._channel.subscribe(
            lambda state: failed.set() if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE else None
        )
        answer = pool.submit(client.version, api.VersionRequest())
        assert failed.wait(20), "the client never tried to connect"
        assert not answer.done()
        running = later.start()
        try:
            assert answer.result(20) == api.VersionResponse()
        finally:
            running.stop(None).wait()
    assert [call.rpc for call in calls] == ["Version"]


def test_a_dead_socket_ends_in_an_error_by_the_timeout(tmp_path: Path, calls: list[Call]) -> None:
    with Client(str(tmp_path / "nobody.sock"), calls.append, timeout=0.2) as client, pytest.raises(CRIError) as raised:
        client.version(api.VersionRequest())
    assert raised.value.code in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}
    assert [call.error for call in calls] == [raised.value]
    assert calls[0].duration < 10


def test_closing_leaves_no_thread_and_no_exception(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    thrown: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", thrown.append)
    before = set(threading.enumerate())
    client = Client(server.socket, lambda _: None, timeout=10)
    client.version(api.VersionRequest())
    client.close()
    client.close()
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("ThreadPoolExecutor"):  # the server's
            thread.join(10)
            assert not thread.is_alive(), thread
    assert thrown == []
    with pytest.raises(ValueError, match=r"(?i)closed channel|channel closed"):
        client.version(api.VersionRequest())
