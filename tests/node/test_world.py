"""A world: what is inside, its sockets, and that nothing of it is left."""

import os
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from conformance.node import NodeError, World, world
from tests.node.world_traces import PATIENCE, PYTHON, Bell, init_of, mounts, run, start, traces

pytestmark = pytest.mark.usefixtures("namespaces", "own_tmpdir")
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this")

INTERFACES_UP = """
import fcntl, socket, struct
handle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _, name in socket.if_nameindex():
    flags = struct.unpack("16xh", fcntl.ioctl(handle, 0x8913, struct.pack("16sh14x", name.encode(), 0))[:18])[0]
    if flags & 1:
        print(name)
"""

CONNECT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    print(connection.recv(100).decode())
"""

HOST_STATE = ("/etc/containers", "/etc/crio", "/var/lib/containers", "/run/containers", "/run/crio")


# What is inside


def test_only_the_loopback_interface_is_up(here: World) -> None:
    assert run(here, PYTHON, "-I", "-c", INTERFACES_UP) == "lo\n"


@pytest.mark.parametrize("folder", ["/run", "/tmp", "/var/tmp", "/dev/shm"])  # noqa: S108
def test_the_hosts_files_are_not_seen_and_the_worlds_do_not_reach_the_host(here: World, folder: str) -> None:
    if not os.access(folder, os.W_OK):
        pytest.skip(f"only root may put a file into {folder}")
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        inside = f"{file.name}-inside"
        assert run(here, "sh", "-c", f"test -e {file.name} || echo hidden; echo > {inside} && echo written") == (
            "hidden\nwritten\n"
        )
        assert not Path(inside).exists()


@pytest.mark.parametrize("folder", ["/", "/usr", "/home", "/opt", "/root", "the user's own"])
def test_what_is_the_machine_s_cannot_be_written_to(here: World, folder: str, tmp_path: Path) -> None:
    """Not even by root, and not by whoever owns it: a runtime that does what it must not harms the world alone."""
    place = Path.home() if folder == "the user's own" else Path(folder)
    if not os.access(place, os.W_OK):
        pytest.skip(f"this user may not write to {place} anyway")
    file = place / f"conformance-{tmp_path.name}"
    said = run(here, "sh", "-c", f"echo > {file}; LC_ALL=C mv {place} {place}.moved")
    assert not file.exists()
    assert "Read-only file system" in said or "Device or resource busy" in said


def test_what_a_runtime_must_write_to_can_be_written_to(here: World) -> None:
    script = f"for at in /etc /run /var/lib/containers /tmp {here.folder}; do echo > $at/file && echo $at; done"
    assert run(here, "sh", "-c", script).split()[:4] == ["/etc", "/run", "/var/lib/containers", "/tmp"]  # noqa: S108 (of the world)


def test_private_folders_begin_empty_but_for_what_programs_expect(here: World) -> None:
    assert run(here, "ls", "-A", "/var", "/var/lib", "/var/tmp", log="var") == (  # noqa: S108
        "/var:\ncache\nlib\nlog\nrun\ntmp\n\n/var/lib:\ncontainers\n\n/var/tmp:\n"
    )
    assert run(here, "ls", "-A", "/dev/shm", log="shm") == ""  # noqa: S108
    assert run(here, "ls", "-A", "/run", log="run") in ("", "mount\n"), "mount(8) keeps its notes there"


def test_etc_has_the_hosts_users_but_none_of_its_settings(here: World) -> None:
    assert run(here, "cat", "/etc/passwd", log="passwd") == Path("/etc/passwd").read_text()
    assert run(here, "cat", "/etc/hosts", "/etc/resolv.conf", log="names") == (
        "127.0.0.1 localhost\nnameserver 127.0.0.1\n"
    )
    assert run(here, "ls", "-A", "/etc/containers", log="containers") == ""
    assert run(here, "sh", "-c", "test -e /etc/ssl || echo none", log="ssl") == "none\n"


def test_what_is_written_to_its_etc_is_read_inside(here: World) -> None:
    (here.etc / "containers" / "policy.json").write_text("{}")
    assert run(here, "cat", "/etc/containers/policy.json") == "{}"


def test_visible_folders_stay_in_sight_also_one_in_another(tmp_path: Path) -> None:
    nested = tmp_path / "bin" / "nested"
    nested.mkdir(parents=True)
    (nested / "file").write_text("seen")
    (tmp_path / "hidden").touch()
    with World(visible=[nested, tmp_path / "bin", tmp_path / "missing", Path("/usr")]) as living:
        assert run(living, "cat", str(nested / "file"), log="seen") == "seen"
        assert run(living, "ls", str(tmp_path), log="listed") == "bin\n"


def test_inside_they_are_root_with_processes_of_their_own(here: World) -> None:
    assert run(here, "id", "-u", log="id") == "0\n"
    assert run(here, "cat", "/proc/1/cmdline", log="init").split("\0")[-3] == str(here.folder)


# Sockets


def free_port() -> int:
    """Give a port that nobody on the host listens on."""
    with socket.socket() as handle:
        handle.bind(("127.0.0.9", 0))
        return int(handle.getsockname()[1])


def test_a_server_out_here_is_reached_from_inside_and_from_nowhere_else(here: World) -> None:
    port = free_port()
    with here.bind("tcp", "127.0.0.9", port) as server:
        server.listen()
        server.settimeout(PATIENCE)
        client = here.spawn([PYTHON, "-I", "-c", CONNECT, "127.0.0.9", str(port)], {}, "client")
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"hello")
        assert client.wait(PATIENCE)
        assert client.log.read_text() == "hello\n"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.9", port))


def test_datagrams_come_out_too_and_well_known_ports_need_no_root(here: World) -> None:
    with here.bind("udp", "127.0.0.1", 53) as server:
        server.settimeout(PATIENCE)
        run(here, PYTHON, "-I", "-c", "import socket; socket.socket(2, 2).sendto(b'query', ('127.0.0.1', 53))")
        assert server.recv(100) == b"query"


def test_an_address_that_is_taken_is_said_to_be(here: World) -> None:
    with here.bind("tcp", "127.0.0.9", 443) as server:
        server.listen()
        with pytest.raises(NodeError, match=r"^Address already in use$"):
            here.bind("tcp", "127.0.0.9", 443)


SERVE = """
import socket, sys
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as server:
    open(sys.argv[3], "w").close()
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"hello " + connection.recv(100))
"""


def test_a_server_inside_is_reached_from_out_here(here: World) -> None:
    port, bell = free_port(), Bell(here)
    server = here.spawn([PYTHON, "-I", "-c", SERVE, "127.0.0.9", str(port), str(bell.path)], {}, "server")
    bell.await_ring()
    with here.connect("127.0.0.9", port) as client:
        client.settimeout(PATIENCE)
        client.sendall(b"you")
        assert client.recv(100) == b"hello you"
    assert server.wait(PATIENCE)
    with pytest.raises(NodeError, match=r"^Connection refused$"):
        here.connect("127.0.0.9", port)
    assert run(here, "echo", "still here") == "still here\n"


def test_a_server_outside_is_not_reached_as_one_inside(here: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(NodeError, match=r"^Connection refused$"):
        here.connect(*server.getsockname())


# The end


def test_nothing_of_it_is_left_after_close() -> None:
    before = mounts()
    with World() as living:
        start(living, "exec sleep 1000")
        assert start(living, "(trap '' HUP TERM; setsid sleep 1001 &)").wait(PATIENCE)
        seen = traces(living)
        assert len(seen.inhabitants) == 4, "unshare, init, the program and its orphan"
        assert len(seen.left()) > len(seen.inhabitants), "processes, and the folder"
    assert seen.left() == []
    assert mounts() == before


def state() -> dict[str, tuple[int, ...]]:
    """Give all that tells whether the host's own container files were written or replaced."""
    paths = [path for top in map(Path, HOST_STATE) if os.access(top, os.R_OK) for path in (top, *top.rglob("*"))]
    facts = {str(path): path.lstat() for path in paths}
    return {path: (each.st_ino, each.st_mode, each.st_size, each.st_ctime_ns) for path, each in facts.items()}


