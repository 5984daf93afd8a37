"""The process behind a socket, which is this one here, or one in a network of its own."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.node import World
from conformance.node.socket_process import SocketProcess

LISTEN = (
    "import signal, socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); signal.pause()"
)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        yield tmp_path / "s"


def test_it_is_named_and_read(path: Path) -> None:
    process = SocketProcess(path)
    assert (process.pid, process.running, process.shares_root) == (os.getpid(), True, True)
    assert process.command
    assert "PATH" in process.environ
    told: list[int] = []
    previous = signal.signal(signal.SIGHUP, lambda number, _: told.append(number))
    try:
        process.reload()
    finally:
        signal.signal(signal.SIGHUP, previous)
    assert told == [signal.SIGHUP]
    process.close()


def test_a_port_of_its_loopback(path: Path) -> None:
    process = SocketProcess(path)
    with process.bind("127.0.0.5") as bound:
        assert bound.getsockname()[0] == "127.0.0.5"
    process.close()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SocketProcess(tmp_path / "s")


@pytest.mark.usefixtures("namespaces", "own_tmpdir")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root enters another's network")
def test_in_a_network_of_its_own() -> None:
    with World() as world:
        path = world.folder / "s"
        started = world.spawn(["python3", "-c", LISTEN, str(path)], dict(os.environ), "log")
        while not path.exists():
            assert not started.wait(0.01), started.log.read_text()
        process = SocketProcess(path)
        assert (process.pid, process.shares_root) == (started.outer_pid, False)
        with process.bind("127.0.0.1") as bound:
            bound.listen()
            with world.connect(*bound.getsockname()), bound.accept()[0]:
                pass
        started.stop(1.0)
        assert not process.running
        process.close()
        started.close()
