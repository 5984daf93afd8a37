"""A CRI-O that ends or hangs in a case is that case's failure, and no other's; shown on a real one."""

import time
from pathlib import Path

import pytest

from conformance.releases.installation import RuntimeNotFoundError, find_crio

pytestmark = pytest.mark.usefixtures("namespaces", "own_tmpdir")
SECONDS = 20.0
"""How soon a run of two cases ends, on a busy machine; a call may take sixty."""


@pytest.fixture(scope="module")
def crio() -> str:
    """The CRI-O to run."""
    try:
        return str(find_crio("auto").crio)
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))


def run(pytester: pytest.Pytester, crio: str, cases: str) -> pytest.RunResult:
    """Run cases on that CRI-O."""
    pytester.makepyfile(test_it=cases)
    began = time.monotonic()
    result = pytester.runpytest_subprocess(
        "--runtime", crio, "-p", "no:cacheprovider", "-p", "no:randomly", timeout=120
    )
    assert time.monotonic() - began < SECONDS
    return result


def test_one_that_ends_in_a_case_fails_it_whatever_it_states(pytester: pytest.Pytester, crio: str) -> None:
    cases = """
        import signal

        def test_that_kills_it(runtime, quay_io):
            quay_io.offer("rhuss/app")
            runtime.process.signal(signal.SIGKILL)
            assert runtime.pull("quay.io/rhuss/app").error is not None

        def test_after_it(runtime, quay_io):
            quay_io.offer("rhuss/app")
            assert runtime.pull("quay.io/rhuss/app").succeeded
        """
    result = run(pytester, crio, cases)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*_ test_that_kills_it _*", "CRI-O ended during the case"])


def test_one_that_does_not_answer_in_time_says_what_it_was_doing(pytester: pytest.Pytester, crio: str) -> None:
    cases = """
        def test_that_is_in_a_hurry(runtime, quay_io):
            quay_io.offer("rhuss/app")
            runtime.client.timeout = 0.001
            assert runtime.pull("quay.io/rhuss/app").succeeded

        def test_after_it(runtime, quay_io):
            quay_io.offer("rhuss/app")
            assert runtime.pull("quay.io/rhuss/app").succeeded
        """
    result = run(pytester, crio, cases)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*- CRI-O's goroutines when a call was not answered in time -*", "goroutine *"])


def test_what_a_case_broke_no_other_case_meets(pytester: pytest.Pytester, crio: str, tmp_path: Path) -> None:
    """A failed case may have left anything: the next one has a new CRI-O; after one that passed it has the same."""
    cases = f"""
        import pathlib

        def note(runtime):
            with pathlib.Path("{tmp_path}/processes").open("a") as file:
                file.write(f"{{runtime.process.outer_pid}} ")

        def test_one(runtime): note(runtime)

        def test_two(runtime): note(runtime); assert not runtime

        def test_three(runtime): note(runtime)
        """
    run(pytester, crio, cases).assert_outcomes(passed=2, failed=1)
    one, two, three = (tmp_path / "processes").read_text().split()
    assert one == two != three
