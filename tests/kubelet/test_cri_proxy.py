"""A CRI socket in front of another one: behind it the simulator, or a server that answers as a test wants it to."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from conformance.cri import Call, Client, CRIError
from conformance.cri.redact import REDACTED
from conformance.cri.v1 import api_pb2 as api
from conformance.cri.v1.api_pb2_grpc import ImageServiceStub, RuntimeServiceStub
from conformance.kubelet.cri_proxy import THREADS, CRIProxy
from tests.simulator.served_simulator import Run, refusal, simulated

APP = "quay.io/team/app"
PATIENCE = 20.0


def pull_of(name: str, **auth: str) -> api.PullImageRequest:
    return api.PullImageRequest(image=api.ImageSpec(image=name), auth=api.AuthConfig(**auth) if auth else None)


def status_of(name: str) -> api.ImageStatusRequest:
    return api.ImageStatusRequest(image=api.ImageSpec(image=name))


# In front of the simulator


@pytest.fixture
def calls() -> list[Call]:
    """What the tap was told of."""
    return []


@pytest.fixture
def run() -> Iterator[Run]:
    with simulated() as made:
        made.internet.host("quay.io").offer("team/app")
        yield made


@pytest.fixture
def client(run: Run, tmp_path: Path, calls: list[Call]) -> Iterator[Client]:
    """A client that asks the simulator through a tap."""
    socket = tmp_path / "tap.sock"
    with CRIProxy(socket, run.socket, calls.append), Client(str(socket), lambda _: None, timeout=PATIENCE) as made:
        yield made


def test_an_answer_is_the_one_behind_it(client: Client, run: Run) -> None:
    assert client.version(api.VersionRequest()) == run.client.version(api.VersionRequest())
    pulled = client.pull_image(pull_of(APP))
    assert pulled.image_ref
    assert client.image_status(status_of(APP)) == run.status(APP)
    assert client.list_images(api.ListImagesRequest()).images == run.images()


def test_an_error_is_the_one_behind_it_and_on_record(client: Client, run: Run, calls: list[Call]) -> None:
    through = refusal(client.pull_image, pull_of("quay.io/none"))
    behind = refusal(run.pull, "quay.io/none")
    assert (through.code, through.message) == (behind.code, behind.message)
    (call,) = calls
    assert call.error is not None
    assert (call.rpc, call.response, call.error.message) == ("PullImage", None, behind.message)


def test_a_call_is_on_record_with_what_was_asked_and_answered(client: Client, calls: list[Call]) -> None:
    pulled = client.pull_image(pull_of(APP))
    looked = client.image_status(status_of(APP))
    assert [(call.rpc, call.request, call.response, call.error) for call in calls] == [
        ("PullImage", pull_of(APP), pulled, None),
        ("ImageStatus", status_of(APP), looked, None),
    ]


def test_only_calls_that_tell_something_are_on_record(client: Client, calls: list[Call]) -> None:
    client.version(api.VersionRequest())
    client.status(api.StatusRequest())
    client.list_images(api.ListImagesRequest())
    client.image_fs_info(api.ImageFsInfoRequest())
    client.list_containers(api.ListContainersRequest())
    client.list_pod_sandbox(api.ListPodSandboxRequest())
    refusal(client.container_status, api.ContainerStatusRequest(container_id="none"))
    assert calls == []
    config = api.PodSandboxConfig(metadata=api.PodSandboxMetadata(name="p", uid="u", namespace="n"))
    pod = client.run_pod_sandbox(api.RunPodSandboxRequest(config=config)).pod_sandbox_id
    client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=pod))
    client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=pod))
    client.remove_image(api.RemoveImageRequest(image=api.ImageSpec(image=APP)))
    container = api.ContainerConfig(image=api.ImageSpec(image=APP))
    refusal(client.create_container, api.CreateContainerRequest(pod_sandbox_id="none", config=container))
    refusal(client.start_container, api.StartContainerRequest(container_id="none"))
    client.stop_container(api.StopContainerRequest(container_id="none"))
    client.remove_container(api.RemoveContainerRequest(container_id="none"))
    assert [call.rpc for call in calls] == [
        "RunPodSandbox",
        "StopPodSandbox",
        "RemovePodSandbox",
        "RemoveImage",
        "CreateContainer",
        "StartContainer",
        "StopContainer",
        "RemoveContainer",
    ]


def test_a_password_goes_through_and_is_not_on_record(client: Client, run: Run, calls: list[Call]) -> None:
    login = run.internet.host("quay.io").require_login("team/app")
    refusal(client.pull_image, pull_of(APP))
    assert client.pull_image(pull_of(APP, username=login.user, password=login.password)).image_ref
    assert login.password not in repr(calls)
    recorded = calls[-1].request
    assert isinstance(recorded, api.PullImageRequest)
    assert (recorded.auth.username, recorded.auth.password) == (login.user, REDACTED)


def test_the_socket_is_served_as_long_as_it_is_entered(run: Run, tmp_path: Path) -> None:
    socket = str(tmp_path / "tap.sock")
    for _ in range(2):
        tap = CRIProxy(Path(socket), run.socket, lambda _: None)
        with tap, Client(socket, lambda _: None, timeout=PATIENCE) as client:
            assert client.version(api.VersionRequest()).runtime_version == "1.36.3"
        assert not Path(socket).exists()
        del tap  # nothing else can have closed it until now


# In front of a server that answers as a test wants it to


@dataclass
class Behind(grpc.GenericRpcHandler):
    """A server that answers every call with nothing, unless a test says otherwise; it remembers the time it had."""

    answer: Callable[[grpc.ServicerContext], object] = lambda _: None
    left: list[float] = field(default_factory=list)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        del handler_call_details

        def handle(_: bytes, context: grpc.ServicerContext) -> bytes:
            self.left.append(context.time_remaining())
            self.answer(context)
            return b""

        return grpc.unary_unary_rpc_method_handler(handle)


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Behind]:
    made = Behind()
    server = grpc.server(ThreadPoolExecutor(THREADS), handlers=[made])
    server.add_insecure_port(f"unix://{tmp_path}/behind.sock")
    server.start()
    yield made
    server.stop(None).wait()


@pytest.fixture
def channel(tmp_path: Path, behind: Behind, calls: list[Call]) -> Iterator[grpc.Channel]:
    """A channel to a tap in front of that server, for calls as no client of ours makes them."""
    del behind
    with tapped(tmp_path, calls) as made:
        yield made


@contextmanager
def tapped(tmp_path: Path, calls: list[Call]) -> Iterator[grpc.Channel]:
    """Put a tap in front of the server behind; at the end every call is on record."""
    with (
        CRIProxy(tmp_path / "tap.sock", tmp_path / "behind.sock", calls.append),
        grpc.insecure_channel(f"unix://{tmp_path}/tap.sock") as made,
    ):
        yield made


def test_a_method_that_streams_is_unimplemented(channel: grpc.Channel, behind: Behind, calls: list[Call]) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        list(RuntimeServiceStub(channel).GetContainerEvents(api.GetEventsRequest(), timeout=PATIENCE))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert (calls, behind.left) == ([], [])


@pytest.mark.parametrize(
    "path",
    [
        "/runtime.v1.ImageService/Fly",
        "/runtime.v1.ImageService/Version",
        "/runtime.v1alpha2.ImageService/ListImages",
        "/grpc.health.v1.Health/Check",
        "/x",
    ],
)
def test_a_method_that_there_is_not_is_unimplemented(
    channel: grpc.Channel, behind: Behind, calls: list[Call], path: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(path, request_serializer=bytes)(b"", timeout=PATIENCE)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert (calls, behind.left) == ([], [])


@pytest.mark.parametrize("code", [each for each in grpc.StatusCode if each is not grpc.StatusCode.OK])
def test_every_code_comes_through_with_its_text(channel: grpc.Channel, behind: Behind, code: grpc.StatusCode) -> None:
    behind.answer = lambda context: context.abort(code, 'no "such" image: näher\n…')
    with pytest.raises(grpc.RpcError) as caught:
        ImageServiceStub(channel).ImageStatus(api.ImageStatusRequest(), timeout=PATIENCE)
    assert (caught.value.code(), caught.value.details()) == (code, 'no "such" image: näher\n…')


def test_the_clients_deadline_is_that_of_the_call_behind(channel: grpc.Channel, behind: Behind) -> None:
    ImageServiceStub(channel).PullImage(api.PullImageRequest(), timeout=7.0)
    assert 4.0 < behind.left[0] < 8.0


def test_a_client_without_a_deadline_is_waited_for(channel: grpc.Channel, behind: Behind) -> None:
    ImageServiceStub(channel).PullImage(api.PullImageRequest())
    assert behind.left[0] > 600, "longer than a pull takes"


def test_a_deadline_that_passes_ends_the_call_in_front_and_behind(
    tmp_path: Path, behind: Behind, calls: list[Call]
) -> None:
    ended = threading.Event()

    def linger(context: grpc.ServicerContext) -> None:
        context.add_callback(ended.set)
        ended.wait(PATIENCE)

    behind.answer = linger
    with tapped(tmp_path, calls) as channel:
        begin = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            ImageServiceStub(channel).PullImage(api.PullImageRequest(), timeout=0.2)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert ended.wait(PATIENCE / 2)
        assert time.monotonic() - begin < PATIENCE / 2
        behind.answer = lambda _: None
        ImageServiceStub(channel).ImageStatus(api.ImageStatusRequest(), timeout=PATIENCE)
    first, second = sorted(calls, key=lambda call: call.at)  # on record when each has ended
    assert (first.rpc, second.rpc) == ("PullImage", "ImageStatus")
    assert first.error is not None


def test_several_calls_are_under_way_at_once(channel: grpc.Channel, behind: Behind, calls: list[Call]) -> None:
    together = threading.Barrier(THREADS, timeout=PATIENCE)
    behind.answer = lambda _: together.wait()
    stub = ImageServiceStub(channel)
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda n: stub.PullImage(pull_of(str(n)), timeout=PATIENCE), range(THREADS)))
    assert answers == [api.PullImageResponse()] * THREADS
    asked = {call.request.image.image for call in calls}  # type: ignore[attr-defined]
    assert asked == {str(n) for n in range(THREADS)}


def test_closing_ends_calls_that_are_under_way(
    tmp_path: Path, behind: Behind, calls: list[Call], caplog: pytest.LogCaptureFixture
) -> None:
    under_way, ended = threading.Event(), threading.Event()

    def linger(context: grpc.ServicerContext) -> None:
        context.add_callback(ended.set)
        under_way.set()
        ended.wait(PATIENCE)

    behind.answer = linger
    with grpc.insecure_channel(f"unix://{tmp_path}/tap.sock") as channel:
        with CRIProxy(tmp_path / "tap.sock", tmp_path / "behind.sock", calls.append):
            answer = ImageServiceStub(channel).PullImage.future(api.PullImageRequest())
            assert under_way.wait(PATIENCE)
            begin = time.monotonic()
        assert time.monotonic() - begin < PATIENCE / 2
        assert [call.rpc for call in calls] == ["PullImage"]
        assert [each for each in threading.enumerate() if each.name.startswith("tap")] == []
        assert ended.wait(PATIENCE / 2), "the call behind goes on"
        assert isinstance(answer.exception(PATIENCE), grpc.RpcError)
    assert caplog.messages == []


def test_a_server_that_is_not_there_is_an_error_by_the_clients_deadline(tmp_path: Path) -> None:
    socket = tmp_path / "tap.sock"
    with (
        CRIProxy(socket, tmp_path / "nobody.sock", lambda _: None),
        Client(str(socket), lambda _: None, timeout=0.3) as client,
        pytest.raises(CRIError) as caught,
    ):
        client.version(api.VersionRequest())
    assert caught.value.code in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}


def test_it_settles_when_what_is_behind_has_answered(tmp_path: Path, behind: Behind) -> None:
    asked, answers = threading.Event(), threading.Event()

    def linger(_: grpc.ServicerContext) -> None:
        asked.set()
        answers.wait(PATIENCE)

    behind.answer = linger
    tap = CRIProxy(tmp_path / "tap.sock", tmp_path / "behind.sock", lambda _: None)
    with tap, grpc.insecure_channel(f"unix://{tmp_path}/tap.sock") as channel:
        assert tap.settle(0)
        call = ImageServiceStub(channel).RemoveImage.future(api.RemoveImageRequest(), timeout=PATIENCE)
        assert asked.wait(PATIENCE)
        assert not tap.settle(0.1)
        answers.set()
        assert tap.settle(PATIENCE)
        call.result()
