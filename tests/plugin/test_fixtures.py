"""The fixtures of the plugin: what they skip."""

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
