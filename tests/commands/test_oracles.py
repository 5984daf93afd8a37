"""``crio-conformance oracles``: what it prints, and how it ends."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.commands.main import main
from conformance.model.release import Release
from conformance.node import sweep_worlds
from conformance.oracle import corpus, search_jobs
from conformance.oracle.discovery import FoundOracle, find_oracle
from conformance.oracle.known_programs import OracleNotFoundError
from conformance.oracle.oracle import Oracle
from conformance.oracle.program_oracles import PodmanOracle, SkopeoOracle
from conformance.oracle.result_text import result_lines
from conformance.oracle.search import SearchResult
from conformance.scenario.calls import PullCall
from conformance.scenario.scenario import Scenario

PATIENCE = 60.0


def program(folder: Path, name: str, says: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("options", [["--examples", "0"], ["--examples", "many"], ["--jobs", "0"], ["--oracle"]])
def test_options_that_cannot_be_used_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["oracles", *options])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("oracle", "sentence"),
    [
        ("9.9.9", "CRI-O 9.9.9 is not in "),
        ("nothing", "--oracle 'nothing' is not understood"),
        ("/nowhere/skopeo", "/nowhere/skopeo cannot be run"),
    ],
)
def test_an_oracle_that_is_not_here_has_an_exit_code_of_its_own(
    oracle: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["oracles", "--oracle", oracle]) == 3
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert sentence in capsys.readouterr().err


def test_a_release_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    path = program(tmp_path, "skopeo", "skopeo version 1.20.0")
    with pytest.raises(
        OracleNotFoundError, match=r"is skopeo 1\.20\.0, and the model only knows skopeo 1\.9 and 1\.18, "
    ):
        find_oracle(str(path))


@pytest.mark.parametrize(("name", "version"), [("podman", "4.3.1"), ("podman", "5.4.2"), ("skopeo", "1.18.0")])
def test_a_release_that_the_model_knows_is_found(tmp_path: Path, name: str, version: str) -> None:
    found = find_oracle(str(program(tmp_path, name, f"{name} version {version}")))
    assert found == FoundOracle(name, str(tmp_path / name), Release(version).line)


def test_a_program_that_is_not_on_path_is_told_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OracleNotFoundError, match="podman is not on PATH: install it"):
        find_oracle("podman")


def test_scenarios_are_divided_and_each_part_has_a_seed_of_its_own() -> None:
    parts = search_jobs.divide_jobs(FoundOracle("skopeo", "skopeo"), 5, 7, 2)
    assert [(part.examples, part.seed, part.first) for part in parts] == [(3, 14, True), (2, 15, False)]
    assert len(search_jobs.divide_jobs(FoundOracle("skopeo", "skopeo"), 1, 0, 2)) == 1


def test_a_difference_is_told_with_the_scenario_and_a_case() -> None:
    differing = search_jobs.DifferingScenario(
        "seed 3", Scenario(calls=(PullCall(name="team/app"),)), ("error:", "    the model:  a"), "def test_it(): ..."
    )
    text = "\n".join(result_lines([search_jobs.OracleResult("skopeo", SearchResult(10, 2.0), [differing], kept=5)]))
    assert "The model and skopeo differ (seed 3) on team/app\nerror:\n    the model:  a" in text
    assert '\nname = "team/app"\n' in text
    assert "\ndef test_it(): ...\n" in text
    assert text.endswith("skopeo: 10 scenarios and 5 kept, 5 a second: 1 differs")


def sound(oracle: str) -> str:
    try:
        return find_oracle(oracle).path
    except OracleNotFoundError as error:
        pytest.skip(str(error))


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "conformance.commands.main", "oracles", *options]


@pytest.mark.usefixtures("namespaces", "own_tmpdir")
@pytest.mark.parametrize("oracle", [SkopeoOracle, PodmanOracle])
def test_kept_scenarios_hold(oracle: type[Oracle]) -> None:
    result = search_jobs.run_job(search_jobs.SearchJob(which_of(oracle), 0, 0, first=True))
    assert (result.problem, result.differing) == ("", [])
    assert result.kept == len(list(corpus.load_corpus()))


def which_of(oracle: type[Oracle]) -> FoundOracle:
    name = oracle.__name__.removesuffix("Oracle").lower()
    return find_oracle(sound(name))


@pytest.mark.usefixtures("namespaces", "own_tmpdir")
def test_a_run_without_a_difference_ends_with_0() -> None:
    sound("skopeo")
    ended = subprocess.run(
        command("--oracle", "skopeo", "--examples", "20"), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("20 scenarios with skopeo\n")
    assert "no difference" in ended.stdout


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_run_that_is_ended_leaves_nothing(number: signal.Signals, code: int, own_tmpdir: Path) -> None:
    """Also where only the run itself is killed: its searches end with it, and their worlds with them.

    A folder of its own for files is then taken away by the next run.
    """
    sound("skopeo")
    bell = own_tmpdir / "bell"
    os.mkfifo(bell)
    path = own_tmpdir / "skopeo"
    answers = 'if [ "$1" = --version ]; then echo "skopeo version 1.9.3"; exit; fi'
    path.write_text(f"#!/bin/sh\n{answers}\necho > {bell}\nexec sleep 600\n")
    path.chmod(0o755)
    process = subprocess.Popen(
        command("--oracle", str(path), "--jobs", "1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with bell.open():
        process.send_signal(number)
    _, printed = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert "Traceback" not in printed
    worlds = own_tmpdir / f"crio-conformance-{os.geteuid()}"
    gone(worlds)
    if number is signal.SIGKILL:
        sweep_worlds()


def gone(worlds: Path) -> None:
    """Wait until no world has a living init: each holds its lock as long as it lives."""
    for lock in worlds.glob("*/lock"):
        try:
            with lock.open("r+") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
        except FileNotFoundError:
            continue
