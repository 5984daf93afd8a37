"""``crio-conformance findings``: the list, a report, and what is none."""

import json
from pathlib import Path

import pytest

from conformance.catalogue import committed
from conformance.commands.main import main


def test_it_lists_a_line_for_each_the_gravest_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings"]) == 0
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["1", "security"]
    assert "set-user-ID program in an image volume" in first
    assert "crashes" in second
    assert len(rest) > 30


def test_it_lists_them_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0].keys() == {"id", "severity", "seen_on", "title", "matters", "project", "scenario"}
    assert found[0]["id"] == 1


def test_it_prints_the_body_of_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "3"]) == 0
    out = capsys.readouterr().out
    assert "### What happened?\n\nA login in a pull request is shown to every search registry" in out
    assert "crio-conformance scenario run login-for-everybody.scenario.toml" in out


def test_a_number_that_none_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "4711"]) == 2
    assert capsys.readouterr().err == (
        "crio-conformance findings: there is no finding 4711: crio-conformance findings lists those that there are\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["findings", "first"])
    assert ended.value.code == 2


def test_json_is_for_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "3", "--json"]) == 2
    assert capsys.readouterr().err == "crio-conformance findings: --json is for the list: leave out the number\n"


def test_a_broken_file_of_results_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(committed, "_CLONE", tmp_path)
    assert main(["findings"]) == 2
    assert "has no results of a release: add some" in capsys.readouterr().err
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "1.36.3.json").write_text("{")
    assert main(["findings"]) == 2
    assert f"{tmp_path}/results/1.36.3.json has no results of a release" in capsys.readouterr().err
