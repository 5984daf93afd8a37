"""What pytest says itself has no secrets."""

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.deviations import Deviation
from conformance.evidence.secrets import Secrets
from conformance.plugin.lifecycle import RUN
from conformance.plugin.redaction import shown_reason
from conformance.plugin.verdicts import SECRETS
from tests.plugin.pytest_runs import Run

PASSWORD = "correct horse/battery+staple"


@pytest.mark.parametrize("kept", [(), ("--stories=none", "--evidence=none")], ids=["kept", "not kept"])
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_warning_has_no_secret(
    run: Run, pytester: pytest.Pytester, more: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    """Nor one that is raised while the case is cleared up; a warning without one stays as it is."""
    pytester.makepyfile(
        test_it=f"""
        import warnings
        import pytest
        from conformance import Login

        PASSWORD = "{PASSWORD}"

        @pytest.fixture
        def late(runtime):
            yield
            warnings.warn(RuntimeWarning("late: " + PASSWORD))

        def test_it(runtime, quay_io, late):
            quay_io.origin.repository("team/app").logins["robot"] = PASSWORD
            warnings.warn("early: " + PASSWORD)
            warnings.warn("Authorization: Basic " + "cm9ib3Q6Y29ycmVjdCBob3JzZQ==")
            warnings.warn("plain")
        """
    )
    result = run(*more, *kept)
    result.assert_outcomes(passed=1, warnings=4)
    result.stdout.fnmatch_lines(
        ["*UserWarning: early: [[]redacted]", "*Basic [[]redacted]", "*: plain", "*RuntimeWarning: late: [[]redacted]"]
    )
    assert PASSWORD not in result.stdout.str()


def test_the_words_of_a_known_deviation_stay_whatever_passwords_there_are() -> None:
    known = Deviation(cases=("test_a",), releases=">=1.31", upstream="unreported", why="it is not its name", seen={})
    run_stash: Any = pytest.Stash()
    stash = pytest.Stash()
    run_stash[RUN] = SimpleNamespace(deviations=[known])
    stash[SECRETS] = Secrets(["not it"])
    item: Any = SimpleNamespace(config=SimpleNamespace(stash=run_stash), stash=stash)
    assert shown_reason(item, known.reason) == "unreported: it is not its name"
    assert shown_reason(item, "the password is not it") == "the password is [redacted]"
