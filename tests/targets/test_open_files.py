"""How many files a run may open: raised where it can be, one sentence where it cannot."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.targets.pool import TooFewFilesError, allow_open_files

NOFILE = resource.RLIMIT_NOFILE


def limited(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> list[tuple[int, int]]:
    """Let the limit be this; gives what it is then set to."""
    wanted: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: wanted.append(limits))
    return wanted


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [
        (64, 4096, [(448, 4096)]),
        (64, resource.RLIM_INFINITY, [(448, resource.RLIM_INFINITY)]),
        (448, 448, []),
        (1024, 4096, []),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, []),
    ],
)
def test_the_limit_is_raised_as_far_as_is_needed(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, then: list[tuple[int, int]]
) -> None:
    wanted = limited(monkeypatch, soft, hard)
    allow_open_files()
    assert wanted == then


def test_where_it_cannot_be_raised_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = limited(monkeypatch, 64, 64)
    with pytest.raises(
        TooFewFilesError, match=r"^at most 64 files may be open here, and 12 runtimes at once may need 448"
    ):
        allow_open_files()
    assert wanted == []


def test_a_run_then_ends_with_one_sentence(own_tmpdir: Path) -> None:
    del own_tmpdir
    arguments = ("--runtime", "simulator", "-p", "no:cacheprovider", "-k", "test_short_name_mode")
    command = [sys.executable, "-m", "conformance", "run", *arguments]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 4
    assert [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("ERROR: ")] == [
        "ERROR: at most 64 files may be open here, and 12 runtimes at once may need 448: raise `ulimit -n`"
    ]
    assert "Traceback" not in done.stdout + done.stderr
