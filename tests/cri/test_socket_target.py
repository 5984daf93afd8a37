"""A socket is found by gRPC whatever its path is written in."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from conformance.cri import Client
from conformance.cri.socket_target import SocketTarget
from conformance.cri.v1 import api_pb2 as api
from conformance.cri.v1.api_pb2_grpc import RuntimeServiceServicer, add_RuntimeServiceServicer_to_server

FOLDERS = ["plain", "a,b", "ü", "a b", "100%", "no\udcffutf-8"]


class Versions(RuntimeServiceServicer):
    """Answers the one call that every CRI client makes."""

    def Version(self, request: api.VersionRequest, context: grpc.ServicerContext) -> api.VersionResponse:  # noqa: N802
        del request, context
        return api.VersionResponse(runtime_name="cri-o")


@pytest.mark.parametrize("name", ["s.sock", "ü.sock", "a b%20.sock"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_server_and_client_meet(tmp_path: Path, folder: str, name: str) -> None:
    socket = tmp_path / folder / name
    socket.parent.mkdir()
    server = grpc.server(ThreadPoolExecutor(1))
    add_RuntimeServiceServicer_to_server(Versions(), server)  # type: ignore[abstract]
    with SocketTarget(socket) as target:
        server.add_insecure_port(target.uri)
        server.start()
        assert socket.is_socket()
        with Client(str(socket), lambda _: None, timeout=10) as client:
            assert client.version(api.VersionRequest()).runtime_name == "cri-o"
        server.stop(None).wait()


def test_a_comma_in_the_name_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a,b\.sock: gRPC takes no comma in the name of a socket$"):
        SocketTarget(tmp_path / "a,b.sock")


def test_nothing_stays_open(tmp_path: Path) -> None:
    folder = tmp_path / "ü"
    folder.mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with SocketTarget(folder / "s.sock"):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
