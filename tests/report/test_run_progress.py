"""How far a run is, counted from what pytest reports."""

import pytest

from conformance.report.run_progress import RunProgress, written_duration


def test_a_run_is_counted_by_cases_and_by_the_gravest_verdict_of_each() -> None:
    progress = RunProgress(total=40)
    for number, verdict in enumerate(["", "deviates", "skipped", "failed", "", ""]):
        progress.start(f"case {number}", now=100.0)
        progress.judge(f"case {number}", verdict)
        progress.finish(f"case {number}")
    progress.judge("case 1", "failed")  # while it was cleared up
    progress.judge("case 3", "skipped")
    progress.start("case 6", now=106.0)
    assert list(progress.running) == ["case 6"]
    assert progress.line(112.0) == "6 of 40 cases, 2 failed, 1 skipped, about 1 min left"
    assert progress.seconds_left(112.0) == pytest.approx(68.0)


def test_nothing_is_foretold_of_the_time_before_some_cases_have_ended() -> None:
    progress = RunProgress(total=40)
    assert progress.line(0.0) == "0 of 40 cases"
    for number in range(4):
        progress.start(f"case {number}", now=0.0)
        progress.finish(f"case {number}")
    assert progress.seconds_left(30.0) is None
    assert RunProgress(total=1).line(0.0) == "0 of 1 case"


@pytest.mark.parametrize(
    ("seconds", "told"), [(7.6, "8 s"), (59.4, "59 s"), (61.0, "1 min"), (3599.0, "60 min"), (4800.0, "1 h 20 min")]
)
def test_a_duration_is_written_as_a_person_would(seconds: float, told: str) -> None:
    assert written_duration(seconds) == told
