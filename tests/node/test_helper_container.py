"""A command with root's capabilities: whose it is, what it has, and that it ends with who asked for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.node import NodeError, helper, helper_container, sweep_worlds
from conformance.node.engine_container import EngineContainer
from conformance.node.helper_container import run_this_with_rights, run_with_rights
from tests.node.pretended_engine import install_engine

NOBODY = 65534
CONTAINER = EngineContainer("node", "0123", 1, "docker", "sha256:4567")
RUN = """
import sys
from conformance.node.engine_container import EngineContainer
from conformance.node.helper_container import run_with_rights
sys.exit(run_with_rights(EngineContainer("node", "0123", 1, "docker", "sha256:4567"), sys.argv[1:]))
"""

pytestmark = [
    pytest.mark.usefixtures("own_tmpdir"),
    pytest.mark.skipif(os.geteuid() != 0, reason="root alone can pretend to be an engine"),
]


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install_engine(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


@contextmanager
def run(*argv: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", RUN, *argv]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_command_is_the_users_and_has_roots_capabilities(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    monkeypatch.setattr(os, "getgid", lambda: NOBODY)
    monkeypatch.setattr(os, "getgroups", lambda: [7, 8])
    monkeypatch.setenv("WORD", "it's 100 %")
    shows = 'id -u; id -G; grep CapEff /proc/self/status; umask; pwd; echo "$WORD"; echo error >&2; cat /etc/shadow'
    assert run_with_rights(CONTAINER, ["sh", "-c", f"{shows} >/dev/null"]) == 0
    said, complained = capfd.readouterr()
    uid, groups, capabilities, umask, folder, word = said.splitlines()
    assert (uid, groups, folder, word) == (str(NOBODY), f"{NOBODY} 7 8", str(Path.cwd()), "it's 100 %")
    assert {number for number in range(64) if int(capabilities.split()[1], 16) >> number & 1} == helper.capabilities()
    os.umask(mask := os.umask(0))
    assert int(umask, 8) == mask
    assert complained == "error\n"


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 128 + 9)])
def test_its_exit_status_is_the_commands(script: str, status: int) -> None:
    assert run_with_rights(CONTAINER, ["sh", "-c", script]) == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_the_commands(number: signal.Signals) -> None:
    waits = "import signal; signal.signal({0}, lambda *_: exit(5)); print('there', flush=True); signal.pause()"
    with run(sys.executable, "-c", waits.format(number.value)) as process:
        assert line_of(process) == "there\n"
        process.send_signal(number)
        assert process.wait() == 5


def test_it_ends_with_who_asked_for_it_after_all_that_it_started(own_tmpdir: Path) -> None:
    """What a killed run has started has its time for its last work, as an agent on a node."""
    last = "import os, sys; print('there', flush=True); os.read(0, 1); print('last work', flush=True)"
    starts = f"""
import os, subprocess, sys
there, ours = os.pipe()
subprocess.Popen([sys.executable, "-c", {last!r}], stdin=there, start_new_session=True)
os.close(there)
os.read(0, 1)
"""
    with run(sys.executable, "-c", starts) as process:
        assert line_of(process) == "there\n"
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == "last work\n", "all who could write have ended then"
    assert len(sweep_worlds()) == 1, "the folder with the socket goes with the next sweep"
    assert list(own_tmpdir.glob("*/*/")) == []


def test_an_engine_that_refuses_is_quoted(engine: Path) -> None:
    install_engine(engine, "#!/bin/sh\necho 'privileged mode is incompatible with user namespaces.' >&2; exit 125\n")
    with pytest.raises(NodeError, match=r"^docker lends nobody root's rights here: privileged mode is incompatible "):
        run_with_rights(CONTAINER, ["true"])


def test_a_helper_that_is_ended_is_told(engine: Path) -> None:
    del engine
    ends = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    with pytest.raises(NodeError, match=r"^the helper container of node ended before this run did$"):
        run_with_rights(CONTAINER, [sys.executable, "-c", ends])


def test_a_helper_without_the_rights_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root of a user namespace, where an engine is not root itself."""
    monkeypatch.setattr(helper, "capabilities", lambda: {helper.NEEDED["CAP_KILL"]})
    with pytest.raises(SystemExit, match=r"^its root has not the rights of this machine's \(CAP_DAC_OVERRIDE, "):
        helper.main()


@pytest.mark.parametrize(
    ("uid", "held", "may"),
    [(0, (), True), (1000, (), False), (1000, helper.NEEDED.values(), True), (1000, [21], False)],
)
def test_who_may_enter_nodes(monkeypatch: pytest.MonkeyPatch, uid: int, held: Sequence[int], *, may: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(helper, "capabilities", lambda: {*held})
    assert helper.may_enter_nodes() is may


def test_a_run_that_has_the_rights_is_not_run_anew() -> None:
    assert run_this_with_rights("node") is None


def test_a_run_without_the_rights_is_run_anew_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper, "may_enter_nodes", lambda: False)
    monkeypatch.setattr(helper_container, "look_up_container", lambda _: CONTAINER)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-c", "exit(3)"])
    assert run_this_with_rights("node") == 3


def test_who_may_not_use_the_engine_is_told_what_a_node_takes(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_engine(engine, "#!/bin/sh\necho 'permission denied while trying to connect' >&2; exit 1\n")
    monkeypatch.setenv("PATH", str(engine))
    monkeypatch.setattr(helper, "may_enter_nodes", lambda: False)
    with pytest.raises(NodeError) as caught:
        run_this_with_rights("node")
    assert str(caught.value) == (
        "no engine answers that could know the container node (docker says permission denied while trying to connect):"
        " start it (a node takes root, or a user who may use its engine)"
    )
