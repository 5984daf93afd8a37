"""The suite on several runtimes, here simulators: what differs, what is kept, and what cannot be run."""

import json
from pathlib import Path

import msgspec
import pytest

from conformance.commands.main import main
from conformance.evidence.evidence_folder import (
    RUN,
    EvidenceError,
    find_evidence,
    kept_runs,
    read_evidence,
    runtime_of,
    write_run,
)
from conformance.matrix import confirmation
from conformance.matrix.runs import runs_at_once
from conformance.matrix.suite_run import SuiteRun
from conformance.report.changes import CaseChange, ChangeGroup, ChangeKind, compare_runs
from conformance.run_folders import state_folder
from conformance.targets.run import RUNS_AT_ONCE, Run

OLD, NEW = "simulator:1.33", "simulator:1.36"
FEW = ("--pytest", "-k", "test_short_name_mode and Enforcing")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two simulators did in some cases; folders named after them."""
    folder = tmp_path_factory.mktemp("matrix")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        assert main(["matrix", OLD, NEW, "--evidence", str(folder), *FEW]) == 0
    return folder


def test_behaviours_that_differ_are_told_with_what_is_seen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["matrix", OLD, NEW, "-o", str(page), *FEW]) == 0
    told = capsys.readouterr()
    assert "the simulator of CRI-O 1.33  the simulator of CRI-O 1.36" in told.out
    rows = [line for line in told.out.splitlines() if line.startswith("short name mode: ")]
    assert any("skipped: speaks of CRI-O >=1.34" in row and row.rstrip().endswith("passed") for row in rows)
    assert OLD in told.err, "its progress"
    newest, other = kept_runs(state_folder())
    assert {read_evidence(each).run.properties["release"][:4] for each in (newest, other)} == {"1.33", "1.36"}
    assert find_evidence(NEW).run.properties["target"] == "the simulator of CRI-O 1.36"
    with pytest.raises(EvidenceError, match="keeps no run about it"):
        find_evidence("1.36.3")  # of a release nothing is shown by a rehearsal
    assert "REHEARSAL: the simulator of CRI-O 1.33 shows nothing about CRI-O" in told.out
    assert page.read_text().startswith("<!doctype html>")


def test_ctrl_c_says_where_lies_what_there_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("conformance.commands.matrix._Bars.tell", interrupt)
    assert main(["matrix", OLD, NEW, "--evidence", str(tmp_path), *FEW]) == 130
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "crio-conformance matrix: interrupted; what had ended is told by crio-conformance report:"
    assert said[1:] == [str(each) for each in sorted(tmp_path.iterdir())]


def test_a_run_that_finds_nothing_ends_it_with_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "e"
    assert main(["matrix", OLD, NEW, "--evidence", str(folder), "--pytest", "-k", "nothing_is_called_so"]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"crio-conformance matrix: {OLD}: no case was run (pytest ended with 5 and said: ")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((OLD, OLD), "a runtime is named twice: name each once"),
        (
            (OLD, "/nowhere/crio"),
            "/nowhere/crio cannot be run (No such file or directory): write a release (",
        ),
        ((OLD,), "two runtimes at least are compared: name another"),
        ((OLD, NEW, "-o", "/nowhere/page.html"), "/nowhere/page.html cannot be written: there is no folder /nowhere"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_run(
    capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], said: str
) -> None:
    assert main(["matrix", *asked]) == 2
    assert capsys.readouterr().err.startswith(f"crio-conformance matrix: {said}")


def test_what_changed_is_told_and_the_exit_code_says_whether_for_the_worse(
    capsys: pytest.CaptureFixture[str], evidence: Path
) -> None:
    old, new = str(evidence / OLD), str(evidence / NEW)
    assert main(["diff", old, new]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("the simulator of CRI-O 1.33 → the simulator of CRI-O 1.36: 1 change, 0 for the worse")
    assert lines[1:3] == [
        f"REHEARSAL: the simulator of CRI-O {each} shows nothing about CRI-O" for each in ("1.33", "1.36")
    ]
    assert lines[4].startswith("run, or not run any more, ")
    assert lines[5] == "    before: is not run (speaks of CRI-O >=1.34: short_name_mode came with cri-o/cri-o#9401)"
    assert main(["diff", old, old]) == 0
    assert "nothing changed" in capsys.readouterr().out
    assert main(["diff", old, new, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"][0]["kind"] == "runs"
    assert main(["diff", old, new, "--markdown"]) == 0
    assert "| run, or not run any more | " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("/nowhere", "/nowhere"), "/nowhere has no evidence of a run: name a folder that --evidence wrote"),
        (("9.9.9", "9.9.9"), "9.9.9 is no folder, and "),
        (("{old}", "{new}", "--confirm"), "--confirm: the simulator of CRI-O 1.33 was a rehearsal, or "),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], evidence: Path, asked: tuple[str, ...], said: str
) -> None:
    words = [each.format(old=evidence / OLD, new=evidence / NEW) for each in asked]
    assert main(["diff", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"crio-conformance diff: {said}")


def test_a_change_that_is_not_seen_again_is_flaky(evidence: Path, tmp_path: Path) -> None:
    """Asked again is the case itself: a simulator does the same each time, so one change is real and one is not."""
    before, after = read_evidence(evidence / OLD), read_evidence(evidence / NEW)
    (real,) = compare_runs(before, after)
    invented = ChangeGroup(CaseChange(ChangeKind.FAILS, "passes", "fails (sometimes)"), [after.cases[0].case])
    found = confirmation.confirm([invented, real], before, after, tmp_path)
    assert found.flaky == [invented]
    assert found.real == [real]


def test_a_runtime_is_known_by_what_pytest_was_told(evidence: Path) -> None:
    run = read_evidence(evidence / OLD)
    assert runtime_of(run.run) == OLD
    folder = evidence / "copy"
    for arguments, runtime in ((("-n", "2", "--runtime", "1.36.3"), "1.36.3"), (("-q",), ""), (("--runtime",), "")):
        write_run(folder, msgspec.structs.replace(run.run, arguments=arguments))
        assert runtime_of(read_evidence(folder).run) == runtime
    (folder / RUN).unlink()


def test_runs_side_by_side_share_what_the_machine_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    assert Run("simulator").workers == 2
    monkeypatch.setenv(RUNS_AT_ONCE, "3")
    assert Run("simulator").workers == 6


def test_progress_is_told_before_there_is_any(tmp_path: Path) -> None:
    assert SuiteRun(OLD, tmp_path, None).progress() == (0, 0)  # type: ignore[arg-type]
    assert runs_at_once() >= 1
