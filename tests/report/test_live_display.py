"""What is drawn of a run's progress, by the width of the terminal."""

import pytest

from conformance.report.live_display import drawn
from conformance.report.run_progress import RunProgress


@pytest.mark.parametrize(
    ("is_narrow", "first"),
    [(False, "━━━━━━━━━━━━ 50 of 100 cases, 50 s left, 1 failed"), (True, "50 of 100 cases, 1 failed")],
)
def test_a_narrow_terminal_keeps_the_failures(is_narrow: bool, first: str) -> None:
    progress = RunProgress(began=0.0, total=100, done=50)
    progress.judge("test_it.py::test_a", "failed")
    progress.start("conformance/suite/x/test_it.py::TestIt::test_b[1]", 50.0)
    assert drawn(progress, 50.0, is_narrow=is_narrow).plain.splitlines() == [first, "  test_it.py::test_b[1]"]
