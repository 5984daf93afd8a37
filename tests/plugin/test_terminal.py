"""The summary at the end of a run."""

import pytest

from tests.plugin.pytest_runs import Run


def test_a_story_is_told_once(run: Run, pytester: pytest.Pytester) -> None:
    """That of a case that failed stands with its failure, unless that is not shown."""
    pytester.makepyfile(
        """
        def test_passing(runtime): runtime.pull("quay.io/a/b")
        def test_failing(runtime): assert runtime.pull("docker.io/c/d").succeeded
        """
    )
    for options, stories in (((), 1), (("--tb=no",), 1), (("--show-capture=no",), 1), (("--stories=none",), 1)):
        told = run(*options).stdout.str()
        assert told.count("PullImage docker.io/c/d (") == stories
        assert told.count("PullImage quay.io/a/b (") == ("--stories=none" not in options)


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
