"""The fixtures of the plugin: what they skip, and what they give."""

import pytest

from tests.plugin.pytest_runs import Run


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

        @can("live", "containers", "configurable")
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


def test_a_case_may_be_about_a_runtime_that_does_not_start(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from conformance import Configuration

        @pytest.fixture
        def configuration(text):
            return Configuration(drop_ins=(("zz.conf", text),))

        @pytest.mark.parametrize("text", ["no TOML"])
        def test_why(startup_error):
            assert "registries.conf.d/zz.conf" in startup_error

        @pytest.mark.parametrize("text", [""])
        def test_that_it_starts(startup_error):
            assert startup_error == ""

        @pytest.mark.parametrize("text", ["no TOML"])
        @pytest.mark.releases("<1.31", "older ones")
        def test_of_other_releases(startup_error): raise AssertionError
        """
    )
    run().assert_outcomes(passed=2, skipped=1)


def test_a_range_of_releases_that_is_none_is_told(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.releases("bogus", "it is not")
        def test_it(runtime):
            pass
    """)
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the mark releases has 'bogus': write a range such as >=1.35,<1.37"])
    result.stdout.no_fnmatch_line("*Traceback*")
