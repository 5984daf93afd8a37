from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.deviations import Deviation
from conformance.plugin import lifecycle, terminal, verdicts

ONE_FILE = ("--pyargs", "conformance.suite.names.test_short_name_mode")
WITHOUT_TRACES = ("-p", "no:cacheprovider")
BOTH_SIDES = [
    "PullImage team/app, asked:",
    "    the model: [[]HostRequests(host='docker.io', *), HostRequests(host='quay.io', *",
    "    CRI-O:     [[]HostRequests(host='quay.io', *",
]
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


def test_the_summary_counts_what_became_of_each_case_and_says_why(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        from conformance import deviations

        DEVIATION = deviations.Deviation(
            cases=("test_our_nodes.py::test_deviating",),
            releases=">=1.31",
            upstream="cri-o/cri-o#8780",
            why="so it is",
            seen={"asked": ["quay.io"]},
        )
        deviations.load_deviations = lambda: [DEVIATION]
        """
    )
    pytester.makepyfile(
        test_our_nodes="""
        import pytest

        @pytest.fixture
        def asked(runtime):
            return runtime.pull("quay.io/none").asked

        def test_passing(asked): pass

        def test_deviating(asked): assert asked == ["docker.io"]

        def test_failing(asked): assert asked == ["docker.io"]

        @pytest.mark.releases("<1.31", "it is too old")
        def test_old(asked): raise AssertionError

        def test_containers(pod, containers): raise AssertionError

        def test_other(): pass
        """
    )
    result = run()
    result.assert_outcomes(passed=2, xfailed=1, failed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "*= conformance of the simulator of CRI-O 1.36 =*",
            "family * passed * deviates * failed * skipped",
            "our nodes * 1 * 1 * 1 * 2",
            "all * 1 * 1 * 1 * 2",
            "Known deviations met:",
            "*1 case: cri-o/cri-o#8780: so it is",
            "Not run:",
            "*1 case: speaks of CRI-O <1.31: it is too old",
            "*1 case: needs the capability containers: the simulator runs nothing",
        ]
    )


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
        ["*_ test_passing _*", "the model and CRI-O differ", "*- the model and CRI-O differ -*", *BOTH_SIDES]
    )
    result.stdout.fnmatch_lines(["*_ test_deviating _*", "*- the model and CRI-O differ -*", *BOTH_SIDES])
    result.stdout.fnmatch_lines(["*_ test_failing _*", "E * assert not True", "*- the model and CRI-O differ -*"])
    result.stdout.fnmatch_lines(["it * 1 * 0 * 3 * 0"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("--runtime /nonexistent", "/nonexistent cannot be run (No such file or directory)"),
        ("--runtime nonsense", "--runtime nonsense is not understood"),
        ("--runtime 9.9", "CRI-O 9.9 is not in"),
        ("--runtime 9.9 -n 2", "CRI-O 9.9 is not in"),
        ("--kubelet /nonexistent", "/nonexistent cannot be run (No such file or directory)"),
        ("--kubelet 9.9", "kubelet 9.9 is not in"),
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


# What a runtime can do


def test_a_case_is_skipped_for_what_the_runtime_lacks(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from conformance.runtime.simulated import SimulatedRuntime

        @pytest.fixture(autouse=True)
        def able(request, monkeypatch):
            monkeypatch.setattr(SimulatedRuntime, "capabilities", request.function.able)

        def can(*capabilities):
            return lambda case: setattr(case, "able", frozenset(capabilities)) or case

        @can("live", "containers")
        def test_told(kubelet): raise AssertionError

        @can("live")
        def test_told_as_a_user(kubelet): raise AssertionError

        @can("live")
        def test_pod_of_a_user(pod): raise AssertionError

        @can("pods")
        def test_inside(pod, node): raise AssertionError
        """
    )
    result = run()
    result.assert_outcomes(skipped=4)
    result.stdout.fnmatch_lines_random(
        [
            "*1 case: needs the capability kubelet: there is none in the cache folder, and --kubelet names none",
            "*2 cases: needs the capability containers: the simulator runs nothing",
            "*1 case: needs the capability pods: the simulator runs nothing",
        ]
    )


@pytest.fixture
def able(pytester: pytest.Pytester, tmp_path: Path) -> Callable[[str], list[str]]:
    """Lets the simulator be able to do this and no more; gives the options that name a kubelet where there is one."""

    def able(capabilities: str) -> list[str]:
        pytester.makeconftest(
            f"""
            from conformance.runtime.simulated import SimulatedRuntime

            SimulatedRuntime.capabilities = frozenset({capabilities.split()}) - {{"kubelet"}}
            """
        )
        pytester.makepyfile(test_it="def test_it(runtime): pass")
        kubelet = tmp_path / "kubelet"
        kubelet.write_text("#!/bin/sh\necho Kubernetes v1.36.2\n")
        kubelet.chmod(0o755)
        return ["--kubelet", str(kubelet)] if "kubelet" in capabilities else []

    return able


@pytest.mark.parametrize(
    ("there", "required", "more"),
    [
        ("live", "pods", []),
        ("live pods containers", "kubelet", []),
        ("live pods kubelet", "kubelet", []),
        ("pods", "kubelet", ["-n", "2"]),
    ],
)
def test_what_is_required_and_lacking_ends_the_run_with_a_code_of_its_own(
    run: Run, able: Callable[[str], list[str]], there: str, required: str, more: list[str]
) -> None:
    result = run(f"--require={required}", *able(there), *more)
    assert result.ret == lifecycle.EXIT_LACKING
    assert f"--require {required}: the simulator of CRI-O 1.36 cannot offer it to this user here" in result.stdout.str()
    result.assert_outcomes()


def test_what_is_required_and_there_lets_the_run_go_on(run: Run, able: Callable[[str], list[str]]) -> None:
    options = able("live pods containers kubelet")
    run("--require=pods", "--require=containers", "--require=kubelet", *options).assert_outcomes(passed=1)


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


def test_the_plugin_is_silent_and_light_where_it_is_not_used(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import signal
        import sys

        def test_theirs():
            assert not {"grpc", "aiohttp", "trustme", "conformance.runtime", "conformance.node"} & set(sys.modules)
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
    verdicts._contradict(report, ["PullImage x, asked", "PullImage x, error"])
    assert (report.outcome, report.longrepr) == ("failed", "the model and CRI-O differ")
    assert not hasattr(report, "wasxfail")
    assert report.sections == [("the model and CRI-O differ", "PullImage x, asked\nPullImage x, error")]


def test_a_difference_from_the_model_leaves_a_failure_its_own_words(tmp_path: Path) -> None:
    report = judged(tmp_path, AssertionError("no"), {})
    verdicts._contradict(report, ["PullImage x, asked"])
    assert (report.outcome, report.longrepr) == ("failed", "no")
    assert ("the model and CRI-O differ", "PullImage x, asked") in report.sections


@pytest.mark.parametrize(
    ("nodeid", "case"),
    [
        ("../site-packages/conformance/suite/test_login.py::TestA::test_b[x/y]", "test_login.py::TestA::test_b[x/y]"),
        ("test_login.py::test_b[a::b]", "test_login.py::test_b[a::b]"),
    ],
)
def test_a_case_is_named_as_deviations_name_it(nodeid: str, case: str) -> None:
    assert verdicts.case_of(nodeid) == case
