"""Output that is closed, full, of another encoding or read no further: one sentence or nothing, never a traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "conformance")
EXPLAIN = ("explain", "quay.io/team/app")
RUN = ("run", "--runtime", "simulator", "-p", "no:cacheprovider", "-k", "short_name_mode")
PATIENCE = 120.0
TIMES = 2
INTERRUPTED = 130
FULL = "what this prints cannot be written: No space left on device"
NOT_UTF8 = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}


def ended(
    arguments: Sequence[str], redirected: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does that redirects its output."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirected}', "sh", *COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        env={**os.environ, **(env or {})},
        timeout=PATIENCE,
        check=False,
    )


def on_a_full_disk(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run pytest where nothing can be written to standard output."""
    with Path("/dev/full").open("w") as full:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=cwd,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@pytest.mark.parametrize("arguments", [EXPLAIN, ("mutants", "--list"), ("--help",), ("explain", "--help")])
def test_a_full_disk_is_one_sentence_and_an_exit_code_of_its_own(arguments: Sequence[str]) -> None:
    done = ended(arguments, ">/dev/full")
    assert (done.returncode, done.stderr) == (2, f"crio-conformance: {FULL}\n")


@pytest.mark.parametrize("arguments", [EXPLAIN, ("mutants", "--list"), ("--version",)])
def test_output_that_is_closed_or_read_no_further_is_nobodys_fault(arguments: Sequence[str]) -> None:
    done = ended(arguments, ">&-")
    assert (done.returncode, done.stderr) == (0, "")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody_reads:
        broken = subprocess.run(
            [*COMMAND, *arguments],
            stdout=nobody_reads,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (broken.returncode, broken.stderr) == (0, "")


def test_an_error_that_nobody_can_read_is_still_one() -> None:
    assert ended(("explain", "--colour"), "2>&-").returncode == 2
    assert ended(("explain", "--colour"), "2>/dev/full").returncode == 2


@pytest.mark.parametrize("env", [NOT_UTF8, {"PYTHONIOENCODING": "latin-1"}], ids=["ASCII", "latin-1"])
def test_what_an_encoding_lacks_is_written_as_python_would(env: dict[str, str]) -> None:
    done = ended(("explain", "quay.io/€"), env=env)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\u20ac" in done.stdout or "\\udce2" in done.stdout


def test_a_run_whose_output_cannot_be_written_ends(own_tmpdir: Path) -> None:
    del own_tmpdir
    done = ended(RUN, ">/dev/full")
    assert (done.returncode, done.stderr) == (2, f"crio-conformance: {FULL}\n")
    pytest_run = on_a_full_disk("--pyargs", "conformance.suite", *RUN[1:], "-n", "2")
    assert (pytest_run.returncode, pytest_run.stderr) == (2, f"ERROR: {FULL}\n")


@pytest.mark.parametrize(("own", "expected"), [(0, 2), (7, 7)], ids=["passed", "node not given back"])
def test_a_run_whose_output_was_full_never_ends_well(own_tmpdir: Path, tmp_path: Path, own: int, expected: int) -> None:
    """Also where Ctrl-C, by which the run is to end, is lost; and what else went wrong is not hidden."""
    del own_tmpdir
    (tmp_path / "conftest.py").write_text(
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"def pytest_sessionfinish(session): session.exitstatus = {own}\n"
    )
    (tmp_path / "test_theirs.py").write_text("def test_it(runtime): pass\n")
    done = on_a_full_disk("-p", "no:cacheprovider", "--runtime=simulator", "test_theirs.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (expected, f"ERROR: {FULL}\n")


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_pytest_itself_ends_well_where_output_is_closed(own_tmpdir: Path, tmp_path: Path, closed: str) -> None:
    """It flushes at its end what Python has not then."""
    del own_tmpdir
    (tmp_path / "test_theirs.py").write_text("def test_it(runtime): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--runtime=simulator", "test_theirs.py"]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_summary_that_nobody_reads_ends_no_run_that_has_ended(own_tmpdir: Path, tmp_path: Path) -> None:
    del own_tmpdir
    (tmp_path / "test_theirs.py").write_text("def test_it(runtime): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--runtime=simulator", "test_theirs.py"]
    done = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_ctrl_c_three_times_shows_no_traceback(own_tmpdir: Path) -> None:
    """Sent when the run says that it has begun; what it made in its folder for temporary files is gone."""
    del own_tmpdir
    process = subprocess.Popen(
        [*COMMAND, *RUN[:-2]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    told = next(line for line in process.stdout if "REHEARSAL" in line)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        told += process.stdout.readline()
    told += process.communicate(timeout=PATIENCE)[0]
    assert process.returncode in (2, 130), told
    assert "Traceback" not in told
    assert "INTERNALERROR" not in told


def test_ctrl_c_while_mutants_run_shows_nothing(own_tmpdir: Path) -> None:
    """It reaches those that run them, too, at any moment of theirs."""
    del own_tmpdir
    for _ in range(TIMES):
        process = subprocess.Popen(
            [*COMMAND, "mutants", "--jobs", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text():
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=PATIENCE)[0] == b""
        assert process.returncode == INTERRUPTED
