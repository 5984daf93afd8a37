"""Verdicts on cases: deviations that are known, and differences from the model."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.deviations import Deviation
from conformance.plugin import collection, terminal, verdicts
from tests.plugin.pytest_runs import Run

BOTH_SIDES = [
    "PullImage team/app, asked:",
    "    the model: docker.io: team/app:latest, *; quay.io: team/app:latest, *",
    "    CRI-O:     quay.io: team/app:latest, *",
]


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
def test_a_case_in_which_model_and_runtime_differ_fails_whatever_it_states(
    run: Run, pytester: pytest.Pytester, more: list[str]
) -> None:
    pytester.makeconftest(
        """
        from conformance import deviations
        from conformance.runtime import simulated
        from conformance.simulator.mutants import mutant

        DEVIATION = deviations.Deviation(
            cases=("test_it.py::test_deviating",),
            releases=">=1.31",
            upstream="unreported",
            why="so it is",
            seen={"pull.asked": ["quay.io"]},
        )
        deviations.load_deviations = lambda: [DEVIATION]
        simulated.Variant = lambda: mutant("search-order-reversed").variant
        """
    )
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.fixture
        def pull(runtime, quay_io):
            quay_io.offer("team/app")
            return runtime.pull("team/app")

        def test_passing(pull): assert pull.succeeded

        def test_deviating(pull): assert pull.asked == ["docker.io", "quay.io"]

        def test_failing(pull): assert not pull.succeeded

        def test_agreeing(runtime): assert not runtime.pull("quay.io/none").succeeded
        """
    )
    result = run(*more)
    result.assert_outcomes(failed=3, passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*_ test_[pd]*ing _*",
            "the model and CRI-O differ",
            "1 more case fails with the same: test_it.py::test_[pd]*ing",
            "*- the model and CRI-O differ -*",
            *BOTH_SIDES,
        ]
    )
    result.stdout.fnmatch_lines(["*_ test_failing _*", "E * assert not True", "*- the model and CRI-O differ -*"])
    result.stdout.fnmatch_lines(["it * 1 * 0 * 3 * 0"])


DIFFERING = """
from conformance.runtime import simulated
from conformance.simulator.mutants import mutant

simulated.Variant = lambda: mutant("search-order-reversed").variant
"""


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
def test_a_difference_may_be_reported_only_once_per_kind(run: Run, pytester: pytest.Pytester, more: list[str]) -> None:
    pytester.makeconftest(DIFFERING)
    pytester.makepyfile(
        test_it="""
        def pull(runtime, quay_io):
            quay_io.offer("team/app")
            return runtime.pull("team/app").succeeded

        def test_one(runtime, quay_io): assert pull(runtime, quay_io)

        def test_two(runtime, quay_io): assert pull(runtime, quay_io)
        """
    )
    result = run("--model", "report", *more)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "The model and the runtime differ, which is reported only (--model):",
            "   2 cases: PullImage, asked, such as test_it.py::test_*",
        ]
    )
    silent = run("--model", "off", *more)
    silent.assert_outcomes(passed=2)
    silent.stdout.no_fnmatch_line("The model and the runtime differ*")


KNOWN = Deviation(
    cases=("test_errors.py::test_it",),
    releases=">=1.31",
    upstream="cri-o/cri-o#8780",
    why="only the last one is told",
    seen={"pull.reasons": {"quay.io": "unauthorized"}},
)


def judged(
    tmp_path: Path, outcome: BaseException | None, reasons: object, *, in_a_helper: bool = False
) -> pytest.TestReport:
    """Judge a case that ended so, itself or in a helper, and whose fixture ``pull`` saw these reasons."""

    def helper() -> None:
        if outcome is not None:
            raise outcome

    def case() -> None:
        if in_a_helper:
            helper()
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
    item = SimpleNamespace(funcargs={"pull": SimpleNamespace(reasons=reasons)}, function=case)
    verdicts._judge(report, call, KNOWN, cast("pytest.Function", item))
    return report


def test_the_known_departure_is_an_expected_failure_with_its_reason(tmp_path: Path) -> None:
    report = judged(tmp_path, AssertionError("no"), {"quay.io": "unauthorized"})
    assert report.outcome == "skipped"
    assert report.wasxfail == "cri-o/cri-o#8780: only the last one is told"
    assert terminal._reason(report) == report.wasxfail


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


def test_a_statement_of_a_helper_is_none_of_the_case(tmp_path: Path) -> None:
    report = judged(tmp_path, AssertionError("no container"), {"quay.io": "unauthorized"}, in_a_helper=True)
    assert (report.outcome, report.longrepr, report.sections) == ("failed", "no container", [])
    assert not hasattr(report, "wasxfail")


@pytest.mark.parametrize("error", [RuntimeError("the world ended"), TimeoutError("late")])
def test_an_error_that_is_no_assertion_stays_one(tmp_path: Path, error: Exception) -> None:
    report = judged(tmp_path, error, {"quay.io": "unauthorized"})
    assert (report.outcome, report.longrepr, report.sections) == ("failed", str(error), [])
    assert not hasattr(report, "wasxfail")


def test_a_case_that_skips_itself_is_not_judged(tmp_path: Path) -> None:
    report = judged(tmp_path, pytest.skip.Exception("not here"), {"quay.io": "unauthorized"})
    assert report.outcome == "skipped"
    assert not hasattr(report, "wasxfail")


@pytest.mark.parametrize("outcome", [None, AssertionError("no")])
def test_a_difference_from_the_model_fails_also_what_passed_or_deviates(
    tmp_path: Path, outcome: BaseException | None
) -> None:
    report = judged(tmp_path, outcome, {"quay.io": "unauthorized"})
    report.outcome = "passed" if outcome is None else report.outcome
    verdicts._fail(report, "the model and CRI-O differ", "PullImage x, asked\nPullImage x, error")
    assert (report.outcome, report.longrepr) == ("failed", "the model and CRI-O differ")
    assert not hasattr(report, "wasxfail")
    assert report.sections == [("the model and CRI-O differ", "PullImage x, asked\nPullImage x, error")]


def test_a_difference_from_the_model_leaves_a_failure_its_own_words(tmp_path: Path) -> None:
    report = judged(tmp_path, AssertionError("no"), {})
    verdicts._fail(report, "the model and CRI-O differ", "PullImage x, asked")
    assert (report.outcome, report.longrepr) == ("failed", "no")
    assert ("the model and CRI-O differ", "PullImage x, asked") in report.sections


@pytest.mark.parametrize(
    ("nodeid", "file", "case"),
    [
        ("../suite/pulls/test_login.py::TestA::test_b[x/y]", "../suite/pulls/test_login.py", "TestA::test_b[x/y]"),
        ("test_login.py::test_b[a::b]", "test_login.py", "test_b[a::b]"),
        ("::TestA::test_b", "../site-packages/conformance/suite/pulls/test_login.py", "TestA::test_b"),
    ],
)
def test_a_case_is_named_as_deviations_name_it(nodeid: str, file: str, case: str) -> None:
    """A module of another folder, selected by ``--pyargs``, has node IDs without a file."""
    facts: dict[str, Any] = {"keywords": {}, "outcome": "passed", "longrepr": None, "when": "call"}
    report = pytest.TestReport(nodeid, (file, 1, case), **facts)
    assert collection.case_of(report) == f"test_login.py::{case}"
