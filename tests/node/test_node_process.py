"""Programs in a world: how they start, what they print, and how they end."""

import os
import signal

import pytest

from conformance.node import NodeError, World
from tests.node.world_traces import PATIENCE, PYTHON, Bell, run, start

pytestmark = pytest.mark.usefixtures("namespaces", "own_tmpdir")


def test_all_that_programs_print_is_appended_to_the_log(here: World) -> None:
    assert run(here, "sh", "-c", "echo one; echo two >&2") == "one\ntwo\n"
    assert run(here, "echo", "three") == "one\ntwo\nthree\n"


def test_a_program_gets_the_environment_given_no_input_and_a_session_of_its_own(here: World) -> None:
    process = here.spawn(["env"], {"PATH": "/usr/bin:/bin", "A": "b c"}, "environment")
    assert process.wait(PATIENCE)
    assert set(process.log.read_text().splitlines()) == {"A=b c", "PATH=/usr/bin:/bin"}
    assert run(here, "cat", log="input") == ""
    assert run(here, PYTHON, "-I", "-c", "import os; print(os.getsid(0) == os.getpid())", log="session") == "True\n"


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("true", 0), ("kill -9 $$", -9)])
def test_the_exit_status_or_the_signal_is_told(here: World, script: str, status: int) -> None:
    process = start(here, script)
    assert process.wait(PATIENCE)
    assert process.status() == status


def test_a_program_is_found_on_the_path_that_it_is_given(here: World) -> None:
    (here.folder / "bin").mkdir()
    (here.folder / "bin" / "ls").write_text("#!/bin/sh\necho ours\n")
    (here.folder / "bin" / "ls").chmod(0o755)
    process = here.spawn(["ls"], {"PATH": f"/nowhere:{here.folder}/bin:{os.defpath}"}, "output")
    assert process.wait(PATIENCE)
    assert process.log.read_text() == "ours\n"


def test_a_missing_program_is_named(here: World) -> None:
    with pytest.raises(NodeError, match=r"^no-such-program cannot be started: No such file or directory$"):
        here.spawn(["no-such-program", "--help"], {}, "output")
    assert run(here, "echo", "still here") == "still here\n"


def test_stop_asks_first(here: World) -> None:
    bell = Bell(here)
    process = start(here, "trap 'exit 3' TERM; : > $BELL; while :; do sleep 0.01; done")
    bell.await_ring()
    assert not process.wait(0)
    process.stop(PATIENCE)
    assert not process.running
    assert process.status() == 3


def test_stop_makes_a_stubborn_program_end(here: World) -> None:
    bell = Bell(here)
    process = start(here, "trap '' TERM; : > $BELL; while :; do sleep 0.01; done")
    bell.await_ring()
    process.stop(0.05)
    assert process.status() == -signal.SIGKILL


def test_a_signal_to_a_program_that_has_ended_is_nothing(here: World) -> None:
    process = start(here, "true")
    assert process.wait(PATIENCE)
    process.status()
    process.signal(signal.SIGKILL)
    process.stop(0)
    process.close()


def test_nothing_inside_can_end_the_init(here: World) -> None:
    assert run(here, "sh", "-c", "kill -9 1; kill -15 -1; echo tried", log="kill").endswith("tried\n")
    assert run(here, "echo", "alive", log="alive") == "alive\n"
