"""``$GITHUB_STEP_SUMMARY``: what a run appends, and what becomes of a run that cannot."""

from pathlib import Path

import pytest

from tests.plugin.pytest_runs import Run

CASES = """
import os
import pytest

MENDED = "MENDED" in os.environ

@pytest.mark.parametrize("name", ["one", "two"])
def test_failing(runtime, name):
    '''It is asked once.'''
    password = "Bearer abcdefgh12345678"
    if not MENDED: assert runtime.pull(f"quay.io/{name}").asked == [password]

def test_passing(runtime): pass
"""
RUN = ("--runtime", "simulator:1.36")


@pytest.fixture
def summary(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = pytester.path / "summary.md"
    path.write_text("# The job\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_a_run_appends_what_it_found_and_what_changed(
    run: Run, pytester: pytest.Pytester, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_it=CASES)
    assert run(*RUN, "-n", "2").ret == 1
    first = summary.read_text()
    assert first.startswith("# The job\n## Conformance of the simulator of CRI-O 1.36\n")
    assert "| cases | 1 | 0 | 2 | 0 |" in first
    assert first.count("- **It is asked once.**") == 1, "equal failures are one"
    assert "abcdefgh12345678" not in first
    assert "Changed since" not in first, "there is no run before"
    assert "to run it alone: <code>" in first
    monkeypatch.setenv("MENDED", "yes")
    assert run(*RUN).ret == 0
    second = summary.read_text().removeprefix(first)
    assert "### Changed since the run of 20" in second
    assert "| newly passing | 2 |" in second


def test_a_summary_that_cannot_be_written_is_one_warning(run: Run, pytester: pytest.Pytester, summary: Path) -> None:
    summary.unlink()
    summary.mkdir()
    pytester.makepyfile(test_it="def test_it(runtime): pass")
    result = run(*RUN)
    assert result.ret == 0
    told = f"WARNING: the summary cannot be written to {summary}: Is a directory"
    assert (result.stdout.str() + result.stderr.str()).count(told) == 1


def test_other_people_s_tests_append_nothing(run: Run, pytester: pytest.Pytester, summary: Path) -> None:
    pytester.makepyfile(test_it="def test_it(): pass")
    run().assert_outcomes(passed=1)
    assert summary.read_text() == "# The job\n"
