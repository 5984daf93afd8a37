"""``crio-conformance catalogue``: what it writes into a clone, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

from conformance.catalogue import committed
from conformance.catalogue.suite_source import read_behaviours
from conformance.commands.main import main
from conformance.evidence.case_records import SCHEMA, CaseRecord, RunRecord
from conformance.evidence.evidence_folder import EvidenceWriter, merge

ROOT = Path(__file__).parents[2]
LIVE = {"target": "CRI-O 1.36.4", "release": "1.36.4", "run": "live", "crio-conformance": "0.1.0"}
CASES = [
    CaseRecord(case=f"conformance/suite/{each.name}", family=each.family, verdict="passed")
    for each in read_behaviours()
]
"""One of each behaviour."""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with results of its own."""
    folder = tmp_path / "clone"
    (folder / "docs").mkdir(parents=True)
    shutil.copytree(ROOT / "results", folder / "results")
    shutil.copy(ROOT / "pyproject.toml", folder)
    monkeypatch.setattr(committed, "_CLONE", folder)
    return folder


def evidence(folder: Path, properties: dict[str, str], exit_code: int = 0) -> str:
    run = RunRecord(schema=SCHEMA, properties=properties, arguments=("pytest",), began=1796086664.0, cases=len(CASES))
    writer = EvidenceWriter(folder, "main", run)
    for each in CASES:
        writer.write(each)
    writer.close()
    merge(folder, exit_code)
    return str(folder)


def test_the_results_of_a_run_take_the_place_of_their_line_s(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in (clone / "results").glob("1.36*"))
    assert main(["catalogue", "add", evidence(tmp_path / "run", LIVE)]) == 0
    removed = [f"removed results/{name}" for name in before]
    pages = ["wrote docs/behaviours.md", "wrote docs/findings.md"]
    assert capsys.readouterr().out.splitlines() == ["wrote results/1.36.4.json", *removed, *pages]
    assert json.loads((clone / "results" / "1.36.4.json").read_text())["count"] == len(CASES)
    assert "| CRI-O 1.36.4 | 2026-12-01 |" in (clone / "docs" / "behaviours.md").read_text()
    assert "| CRI-O 1.36.4 | 2026-12-01 |" in (clone / "docs" / "findings.md").read_text()


def test_pages_are_the_same_when_written_again(clone: Path) -> None:
    assert main(["catalogue", "write"]) == 0
    for name in ("behaviours.md", "findings.md"):
        assert (clone / "docs" / name).read_bytes() == (ROOT / "docs" / name).read_bytes()


def test_nothing_is_written_where_one_run_is_none(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in (clone / "results").iterdir())
    good = evidence(tmp_path / "run", LIVE)
    rehearsed = evidence(tmp_path / "rehearsed", LIVE | {"run": "rehearsal: no CRI-O was found"})
    cut = evidence(tmp_path / "cut", LIVE, exit_code=2)
    for folder, complaint in (
        (str(tmp_path / "none"), "has no evidence of a run: name a folder that --evidence wrote"),
        (rehearsed, "is of a rehearsal (CRI-O 1.36.4), which shows nothing about a release: run the suite on a CRI-O"),
        (cut, f"is of a run that did not come to its end ({len(CASES)} of {len(CASES)} cases): run it again"),
    ):
        assert main(["catalogue", "add", good, folder]) == 2
        assert capsys.readouterr().err == f"crio-conformance catalogue: {folder} {complaint}\n"
    assert sorted(path.name for path in (clone / "results").iterdir()) == before


def test_an_installed_package_is_no_clone(clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "pyproject.toml").unlink()
    assert main(["catalogue", "add", evidence(tmp_path / "run", LIVE)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"crio-conformance catalogue: {clone} is no clone of crio-conformance: in one, pip install")


def test_a_place_that_cannot_be_written_is_told(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(clone / "docs")
    assert main(["catalogue", "write"]) == 2
    assert capsys.readouterr().err == (
        f"crio-conformance catalogue: {clone}/docs/behaviours.md cannot be written: No such file or directory\n"
    )
