from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance import plugin
from conformance.deviations import Deviation

SUITE = ("--pyargs", "conformance.suite")
ONE_FILE = ("--pyargs", "conformance.suite.test_short_name_mode")
WITHOUT_TRACES = ("-p", "no:cacheprovider")
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, own_tmpdir: Path) -> Run:
    """Run pytest where no CRI-O can be found."""
    monkeypatch.setenv("PATH", str(pytester.mkdir("bin")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.mkdir("cache")))
    monkeypatch.setenv("TMPDIR", str(own_tmpdir))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*WITHOUT_TRACES, *arguments, timeout=60)

    return run


def test_without_a_cri_o_every_case_is_skipped_and_the_summary_says_why(run: Run) -> None:
    result = run(*SUITE)
    counted = result.parseoutcomes()
    assert set(counted) == {"skipped"}
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "conformance: NO LIVE CRI-O: no CRI-O was found*",
            "*= conformance of no live CRI-O =*",
            "family * passed * deviates * failed * skipped",
            "search order * 0 * 0 * 0 *",
            f"all * 0 * 0 * 0 * {counted['skipped']}",
            "Not run:",
            f"*{counted['skipped']} cases: no CRI-O was found: neither crio on PATH nor a release in*",
        ]
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("--require live", "--require live: no CRI-O was found"),
        ("--require live -n 2", "--require live: no CRI-O was found"),
        ("--runtime /nonexistent", "/nonexistent cannot be run (No such file or directory)"),
        ("--runtime nonsense", "--runtime nonsense is not understood"),
        ("--runtime 9.9", "CRI-O 9.9 is not in"),
        ("--runtime 9.9 -n 2", "CRI-O 9.9 is not in"),
    ],
)
def test_what_cannot_be_had_is_a_usage_error_in_one_sentence(run: Run, asked: str, said: str) -> None:
    result = run(*ONE_FILE, *asked.split())
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    errors = [line for line in result.errlines + result.outlines if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"ERROR: {said}")
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.parametrize("option", ["--require=flight", "--stories=some"])
def test_a_choice_that_there_is_not_is_a_usage_error(run: Run, option: str) -> None:
    result = run(*ONE_FILE, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*invalid choice*"])


def test_cases_are_chosen_by_their_upstream_issue(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.upstream("cri-o/cri-o#8780")
        def test_one(): pass

        @pytest.mark.upstream("cri-o/cri-o#9401")
        class TestMore:
            def test_two(self): pass
            def test_three(self): pass
        """
    )
    run("--strict-markers", "-k", "8780").assert_outcomes(passed=1, deselected=2)
    run("-k", "cri-o and 9401").assert_outcomes(passed=2, deselected=1)
    run("-k", "9401 and not two").assert_outcomes(passed=1, deselected=2)


def test_a_project_s_own_cases_may_use_the_fixtures(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_our_nodes="""
        import pytest

        @pytest.mark.releases(">=1.34", "so")
        def test_pull(runtime, docker_io): raise AssertionError("there is no CRI-O")

        def test_pod(pod): raise AssertionError("there is no CRI-O")

        def test_other(): pass
        """
    )
    result = run()
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["*= conformance of no live CRI-O =*", "our nodes * 0 * 0 * 0 * 2"])
    assert "NO LIVE" not in result.stdout.str(), "only the suite itself is announced"
    assert run("--require", "live").ret == pytest.ExitCode.USAGE_ERROR


def test_the_plugin_is_silent_and_light_where_it_is_not_used(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import signal
        import sys

        def test_theirs():
            assert not {"grpc", "aiohttp", "trustme", "conformance.runtime", "conformance.world"} & set(sys.modules)
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        """
    )
    result = run("--require", "live")
    result.assert_outcomes(passed=1)
    assert "CRI-O" not in result.stdout.str() + result.stderr.str()
    assert "conformance of" not in result.stdout.str()


# Verdicts on a case that a deviation covers

KNOWN = Deviation(
    cases=("test_errors.py::test_it",),
    releases=">=1.31",
    upstream="cri-o/cri-o#8780",
    why="only the last one is told",
    seen={"pull.reasons": {"quay.io": "unauthorized"}},
)


def judged(tmp_path: Path, outcome: BaseException | None, reasons: object) -> pytest.TestReport:
    """Judge a case that ended so and whose fixture ``pull`` saw these reasons."""

    def case() -> None:
        if outcome is not None:
            raise outcome

    call = pytest.CallInfo.from_call(case, "call", reraise=())
    report = pytest.TestReport(
        nodeid=KNOWN.cases[0],
        location=(str(tmp_path), 1, "test_it"),
        keywords={},
        outcome="passed" if outcome is None else "skipped" if isinstance(outcome, pytest.skip.Exception) else "failed",
        longrepr=None if outcome is None else str(outcome),
        when="call",
    )
    item = SimpleNamespace(funcargs={"pull": SimpleNamespace(reasons=reasons)})
    plugin._judge(report, call, KNOWN, cast("pytest.Function", item))
    return report


def test_the_known_departure_is_an_expected_failure_with_its_reason(tmp_path: Path) -> None:
    report = judged(tmp_path, AssertionError("no"), {"quay.io": "unauthorized"})
    assert report.outcome == "skipped"
    assert report.wasxfail == "cri-o/cri-o#8780: only the last one is told"
    assert plugin._reason(report) == report.wasxfail


def test_a_contract_that_holds_although_it_is_covered_fails_and_says_so(tmp_path: Path) -> None:
    report = judged(tmp_path, None, {"docker.io": "denied", "quay.io": "unauthorized"})
    assert report.outcome == "failed"
    assert str(report.longrepr).startswith("the contract holds, although cri-o/cri-o#8780 says that >=1.31 departs")
    assert not hasattr(report, "wasxfail")


@pytest.mark.parametrize("reasons", [{"docker.io": "denied"}, {}, None])
def test_a_third_behaviour_fails_with_the_difference(tmp_path: Path, reasons: object) -> None:
    report = judged(tmp_path, AssertionError("no"), reasons)
    assert (report.outcome, report.longrepr) == ("failed", "no")
    ((title, text),) = report.sections
    assert title == "neither the contract nor cri-o/cri-o#8780"
    assert text.startswith("pull.reasons is ")
    assert text.endswith("and {'quay.io': 'unauthorized'} in the deviation")


@pytest.mark.parametrize("error", [RuntimeError("the world ended"), TimeoutError("late")])
def test_an_error_that_is_no_assertion_stays_one(tmp_path: Path, error: Exception) -> None:
    report = judged(tmp_path, error, {"quay.io": "unauthorized"})
    assert (report.outcome, report.longrepr, report.sections) == ("failed", str(error), [])
    assert not hasattr(report, "wasxfail")


def test_a_case_that_skips_itself_is_not_judged(tmp_path: Path) -> None:
    report = judged(tmp_path, pytest.skip.Exception("not here"), {"quay.io": "unauthorized"})
    assert report.outcome == "skipped"
    assert not hasattr(report, "wasxfail")


@pytest.mark.parametrize(
    ("nodeid", "case"),
    [
        ("../site-packages/conformance/suite/test_login.py::TestA::test_b[x/y]", "test_login.py::TestA::test_b[x/y]"),
        ("test_login.py::test_b[a::b]", "test_login.py::test_b[a::b]"),
    ],
)
def test_a_case_is_named_as_deviations_name_it(nodeid: str, case: str) -> None:
    assert plugin._case(nodeid) == case
