"""The command line of mutants: what it runs, what it prints, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.commands import main
from conformance.mutation import reasons
from conformance.mutation.kill_matrix import SuiteResult
from conformance.simulator.mutants import mutants, null_runtimes
from tests.mutation.suite_results import ONE, TWO, A, B, result, results


@pytest.mark.parametrize(
    ("names", "of", "code"),
    [
        ([ONE.name], {None: result([A]), ONE.name: result([A], [A])}, 0),
        ([ONE.name], {None: result([A, B]), ONE.name: result([A, B], [A])}, 0),
        ([ONE.name], {None: result([A]), ONE.name: result([A])}, 1),
        ([ONE.name, TWO.name], {None: result([A]), TWO.name: result([A])}, 1),
        ([ONE.name], {}, 2),
        (["nonsense"], {}, 2),
        ([], {None: result([A])}, 0),
        ([], {None: result([A, B])}, 1),
        ([], {None: result([A]), TWO.name: result([A])}, 1),
    ],
)
def test_the_exit_code_says_whether_all_are_killed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    names: list[str],
    of: dict[str | None, SuiteResult],
    code: int,
) -> None:
    results(monkeypatch, of)
    monkeypatch.setattr(reasons, "read_reasons", lambda _file: {})
    assert main.main(["mutants", *names, "--jobs", "1"]) == code
    out, error = capsys.readouterr()
    assert (error.startswith("crio-conformance mutants: ") and error.count("\n") == 1) is (code == 2)
    assert (f"{len(names) or len(mutants())} mutants, " in out) is (code != 2)


@pytest.mark.parametrize("names", [[], [TWO.name, ONE.name]])
def test_a_list_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], names: list[str]
) -> None:
    made = results(monkeypatch, {})
    assert main.main(["mutants", *names, "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [each.partition(" ")[0] for each in lines] == (names or [*null_runtimes(), *mutants()])
    assert made == []


@pytest.mark.parametrize(
    ("name", "cases", "code", "said"),
    [
        ("never-enforces", "refused_as_ambiguous", 0, "killed by 9 cases: TestSeveralCandidates::"),
        ("never-enforces", "full_name_is_never_ambiguous", 1, "SURVIVED: no case killed it"),
        (
            "enforces-before-its-time",
            "no_such_case",
            2,
            "the suite cannot be run on mutants: pytest ended with 5",
        ),
    ],
)
def test_mutants_are_run_for_real(own_tmpdir: Path, name: str, cases: str, code: int, said: str) -> None:
    env = {**os.environ, "TMPDIR": str(own_tmpdir), "PYTEST_ADDOPTS": f"-k {cases}"}
    command = [sys.executable, "-m", "conformance.commands.main", "mutants", name, "--jobs", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, env=env, cwd=own_tmpdir, timeout=60, check=False)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stdout + ended.stderr
    assert [each.name for each in own_tmpdir.iterdir() if "mutants" in each.name] == []


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_a_number_of_jobs_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], jobs: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["mutants", f"--jobs={jobs}"])
    assert ended.value.code == 2
    assert f"'{jobs}' is no number of 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["mutants", "--runtime="], ["serve", "--socket="]])
def test_what_an_unset_variable_gives_is_refused(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(command)
    assert ended.value.code == 2
    assert "it is empty, as an unset variable is: give it a value, or leave it out" in capsys.readouterr().err
