"""``crio-conformance report``: which runs it takes, where the page goes, and how it refuses."""

import os
from pathlib import Path

import pytest

from conformance.commands.main import main
from conformance.evidence.case_records import CaseRecord
from tests.report.page_evidence import PASSED, SKIPPED, STORY_OF_8780, WHOLE_RUN, run_of, write_evidence


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    return write_evidence(tmp_path / "evidence", WHOLE_RUN)


def test_it_writes_the_page(evidence: Path, tmp_path: Path) -> None:
    assert main(["report", str(evidence), "-o", str(tmp_path / "page.html")]) == 0
    assert "Conformance of CRI-O 1.36.3" in (tmp_path / "page.html").read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["evidence", "page.html"]


def test_several_runs_stand_side_by_side(evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write_evidence(tmp_path / "other", run_of(PASSED, release="1.37.0"))
    assert main(["report", str(evidence), str(other), "-o", "-"]) == 0
    page = capsys.readouterr().out
    assert page.index("CRI-O 1.36.3") < page.index("CRI-O 1.37.0")


def test_without_a_folder_it_takes_the_newest_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    runs = tmp_path / "crio-conformance" / "runs"
    assert main(["report", "-o", "-"]) == 2
    assert capsys.readouterr().err == (
        f"crio-conformance report: {runs} keeps no run: name a folder that --evidence wrote, or run the suite first\n"
    )
    write_evidence(runs / "2026-11-01T00-00-00Z-crio", run_of(PASSED, release="1.36.2"))
    write_evidence(runs / "2026-11-02T00-00-00Z-crio", run_of(PASSED, release="1.36.3"))
    assert main(["report", "-o", "-"]) == 0
    assert "Conformance of CRI-O 1.36.3" in capsys.readouterr().out


def test_a_run_that_was_killed_tells_all_cases_that_had_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = run_of(PASSED, STORY_OF_8780, exit_code=None, count=1691)
    folder = write_evidence(tmp_path / "run", killed, "cases-gw0.jsonl", rest=b'{"case":"conformance/sui')
    write_evidence(folder, run_of(SKIPPED, exit_code=None, count=1691), "cases-gw1.jsonl")
    assert main(["report", str(folder), "-o", "-"]) == 0
    page = capsys.readouterr().out
    assert "ended early, or still going on: 3 of 1,691 cases" in page
    assert page.count("<tr data-c=") == 3


REFUSED = {
    "not there": "has no evidence of a run: name a folder that --evidence wrote",
    "empty": "has no evidence of a run: name a folder that --evidence wrote",
    "a file": "cannot be read: Not a directory",
    "no JSON": "is no evidence of a run (Input data was truncated)",
    "a verdict": "is no evidence of a run: the verdict of t.py::test is 'so'",
    "of another form": "has evidence of the form evidence-9, and this reads evidence-1",
}


@pytest.mark.parametrize(("name", "why"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_evidence_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("")
    for folder, text in (("no JSON", "{"), ("of another form", '{"schema": "evidence-9"}')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "run.json").write_text(text)
    write_evidence(tmp_path / "a verdict", run_of(CaseRecord(case="t.py::test", family="f", verdict="so")))
    assert main(["report", str(tmp_path / name), "-o", str(tmp_path / "page.html")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"crio-conformance report: {tmp_path / name} {why}")
    assert error.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("place", ["evidence", "none/page.html", "evidence/run.json/page.html"])
def test_a_page_without_a_place_is_one_sentence(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    assert main(["report", str(evidence), "-o", str(tmp_path / place)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"crio-conformance report: {tmp_path / place} cannot be written: ")
    assert error.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["evidence"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_sentence(
    evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert main(["report", str(evidence), "-o", str(tmp_path / "closed" / "page.html")]) == 2
    assert capsys.readouterr().err.endswith("cannot be written: Permission denied\n")


@pytest.mark.parametrize("arguments", [["", "-o", "x"], ["-o", ""], []])
def test_an_empty_or_missing_value_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["report", *arguments])


def test_a_page_that_is_there_is_replaced_also_through_a_link(evidence: Path, tmp_path: Path) -> None:
    (tmp_path / "real.html").write_text("old")
    (tmp_path / "page.html").symlink_to("real.html")
    assert main(["report", str(evidence), "-o", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").is_symlink()
    assert (tmp_path / "real.html").read_text().startswith("<!doctype html>")