def test_the_hosts_own_container_files_stay_as_they_are() -> None:
    before = state()
    with World() as living:
        told = run(living, "sh", "-xec", "; ".join(f"mkdir -p {folder}; echo > {folder}/x" for folder in HOST_STATE))
        assert told.count("+ echo") == len(HOST_STATE), told
        assert (living.etc / "crio" / "x").exists()
    assert state() == before


@only_root
def test_its_control_groups_go_with_it() -> None:
    hierarchy = next((each for each in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup") if os.access(each, os.W_OK)), None)
    if hierarchy is None:
        pytest.skip("the control groups are mounted read-only")
    with World() as living:
        group = Path(hierarchy, living.cgroup_parent.strip("/"), "pod")
        group.mkdir(parents=True)
        bell = Bell(living)
        start(living, f"echo $$ > {group}/cgroup.procs && : > $BELL; exec sleep 1000")
        bell.await_ring()
        seen = traces(living)
    assert not group.parent.exists()
    assert seen.left() == []


def test_it_ends_with_its_block_and_closing_twice_is_nothing() -> None:
    living = World()
    seen = traces(living)
    with pytest.raises(LookupError), living:
        raise LookupError
    assert seen.left() == []
    living.close()


def test_end_does_not_wait_and_yet_all_goes() -> None:
    living = World()
    start(living, "exec sleep 1000")
    seen = traces(living)
    living.end()
    living._unshare.wait(PATIENCE)
    assert seen.left() == []
    living.close()


def test_an_init_that_was_killed_is_noticed_and_cleared_up_after() -> None:
    with World() as living:
        seen = traces(living)
        program = start(living, "exec sleep 1000")
        os.kill(init_of(living._unshare.pid), signal.SIGKILL)
        assert program.wait(PATIENCE)
        with pytest.raises(NodeError, match=r"^sh cannot be started: the world's init (has ended|does not answer)"):
            start(living, "true")
    assert seen.left() == []


def test_an_init_that_hangs_is_made_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "END_SECONDS", 0.05)
    with World() as living:
        for _ in range(20):
            start(living, "exec sleep 1000")
        seen = traces(living)
        os.kill(init_of(living._unshare.pid), signal.SIGSTOP)
    assert seen.left() == []
