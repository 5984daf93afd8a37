import json
import os
import time
from pathlib import Path

import msgspec
import pytest

from conformance.evidence.case_records import SCHEMA, CaseRecord, RunRecord
from conformance.evidence.evidence_folder import (
    EvidenceError,
    EvidenceWriter,
    check_writable,
    forget_old_runs,
    kept_runs,
    merge,
    read_evidence,
    write_run,
)
from conformance.evidence.evidence_schema import evidence_schema
from conformance.run_folders import new_run_folder, state_folder

RUN = RunRecord(schema=SCHEMA, properties={"target": "CRI-O 1.36.3"}, began=100.0, cases=3)


def case(name: str, began: float) -> CaseRecord:
    return CaseRecord(case=name, family="login", verdict="passed", began=began)


def test_a_run_is_read_while_it_goes_on_and_when_it_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    writers = [EvidenceWriter(folder, worker, RUN) for worker in ("gw0", "gw1")]
    assert not folder.exists(), "a run without cases leaves nothing"
    writers[0].write(case("a", 1.0))
    writers[1].write(case("b", 2.0))
    writers[0].write(case("c", 3.0))
    EvidenceWriter(folder, "none", RUN).write(case("crashed", 2.5))
    going_on = read_evidence(folder)
    assert [each.case for each in going_on.cases] == ["a", "b", "crashed", "c"]
    assert going_on.run == RUN
    assert going_on.run.exit_code is None
    for writer in writers:
        writer.close()
    merge(folder, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["cases.jsonl", "run.json"]
    ended = read_evidence(folder)
    assert list(ended.cases) == list(going_on.cases)
    assert ended.run.exit_code == 1
    assert ended.run.duration > 0


def test_of_a_killed_worker_all_cases_are_read_that_had_ended(tmp_path: Path) -> None:
    writer = EvidenceWriter(tmp_path, "gw0", RUN)
    writer.write(case("a", 1.0))
    writer.close()
    with (tmp_path / "cases-gw0.jsonl").open("ab") as file:
        file.write(msgspec.json.encode(case("half", 2.0))[:30])
    assert [each.case for each in read_evidence(tmp_path).cases] == ["a"]


def test_members_that_a_later_version_adds_are_passed_over(tmp_path: Path) -> None:
    write_run(tmp_path, RUN)
    line = msgspec.to_builtins(case("a", 1.0)) | {"later": {"x": 1}}
    (tmp_path / "cases.jsonl").write_text(json.dumps(line) + "\n")
    assert read_evidence(tmp_path).cases == [case("a", 1.0)]


def test_what_is_no_evidence_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"has no evidence of a run: name a folder that --evidence wrote$"):
        read_evidence(tmp_path)
    write_run(tmp_path, RUN)
    (tmp_path / "cases.jsonl").write_text("[1]\n")
    with pytest.raises(EvidenceError, match="is no evidence of a run"):
        read_evidence(tmp_path)
    write_run(tmp_path, msgspec.structs.replace(RUN, schema="evidence-9"))
    with pytest.raises(EvidenceError, match="of the form evidence-9, and this reads evidence-1"):
        read_evidence(tmp_path)
    (tmp_path / "run.json").write_bytes(b"\xff")
    with pytest.raises(EvidenceError, match="is no evidence of a run"):
        read_evidence(tmp_path)


def test_a_folder_that_cannot_take_evidence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other-file").touch()
    check_writable(tmp_path)
    with pytest.raises(EvidenceError, match=r"cannot be written to .*other-file"):
        check_writable(tmp_path / "other-file")
    write_run(tmp_path, RUN)
    with pytest.raises(EvidenceError, match="has the evidence of a run already: name another folder, or remove it"):
        check_writable(tmp_path)


def test_runs_are_kept_below_the_state_folder_the_last_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    state = state_folder()
    assert state == tmp_path / "crio-conformance" / "runs"
    folder = new_run_folder("CRI-O 1.36.3, crun")
    assert folder.parent == state
    assert folder.name.endswith(f"Z-cri-o-1.36.3-crun-{os.getpid()}")
    for number in range(4):
        going_on = number == 0
        write_run(
            state / f"2026-0{number}",
            msgspec.structs.replace(RUN, exit_code=None if going_on else 0, began=time.time()),
        )
    forget_old_runs(state, keep=2)
    assert [each.name for each in kept_runs(state)] == ["2026-03", "2026-02", "2026-00"], "one still goes on"
    write_run(state / "2026-00", msgspec.structs.replace(RUN, began=time.time() - 8 * 24 * 3600))
    forget_old_runs(state, keep=2)
    assert [each.name for each in kept_runs(state)] == ["2026-03", "2026-02"]
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    assert state_folder() == Path.home() / ".local" / "state" / "crio-conformance" / "runs"


def test_the_schema_in_the_docs_is_that_of_the_types() -> None:
    written = json.loads((Path(__file__).parents[2] / "docs/schema/evidence-1.json").read_text())
    assert written == json.loads(msgspec.json.encode(evidence_schema())), (
        "python -m conformance.evidence.evidence_schema > docs/schema/evidence-1.json"
    )
