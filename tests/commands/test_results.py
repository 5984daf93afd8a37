"""``crio-conformance results``: what it prints, and how it ends."""

from pathlib import Path

import pytest

from conformance.commands.main import main

SUITE = """<testsuites><testsuite name="pytest" hostname="node-1"><properties>
<property name="target" value="CRI-O 1.36.3"/><property name="run" value="live"/></properties>
<testcase classname="conformance.suite.pulls.test_mirrors" name="test_it">{}</testcase></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("", 0),
        ('<skipped type="pytest.xfail" message="known"/>', 0),
        ('<failure message="no"/>', 1),
        ('<error message="no"/>', 1),
    ],
)
def test_it_ends_as_the_runs_did(tmp_path: Path, capsys: pytest.CaptureFixture[str], outcome: str, code: int) -> None:
    (tmp_path / "junit.xml").write_text(SUITE.format(outcome))
    assert main(["results", str(tmp_path)]) == code
    out = capsys.readouterr().out
    assert "node-1  CRI-O 1.36.3  live" in out
    assert ("test_mirrors::test_it  everywhere  no" in out) == (code == 1)
    assert main(["results", "--markdown", str(tmp_path)]) == code
    assert capsys.readouterr().out.startswith("### Runs\n\n| where | target | run | passed |")


def test_a_file_that_is_none_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", str(tmp_path / "none.xml")]) == 2
    assert (
        capsys.readouterr().err
        == f"crio-conformance results: {tmp_path}/none.xml cannot be read: No such file or directory\n"
    )


def test_a_run_without_a_case_shows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "junit.xml").write_text('<testsuites><testsuite name="pytest" hostname="node-1"/></testsuites>')
    assert main(["results", str(tmp_path)]) == 1
    assert "node-1  an unknown target" in capsys.readouterr().out
