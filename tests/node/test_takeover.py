"""A node container that a run has: what is on it then, and that it is as it was afterwards, however the run ends."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.node import NodeError, ServiceError, sweep_worlds
from conformance.node.engine_container import EngineContainer
from conformance.node.node import PROGRAMS
from conformance.node.node_container import DROP_IN, NodeContainer
from conformance.node.takeover import Takeover, is_left_taken, restore
from tests.node.pretended_node import pretended_node, state
from tests.node.world_traces import PATIENCE, mentioning

pytestmark = [
    pytest.mark.usefixtures("namespaces", "own_tmpdir"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root enters a container"),
]

LIVE = """
import sys
from conformance.node.engine_container import EngineContainer
from conformance.node.takeover import Takeover
taken = Takeover(EngineContainer("pretended", "0123", int(sys.argv[1])))
node = taken.make_node([], {})
node.start_service(["sleep", "1001"], {"PATH": "/usr/bin:/bin"}, "crio.log", 5.0)
node.spawn(["sleep", "1002"], {"PATH": "/usr/bin:/bin"}, "stray.log")
print(node.folder, flush=True)
sys.stdin.read()
"""
ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def container() -> Iterator[EngineContainer]:
    with pretended_node() as made:
        yield made


@pytest.fixture
def node(container: EngineContainer) -> Iterator[NodeContainer]:
    with Takeover(container) as taken, taken.make_node([], {}) as made:
        yield made


def test_its_folder_is_seen_by_both_sides_and_its_etc_is_ours(node: NodeContainer) -> None:
    (node.etc / "crio").mkdir()
    assert node.run("sh", "-c", f"ls -d /etc/crio; echo there > {node.folder}/file") == "/etc/crio\n"
    assert (node.folder / "file").read_text() == "there\n"


def test_the_node_itself_sees_nothing_of_it(node: NodeContainer, container: EngineContainer) -> None:
    node.run("sh", "-c", "echo > /var/lib/containers/image; echo > /run/crio; mount -t tmpfs tmpfs /run/crio.d || true")
    assert container.run("sh", "-c", f"ls /run/crio /var/lib/containers/image {node.folder}/etc/crio.d").stdout == ""
    assert node.run("sh", "-c", "echo > /usr/file && echo written || echo refused") == "refused\n"


def test_its_sockets_are_in_the_nodes_network(node: NodeContainer, container: EngineContainer) -> None:
    with node.bind("tcp", "127.0.0.9", 443) as server:
        server.listen()
        assert "0900007F:01BB" in container.run("cat", "/proc/net/tcp").stdout
        with node.connect("127.0.0.9", 443):
            pass
    with pytest.raises(NodeError, match=r"^Connection refused$"):
        node.connect("127.0.0.9", 443)


def test_the_runtime_is_the_units_with_our_files(node: NodeContainer, container: EngineContainer) -> None:
    script = 'echo "$WORD $HTTP_PROXY."; exec sleep 1003'
    process = node.start_service(["sh", "-c", script], {**ENV, "WORD": "it's 100 %"}, "crio.log", 5.0)
    poll = select.poll()
    poll.register(process.pidfd, select.POLLIN)
    assert not poll.poll(0)
    assert str(process.pid) in container.run("cat", "/run/units/crio.service").stdout
    while not (said := process.log.read_text()):
        poll.poll(10)
    assert said == "it's 100 % .\n"
    process.stop(PATIENCE)
    assert process.status() == 3
    process.close()


def test_one_that_does_not_start_says_how_it_ended(node: NodeContainer) -> None:
    node.run("sh", "-c", "true")
    (node.files / "run" / "refuses").touch()
    with pytest.raises(ServiceError, match=r"^ended while it started \(exit status 3\)$"):
        node.start_service(["false"], ENV, "crio.log", 5.0)
    (node.files / "run" / "refuses").unlink()


def test_what_is_run_on_it_knows_nothing_of_our_environment(
    container: EngineContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTAINERS_CONF", "/there/is/none")
    assert container.run("env").stdout == f"PATH={PROGRAMS}\n"


def test_what_is_written_on_it_is_roots(container: EngineContainer) -> None:
    container.write(DROP_IN, "[Unit]\n")
    file = container.files / DROP_IN.relative_to("/")
    assert (file.read_text(), file.stat().st_uid, file.parent.stat().st_uid) == ("[Unit]\n", 0, 0)


def test_kubelet_is_stopped_meanwhile(node: NodeContainer, container: EngineContainer) -> None:
    del node
    assert container.run("systemctl", "is-active", "kubelet.service").returncode != 0
    assert is_left_taken(container)


def test_one_runtime_after_another_begins_empty(container: EngineContainer) -> None:
    with Takeover(container) as taken:
        for _ in range(2):
            with taken.make_node([], {}) as node:
                assert node.run("ls", "/var/lib/containers") == ""
                node.run("touch", "/var/lib/containers/image")
                node.start_service(["sleep", "1004"], ENV, "crio.log", 5.0)


def test_afterwards_the_node_is_as_it_was(container: EngineContainer, own_tmpdir: Path) -> None:
    before = state(container)
    with Takeover(container) as taken, taken.make_node([], {}) as node:
        node.start_service(["sleep", "1005"], ENV, "crio.log", 5.0)
        node.spawn(["sh", "-c", "setsid sleep 1006 & exec sleep 1007"], ENV, "stray.log")
        node.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        assert state(container) != before
    assert state(container) == before
    calls = container.run("cat", "/run/calls").stdout.splitlines()
    assert calls[-4:] == ["stop crio.service", "daemon-reload", "start crio.service", "start kubelet.service"]
    assert list(own_tmpdir.glob("*/*/")) == []


def test_what_is_the_nodes_own_goes_on(container: EngineContainer) -> None:
    """No process that was there is ended but CRI-O's and the kubelet's."""
    own = container.run("sh", "-c", "sleep 1008 >/dev/null 2>&1 & echo $!").stdout.strip()
    with Takeover(container) as taken, taken.make_node([], {}) as node:
        assert not node.is_ours(Path("/proc", str(container.pid)))
        assert node.is_ours(Path("/proc", str(node.spawn(["sleep", "1009"], ENV, "sleep.log").outer_pid)))
    assert container.run("cat", f"/proc/{own}/comm").stdout == "sleep\n"


# A run that is killed


@pytest.fixture
def run(container: EngineContainer) -> Iterator["subprocess.Popen[str]"]:
    """A run that has the node; its folder's name is what it has printed."""
    command = [sys.executable, "-c", LIVE, str(container.pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def folder_of(run: "subprocess.Popen[str]") -> str:
    assert run.stdout is not None
    return run.stdout.readline().strip()


def test_a_node_of_a_killed_run_is_given_back_at_once(container: EngineContainer, own_tmpdir: Path) -> None:
    before = state(container)
    for _ in range(3):
        command = [sys.executable, "-c", LIVE, str(container.pid)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
            assert folder_of(run)
            run.kill()
        restore(container)  # which waits until the caretaker has done
        assert state(container) == before
    assert list(own_tmpdir.glob("*/*/")) == []


def test_one_whose_caretaker_was_killed_as_well_is_given_back_by_the_next_start(
    container: EngineContainer, run: "subprocess.Popen[str]"
) -> None:
    before = state(container)
    assert folder_of(run)
    kill_all(run)
    assert (container.files / DROP_IN.relative_to("/")).exists()
    with Takeover(container) as taken, taken.make_node([], {}):
        pass
    for pid in mentioning("1002"):  # it was in no control group, and its resident was killed
        os.kill(pid, signal.SIGKILL)
    assert state(container) == before
    assert is_left_taken(container) is False
    assert len(sweep_worlds()) == 2, "the folders of caretaker and resident go with the next sweep"


def test_restoring_what_nobody_left_does_nothing(container: EngineContainer) -> None:
    assert restore(container) is False
    assert "stop crio.service" not in container.run("cat", "/run/calls").stdout


def kill_all(run: "subprocess.Popen[str]") -> None:
    """Kill a run and its agents on the node, at once."""
    shims = children_of(run.pid)
    agents = [*shims, *(each for shim in shims for each in children_of(shim))]
    for pid in agents:
        os.kill(pid, signal.SIGSTOP)
    run.kill()
    run.wait()
    for pid in agents:
        os.kill(pid, signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    """Give the processes that a process has started (proc(5), children)."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_node_that_another_run_has_is_refused(
    container: EngineContainer, run: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.node.takeover.PATIENCE_SECONDS", 0.2)
    assert folder_of(run)
    with pytest.raises(NodeError, match=r"^another run has the container pretended: wait until it has ended, or "):
        Takeover(container)
