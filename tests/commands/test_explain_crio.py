"""What explain goes by: the files of crio.conf, and the release that is named or answers on a socket."""

import errno
import socket
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import grpc
import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.node_config import crio_conf, crio_release
from tests.commands.explain_command import Run

NAME = "team/app"


# crio.conf


def test_later_files_of_crio_conf_count_and_their_kind_does_not(run: Run, files: Path) -> None:
    folder = files / "crio.conf.d"
    (folder / "below").mkdir(parents=True)
    (folder / "10.conf").write_text('[crio.image]\nshort_name_mode = "enforcing"\n')
    (folder / "below" / "20").write_text('[CRIO.Image]\nShort_Name_Mode = "disabled"\n')
    ended = run(NAME, "--crio-conf", "crio.conf.d", "--json")
    assert ended.json["mode"] == {
        "effective": "disabled",
        "known": True,
        "origin": "file",
        "file": "crio.conf.d/below/20",
        "crio_conf": ["crio.conf.d/10.conf", "crio.conf.d/below/20"],
        "registries_conf": "permissive",
    }
    (files / "last.conf").write_text('[crio.image]\nshort_name_mode = ""\n')
    last = run(NAME, "--crio-conf", "crio.conf.d", "--crio-conf", "last.conf", "--json").json["mode"]
    assert (last["effective"], last["origin"], last["file"]) == ("enforcing", "file", "last.conf")


def test_without_crio_conf_it_says_so(run: Run) -> None:
    told = " ".join(run(NAME).out.split())
    assert "No crio.conf was read. A CRI-O that is started without any goes by short-name-mode" in told


def test_a_crio_conf_that_may_not_be_read_is_told(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path, _profile: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(crio_conf, "DEFAULT_PATHS", (files / "secret.conf",))
    monkeypatch.setattr(crio_conf, "_image_table", forbidden)
    assert run(NAME, "--json").json["unreadable"] == [f"{files}/secret.conf"]
    told = " ".join(run(NAME).out.split())
    assert f"CRI-O reads {files}/secret.conf, too; this user may not, so that what is in it is missing here." in told
    assert run(NAME, "--crio-conf", "secret.conf").err == (
        "crio-conformance explain: secret.conf cannot be read: permission denied\n"
    )


# The release


def service(name: str, version: str) -> grpc.GenericRpcHandler:
    """Say what a runtime is."""
    answer = api.VersionResponse(runtime_name=name, runtime_version=version)
    method = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: answer,
        request_deserializer=api.VersionRequest.FromString,
        response_serializer=api.VersionResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("runtime.v1.RuntimeService", {"Version": method})


@pytest.fixture
def serve(own_tmpdir: Path) -> Iterator[Callable[[str, str], str]]:
    servers: list[grpc.Server] = []

    def start(name: str, version: str) -> str:
        server = grpc.server(ThreadPoolExecutor(1))
        server.add_generic_rpc_handlers((service(name, version),))
        path = str(own_tmpdir / f"{len(servers)}.sock")
        server.add_insecure_port(f"unix://{path}")
        server.start()
        servers.append(server)
        return path

    yield start
    for server in servers:
        server.stop(None).wait()


def test_the_release_is_asked_from_a_socket(run: Run, serve: Callable[[str, str], str]) -> None:
    path = serve("cri-o", "1.33.13")
    ended = run(NAME, "--socket", path)
    assert (ended.code, ended.err) == (0, "")
    assert f"CRI-O 1.33.13 answers on {path}." in " ".join(ended.out.split())
    assert run(NAME, "--socket", path, "--release", "1.36").code == 1, "a release that is named counts more"


def test_the_crio_that_answers_here_is_the_one(run: Run, serve: Callable[[str, str], str]) -> None:
    other, path = serve("containerd", "1.7.2"), serve("cri-o", "1.31.5-2.rhaos4.18.gitb0e1bcf.el9")
    known = crio_release.find_release(None, None, ["/no/such.sock", other, path])
    assert (known.text, known.socket, known.profile.since) == ("1.31.5", path, "1.31")
    assert crio_release.find_release(None, None, [other]).origin == "default"
    assert run(NAME, "--socket", other).err == (
        f"crio-conformance explain: what answers on {other} is containerd 1.7.2, no CRI-O\n"
    )


def test_a_socket_on_which_nobody_answers(run: Run, own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crio_release, "SECONDS", 0.2)
    path = own_tmpdir / "dead.sock"
    with socket.socket(socket.AF_UNIX) as handle:
        handle.bind(str(path))
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert (
            run(NAME, "--socket", str(path)).err == f"crio-conformance explain: no CRI-O answers on {path} within 0 s\n"
        )
        assert crio_release.find_release(None, None, [str(path)]).origin == "default"


def test_what_is_newer_is_explained_as_the_newest(run: Run) -> None:
    told = run(NAME, "--release", "1.40")
    assert "What is new in CRI-O 1.40 is not known here: it is explained as 1.37." in told.out
