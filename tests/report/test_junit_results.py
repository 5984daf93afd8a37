"""JUnit files as pytest writes them, read back and told in tables."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from conformance.report.junit_results import JunitError, RunResult, read_results, unequal_cases
from conformance.report.results_tables import as_markdown_table, as_text_table, result_tables

CASES = """
    import os
    import pytest

    class TestNames:
        @pytest.mark.parametrize("name", ["a|b", "c"])
        def test_a_name(self, name):
            assert "fails" not in os.environ.get("NODE", "")

    @pytest.mark.xfail(reason="unreported: it lies")
    def test_a_deviation():
        assert False

    def test_what_is_skipped():
        pytest.skip("it takes root")

    @pytest.fixture
    def broken():
        yield
        assert "fails" not in os.environ.get("NODE", ""), "left behind"

    def test_a_clearing_up(broken):
        pass
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of three nodes as pytest writes them; the third fails what the others pass."""
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "test_short_names.py").write_text(dedent(CASES))
    quiet = ("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:crio_conformance", "-p", "no:xdist")
    for node in ("one", "two", "fails"):
        path = folder / "results" / node / "junit.xml"
        command = [sys.executable, "-m", "pytest", *quiet, "--rootdir", str(folder), f"--junitxml={path}", str(folder)]
        subprocess.run(command, cwd=folder, env=os.environ | {"NODE": node}, capture_output=True, check=False)
        text = path.read_text()
        properties = '<properties><property name="target" value="CRI-O 1.36.3" /></properties>'
        text = re.sub(r'hostname="[^"]*"', f'hostname="{node}"', text, count=1)
        path.write_text(text.replace("<testcase", f"{properties}<testcase", 1))
    return folder / "results"


@pytest.fixture
def files(written: Path, tmp_path: Path) -> Path:
    """A folder with these results, which a test may change."""
    return Path(shutil.copytree(written, tmp_path / "results"))


def by_name(runs: list[RunResult]) -> dict[str, RunResult]:
    return {run.name: run for run in runs}


def test_each_case_ended_as_pytest_says(files: Path) -> None:
    runs = by_name(read_results([files]))
    counts = {
        name: [run.count(each) for each in ("passed", "deviates", "failed", "skipped")] for name, run in runs.items()
    }
    assert counts == {"one": [3, 1, 0, 1], "two": [3, 1, 0, 1], "fails": [0, 1, 3, 1]}
    assert runs["one"].target == "CRI-O 1.36.3"
    assert runs["one"].verdicts["test_short_names::test_a_deviation"].reason == "unreported: it lies"
    assert {each.family for each in runs["one"].verdicts.values()} == {"short names"}


def test_nodes_are_columns_where_they_differ(files: Path) -> None:
    runs = read_results([files / "one", files / "two" / "junit.xml", files / "fails"])
    assert unequal_cases(runs) == [
        "test_short_names::TestNames::test_a_name[a|b]",
        "test_short_names::TestNames::test_a_name[c]",
        "test_short_names::test_a_clearing_up",
    ]
    tables = {table.heading: table.rows for table in result_tables(runs)}
    assert tables["Ended otherwise from run to run"][:2] == [
        ["case", "one, two", "fails"],
        ["test_short_names::TestNames::test_a_name[a|b]", "passed", "failed"],
    ]
    assert [row[:2] for row in tables["Failed"][1:]] == [[case, "fails"] for case in unequal_cases(runs)]
    assert "left behind" in tables["Failed"][3][2]
    assert tables["Known deviations met"] == [["cases", "deviation"], ["1", "unreported: it lies"]]
    assert tables["Not run"] == [["cases", "why"], ["1", "it takes root"]]
    assert "Families" not in tables


def test_of_one_run_the_families_are_told(files: Path) -> None:
    tables = list(result_tables(read_results([files / "one"])))
    assert [table.heading for table in tables] == ["Runs", "Families", "Known deviations met", "Not run"]
    text = list(as_text_table(tables[1]))
    assert text == [
        "Families:",
        "family       passed  deviates  failed  skipped",
        "short names  3       1         0       1",
        "",
    ]


def test_in_markdown_names_stay_names(files: Path) -> None:
    failed = next(table for table in result_tables(read_results([files])) if table.heading == "Failed")
    lines = list(as_markdown_table(failed))
    assert lines[:4] == ["### Failed", "", "| case | where | why |", "| --- | --- | --- |"]
    assert lines[4].startswith(r"| test\_short\_names::TestNames::test\_a\_name\[a\|b\] | fails | ")


def test_a_case_that_one_node_did_not_run_differs(files: Path) -> None:
    path = files / "two" / "junit.xml"
    before, _, after = path.read_text().partition("<testcase")
    path.write_text(before + after[after.index("<testcase") :])
    runs = read_results([files / "one", files / "two"])
    assert len(unequal_cases(runs)) == 1
    assert next(table for table in result_tables(runs) if "otherwise" in table.heading).rows[1][1:] == ["passed", "–"]


def test_a_run_that_could_not_be_done_is_no_column(files: Path) -> None:
    text = '<testsuite hostname="x"><testcase classname="a" name="b"><error/></testcase></testsuite>'
    (files / "three.xml").write_text(text)
    tables = {table.heading: table.rows for table in result_tables(read_results([files]))}
    assert tables["Ended otherwise from run to run"][0] == ["case", "fails", "one, two"]
    assert ["a::b", "x", ""] in tables["Failed"]


def test_two_runs_on_one_machine_are_named_after_their_files(files: Path) -> None:
    path = files / "one" / "junit.xml"
    other = files / "one" / "other.xml"
    other.write_bytes(path.read_bytes())
    assert [run.name for run in read_results([path, other])] == ["junit.xml", "other.xml"]
    again = files / "two" / "junit.xml"
    again.write_bytes(path.read_bytes())
    assert [run.name for run in read_results([path, again])] == ["one/junit.xml", "two/junit.xml"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        ("<testsuites", "is not JUnit's XML (unclosed token"),
        ('<?xml version="1.0" encoding="klingon"?><testsuites/>', "is not JUnit's XML (unknown encoding: klingon)"),
        ("<html></html>", "has no test suite: write what --junitxml wrote"),
    ],
)
def test_what_is_no_result_is_told_in_a_sentence(tmp_path: Path, text: str | None, sentence: str) -> None:
    path = tmp_path / "x.xml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(JunitError) as caught:
        read_results([path])
    assert str(caught.value).startswith(f"{path} {sentence}")
    assert "\n" not in str(caught.value)


def test_a_folder_without_results_is_told_as_well(tmp_path: Path) -> None:
    with pytest.raises(JunitError, match=r"^no JUnit file is there: "):
        read_results([tmp_path])


def test_what_nobody_may_look_at_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)  # refused by the file system, to root as well
    with pytest.raises(JunitError) as caught:
        read_results([path])
    assert str(caught.value) == f"{path} cannot be read: File name too long"
