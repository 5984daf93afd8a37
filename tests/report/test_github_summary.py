"""The Markdown for GitHub's page of a job."""

from conformance.report.changes import CaseChange, ChangeGroup, ChangeKind
from conformance.report.github_summary import MOST_FAILURES, EqualFailures, RunChanges, github_summary
from conformance.report.summary import Verdict

VERDICTS = [
    Verdict("login", "passed"),
    Verdict("login", "failed"),
    *[Verdict("errors", "deviates", "cri-o/cri-o#8780: only the last is told")] * 2,
    Verdict("errors", "deviates", "cri-o/cri-o#8780: nothing | is told"),
    Verdict("errors", "deviates", "unreported: <b>so</b> it is"),
    Verdict("pods", "skipped", "it takes root"),
]
STORY = "PullImage x\n    the user saw: <nil>"
FAILURE = EqualFailures(
    "A login *is* shown once.", "assert 2 == 1", ["test_login.py::test_x[1]"] * 5, "pytest 'x'", STORY
)
PROPERTIES = {"target": "CRI-O 1.36.3", "release": "1.36.3", "run": "live", "kernel": "Linux 6.1"}


def test_all_that_a_reader_asks_for_is_there_each_once() -> None:
    change = ChangeGroup(CaseChange(ChangeKind.FAILS, "passes", "fails (assert 2 == 1)"), ["test_login.py::test_x[1]"])
    told = github_summary("CRI-O 1.36.3", PROPERTIES, VERDICTS, [FAILURE], RunChanges("2026-11-30 10:00 UTC", [change]))
    lines = told.splitlines()
    assert lines[:3] == ["## Conformance of CRI-O 1.36.3", "", "live, Linux 6.1"]
    assert "| cases | 1 | 4 | 1 | 1 |" in lines
    assert "- **A login \\*is\\* shown once.**" in lines
    assert sum("and 2 more" in line for line in lines) == 1
    assert "  to run it alone: <code>pytest 'x'</code>" in lines
    shown = "<pre>PullImage x&#10;    the user saw: &lt;nil&gt;</pre>"
    assert f"  <details><summary>who was asked, and what the user saw</summary>{shown}</details>" in lines
    assert "### Changed since the run of 2026-11-30 10:00 UTC" in lines
    assert sum(line.startswith("| newly failing | 1 | passes |") for line in lines) == 1
    issue = lines.index("- [cri-o/cri-o\\#8780](https://github.com/cri-o/cri-o/issues/8780), 3 cases")
    assert lines[issue + 1 : issue + 5] == [
        "  - 2: only the last is told",
        "  - 1: nothing \\| is told",
        "- unreported, 1 case",
        "  - 1: \\<b\\>so\\</b\\> it is",
    ]
    assert "| login | 1 | 0 | 1 | 0 |" in lines
    assert "- 1: it takes root" in lines


def test_what_there_is_none_of_has_no_heading() -> None:
    told = github_summary("CRI-O 1.36.3", PROPERTIES, [Verdict("login", "passed")], [])
    assert [line for line in told.splitlines() if line.startswith("### ")] == ["### Totals", "### Families"]
    assert "No verdict." in github_summary("CRI-O", {}, [], [], RunChanges("yesterday", []))


def test_it_stays_as_small_as_github_shows() -> None:
    failures = [
        EqualFailures(f"Sentence {number}.", "why " * 10_000, ["a"], "", "story\n" * 10_000)
        for number in range(MOST_FAILURES + 7)
    ]
    told = github_summary("CRI-O 1.36.3", PROPERTIES, VERDICTS, failures)
    assert "And 7 more failures, which the log has." in told
    assert len(told.encode()) < 2**20
