"""Progress: drawn at the bottom of a terminal, else a line at every tenth; nobody else's run has any."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.plugin.pytest_runs import Run

pyte = pytest.importorskip("pyte", reason="pyte, a terminal in memory, is not installed")

COLUMNS, LINES = 80, 24
RUN = ("--runtime", "simulator:1.36", "-p", "no:cacheprovider", "-p", "no:randomly")
CASES = """
import pytest

@pytest.mark.parametrize("number", range(20))
def test_passing(runtime, number):
    print("printed by a case")

def test_failing(runtime):
    '''It is so.'''
    assert runtime.pull("quay.io/none").succeeded

def test_skipped(runtime):
    pytest.skip("not here")
"""


class Terminal:
    """A terminal, with what a program has written to it so far; ``lines_seen`` are all that ever stood there."""

    def __init__(self, command: tuple[str, ...], folder: Path, env: dict[str, str]) -> None:
        self.screen = pyte.HistoryScreen(COLUMNS, LINES, history=10_000)
        self._stream = pyte.ByteStream(self.screen)
        self.lines_seen: list[str] = []
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (LINES, COLUMNS))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *command],
            cwd=folder,
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._output = ours

    def read(self, enough: Callable[[], bool] = lambda: False) -> None:
        """Read until that is so, or the program has ended."""
        with suppress(OSError):  # nobody has the other side open any more
            while not enough() and (data := os.read(self._output, 512)):
                self._stream.feed(data)
                self.lines_seen += [line for line in self.shown if line not in self.lines_seen]

    @property
    def shown(self) -> list[str]:
        """The lines on the screen."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    @property
    def left(self) -> list[str]:
        """All lines that stay, with those that have moved up."""
        above = ["".join(line[column].data for column in range(COLUMNS)).rstrip() for line in self.screen.history.top]
        return [*above, *(line.rstrip() for line in self.screen.display)]

    def end(self) -> int:
        """Wait for the end, and give the exit code."""
        self.read()
        os.close(self._output)
        return self.process.wait(60)


@pytest.fixture
def env(pytester: pytest.Pytester, own_tmpdir: Path) -> dict[str, str]:
    """The environment of somebody before a terminal."""
    taken = {"CI", "BUILD_NUMBER", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "COLUMNS", "LINES", "PYTEST_ADDOPTS"}
    kept = {name: value for name, value in os.environ.items() if name not in taken}
    return kept | {
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(own_tmpdir),
        "XDG_STATE_HOME": str(pytester.path / "state"),
    }


@pytest.mark.parametrize("more", [("-n", "0", "-q"), ("-n", "2")], ids=["one process", "workers"])
def test_a_terminal_shows_how_far_a_run_is_and_is_left_clean(
    pytester: pytest.Pytester, env: dict[str, str], more: tuple[str, ...]
) -> None:
    pytester.makepyfile(test_it=CASES)
    terminal = Terminal((*RUN, *more), pytester.path, env)
    assert terminal.end() == 1
    counted = [line for line in terminal.lines_seen if " of 22 cases" in line]
    assert "0 of 22 cases" in counted[0]
    assert "━" in counted[0]
    assert any(line.startswith("  test_it.py::test_passing[") for line in terminal.lines_seen), "what is running"
    left = terminal.left
    assert [line for line in left if " of 22 cases" in line or "━" in line] == []
    assert left.count("FAILED test_it.py::test_failing") == 1, "at once"
    assert any(line.startswith("FAILED test_it.py::test_failing - ") for line in left), "and at the end"
    assert "printed by a case" not in left, "what is captured stays captured"
    assert any("1 failed, 20 passed, 1 skipped" in line for line in left)
    assert not terminal.screen.cursor.hidden


def test_ctrl_c_leaves_the_terminal_as_it_was(pytester: pytest.Pytester, env: dict[str, str]) -> None:
    pytester.makepyfile(
        test_it="""
        import time

        def test_waiting(runtime): time.sleep(600)
        """
    )
    terminal = Terminal((*RUN, "-n", "0"), pytester.path, env)
    terminal.read(lambda: any("test_it.py::test_waiting" in line for line in terminal.shown))
    assert terminal.screen.cursor.hidden
    os.kill(terminal.process.pid, signal.SIGINT)
    assert terminal.end() == pytest.ExitCode.INTERRUPTED
    assert not terminal.screen.cursor.hidden
    assert [line for line in terminal.left if "of 1 case" in line] == []
    assert any("KeyboardInterrupt" in line for line in terminal.left)


@pytest.mark.parametrize("option", ["-v", "-s"])
def test_what_lists_cases_itself_or_lets_them_write_has_lines(
    pytester: pytest.Pytester, env: dict[str, str], option: str
) -> None:
    pytester.makepyfile(test_it=CASES)
    terminal = Terminal((*RUN, "-n", "0", option), pytester.path, env)
    assert terminal.end() == 1
    left = [line.strip() for line in terminal.left]
    assert "conformance: 22 of 22 cases, 1 failed, 1 skipped" in left
    assert not any("━" in line for line in terminal.lines_seen)
    assert any(line.startswith("test_it.py::test_passing[0] PASSED") for line in left) == (option == "-v")
    assert ("printed by a case" in left) == (option == "-s")


PLAIN = (("CI", "true"), ("NO_COLOR", "1"), ("TERM", "dumb"))


@pytest.mark.parametrize(("name", "value"), PLAIN, ids=[name for name, _ in PLAIN])
def test_lines_are_written_where_nothing_may_be_drawn(
    pytester: pytest.Pytester, env: dict[str, str], name: str, value: str
) -> None:
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    terminal = Terminal((*RUN, "-n", "0"), pytester.path, env | {name: value})
    assert terminal.end() == 0
    assert "conformance: 1 of 1 case" in terminal.left
    assert not any("━" in line for line in terminal.lines_seen)


@pytest.mark.parametrize("more", [("-n", "0"), ("-n", "2")], ids=["one process", "workers"])
def test_no_terminal_has_a_line_now_and_then_and_no_dots(
    run: Run, pytester: pytest.Pytester, more: tuple[str, ...]
) -> None:
    pytester.makepyfile(test_it=CASES)
    result = run(*RUN, *more)
    result.assert_outcomes(passed=20, failed=1, skipped=1)
    told = [line for line in result.outlines if line.startswith("conformance: ") and " of 22 cases" in line]
    assert told[-1] == "conformance: 22 of 22 cases, 1 failed, 1 skipped"
    assert len(told) <= 10
    assert not [line for line in result.outlines if set(line.partition(" [")[0]) <= set(".Fs") and "." in line]


@pytest.mark.parametrize(
    "more", [("-p", "no:terminal"), ("--collect-only",), ("-qq",), ("--setup-show",)], ids=" ".join
)
def test_who_has_no_use_for_it_is_told_nothing(run: Run, pytester: pytest.Pytester, more: tuple[str, ...]) -> None:
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    result = run(*RUN, *more)
    assert result.ret == 0
    assert " of 1 case" not in result.stdout.str()


def test_other_people_s_runs_stay_as_they_are(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_theirs(): assert not {"rich", "conformance.report"} & set(sys.modules)
        """
    )
    result = run()
    result.assert_outcomes(passed=1)
    assert any(line.startswith("test_other_people_s_runs_stay_as_they_are.py .") for line in result.outlines)
