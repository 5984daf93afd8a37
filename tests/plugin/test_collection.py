"""The names of cases: the same wherever the suite lies and from wherever it is run."""

import re
from pathlib import Path

import pytest

from conformance.deviations import load_deviations
from tests.plugin.pytest_runs import Run

MODULE = "conformance.suite.pulls.test_login"
CASE = f"{MODULE.replace('.', '/')}.py::TestPrivateOnBoth::test_the_error_explains_both"


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_case_of_the_suite_has_its_name_from_any_folder(
    run: Run, pytester: pytest.Pytester, more: tuple[str, ...]
) -> None:
    """A known deviation is known by it, and JUnit's names are the same from run to run: the class is the family."""
    result = run("--pyargs", MODULE, "-k", "TestPrivateOnBoth", "--junitxml", "junit.xml", "-rx", *more)
    result.stdout.fnmatch_lines([f"XFAIL {CASE} - cri-o/cri-o#8780: *"])
    xml = (pytester.path / "junit.xml").read_text()
    assert set(re.findall(r' classname="([^"]*)"', xml)) == {"login"}
    assert f'name="{CASE.partition("::")[2]}"' in xml
    link = "https://github.com/cri-o/cri-o/issues/8780"
    assert re.search(rf'<skipped [^>]*message="cri-o/cri-o#8780: [^"]* \({link}\)"', xml)
    assert f'<property name="upstream" value="{link}"' in xml


def test_a_case_is_run_again_by_its_name_in_the_repository(run: Run, pytester: pytest.Pytester) -> None:
    root = Path(__file__).parents[2]
    result = run("--rootdir", str(pytester.path), f"{root}/{CASE}")
    assert result.parseoutcomes() == {"xfailed": 1}


def test_what_already_runs_is_asked_by_one_process(run: Run) -> None:
    """Workers would remove each other's images."""
    result = run("--runtime", "unix:///nowhere", "--pyargs", MODULE, "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    sentence = "ERROR: --runtime unix:///nowhere can be asked by one process only: run with -n 0"
    assert sentence in result.stdout.str() + result.stderr.str()


def test_an_issue_finds_the_cases_that_deviate_by_it(run: Run) -> None:
    """And those that are about it: ``-k 8780`` leaves out none of either."""
    names = {
        each
        for known in load_deviations()
        if known.upstream == "cri-o/cri-o#8780" and known.runtime == "CRI-O"
        for each in known.cases
    }
    result = run("--collect-only", "-q", "-k", "8780", "--pyargs", "conformance.suite")
    found = {line.rpartition("/")[2].partition("[")[0] for line in result.outlines if "::" in line}
    assert {each.partition("[")[0] for each in names} <= found


@pytest.mark.parametrize(
    "which",
    [
        ("--runtime", "99.9.9"),
        ("--runtime", "unix:///nowhere"),
        ("--runtime", "1.36.3", "--cluster", "/nowhere"),
        ("--require", "live"),
    ],
    ids=" ".join,
)
def test_cases_are_listed_without_what_would_run_them(run: Run, which: tuple[str, ...]) -> None:
    """Nothing is fetched, asked or started."""
    result = run("--collect-only", "-q", *which, "--pyargs", "conformance.suite.names.test_aliases")
    assert result.ret == pytest.ExitCode.OK
    assert "conformance/suite/names/test_aliases.py::" in result.outlines[0]
    assert not any(each in result.stdout.str() for each in ("REHEARSAL", "conformance: "))
