"""What changed from one run to another: read off evidence, and grouped by cause."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence.case_records import SCHEMA, CallRecord, CaseRecord, ErrorRecord, ExchangeRecord, RunRecord
from conformance.evidence.evidence_folder import RunEvidence
from conformance.report.change_text import changes_as_json, changes_as_markdown, changes_as_text
from conformance.report.changes import TOOLS, CaseChange, ChangeKind, compare_runs
from conformance.report.wording import edits, open_wording, requests_of
from conformance.runtime import pod_images

DIGEST = "sha256:" + "0123456789abcdef" * 4


def run(*cases: CaseRecord, target: str = "CRI-O 1.33.13") -> RunEvidence:
    return RunEvidence(Path("/nowhere"), RunRecord(schema=SCHEMA, properties={"target": target}, exit_code=0), cases)


def case(name: str, verdict: str = "passed", **more: Any) -> CaseRecord:
    return CaseRecord(case=f"conformance/suite/x/test_x.py::{name}", family="x", verdict=verdict, **more)


def pull(name: str = "quay.io/team/app", error: str = "", image_ref: str = "", duration: float = 1.0) -> CallRecord:
    return CallRecord(
        name="PullImage",
        subject=name,
        at=0.0,
        duration=duration,
        request={"image": {"image": name}},
        response={"image_ref": image_ref} if image_ref else {},
        error=ErrorRecord(code="UNKNOWN", message=error) if error else None,
    )


def exchange(host: str, kind: str = "manifest", status: int = 200, user: str | None = None) -> ExchangeRecord:
    return ExchangeRecord(host=host, at=0.5, method="GET", kind=kind, status=status, user=user)


def kinds(before: CaseRecord, after: CaseRecord) -> list[CaseChange]:
    return [group.change for group in compare_runs(run(before), run(after))]


def test_equal_runs_have_no_change() -> None:
    one = case("a", calls=(pull(error="unauthorized"),), exchanges=(exchange("quay.io"),))
    assert kinds(one, one) == []


def test_whoever_pulls_what_the_suites_own_containers_run_is_no_change() -> None:
    assert pod_images.TOOLS == TOOLS
    first = case("a", calls=(pull(TOOLS, image_ref="1"), pull(error="unauthorized")))
    assert kinds(first, case("a", calls=(pull(error="unauthorized"),))) == []


@pytest.mark.parametrize(
    ("before", "after", "kind", "worse"),
    [
        ("passed", "failed", ChangeKind.FAILS, True),
        ("deviates", "failed", ChangeKind.FAILS, True),
        ("skipped", "failed", ChangeKind.FAILS, True),
        ("passed", "deviates", ChangeKind.DEVIATES, True),
        ("deviates", "passed", ChangeKind.HOLDS, False),
        ("failed", "passed", ChangeKind.HOLDS, False),
        ("failed", "deviates", ChangeKind.HOLDS, False),
        ("skipped", "passed", ChangeKind.RUNS, False),
        ("deviates", "skipped", ChangeKind.RUNS, False),
    ],
)
def test_a_change_of_verdict_is_the_whole_change(before: str, after: str, kind: ChangeKind, worse: bool) -> None:
    other = {"calls": (pull(error="another text"),)}
    (group,) = compare_runs(run(case("a", before, reason="why")), run(case("a", after, reason="why", **other)))
    assert (group.change.kind, group.is_worse) == (kind, worse)


def test_one_that_deviates_otherwise_is_told_with_both_reasons() -> None:
    (change,) = kinds(case("a", "deviates", reason="one"), case("a", "deviates", reason="another"))
    assert change == (ChangeKind.OTHERWISE, "deviates (one)", "deviates (another)")


def test_cases_that_speak_of_releases_are_grouped_by_the_issue() -> None:
    since, until = "speaks of CRI-O >=1.34: it came with a/b#1", "speaks of CRI-O <1.34: before a/b#1 it was not there"
    before = run(case("a", "skipped", reason=since), case("b"), case("c", "skipped", reason="speaks of another"))
    after = run(case("a"), case("b", "skipped", reason=until), case("c"))
    assert [len(group.cases) for group in compare_runs(before, after)] == [2, 1]


def test_equal_edits_of_an_error_are_one_change_whatever_the_image() -> None:
    def failing(name: str, words: str) -> CaseRecord:
        image = f"quay.io/team/{name}"
        text = f"reading manifest latest in {image}: {words}; artifact err: reading manifest latest in {image}: {words}"
        return case(name, calls=(pull(image, text),))

    before = run(failing("a", "unauthorized"), failing("b", "unauthorized"))
    after = run(*(failing(each, "denied: unauthorized") for each in "ab"))
    (group,) = compare_runs(before, after)
    assert len(group.cases) == 2
    assert group.change.kind is ChangeKind.ERROR
    assert "denied:" in group.change.after


def test_what_a_pull_gives_is_compared_in_its_form() -> None:
    before = case("a", calls=(pull(image_ref=f"quay.io/team/app@{DIGEST}"),))
    after = case("a", calls=(pull(image_ref=DIGEST.partition(":")[2]),))
    assert kinds(before, after) == [
        (ChangeKind.ANSWER, "PullImage: image_ref is <image>", "PullImage: image_ref is <ID>")
    ]


def test_other_requests_are_told_by_host_and_kind() -> None:
    before = case("a", calls=(pull(),), exchanges=(exchange("docker.io"), exchange("quay.io")))
    after = case("a", calls=(pull(),), exchanges=(exchange("docker.io"), exchange("quay.io"), exchange("quay.io")))
    assert kinds(before, after) == [(ChangeKind.REQUESTS, "manifest-200×1", "manifest-200×2")]


def test_credentials_that_another_host_sees_come_before_all_but_failures() -> None:
    before = run(case("a", exchanges=(exchange("quay.io", user="robot"),)), case("b"), case("c"))
    after = run(
        case("a", exchanges=(exchange("quay.io", user="robot"), exchange("evil.example", user="robot"))),
        case("b", "deviates", reason="x"),
        case("c", "failed"),
    )
    found = compare_runs(before, after)
    assert [group.change.kind for group in found] == [ChangeKind.FAILS, ChangeKind.CREDENTIALS, ChangeKind.DEVIATES]
    assert found[1].change.after == "robot: shown to 1 more of the registry hosts"


def test_calls_of_a_kubelet_are_not_counted() -> None:
    before, after = (case("test_it[kubelet-x]", calls=(pull(),) * number) for number in (1, 3))
    assert kinds(before, after) == []
    before, after = (case("test_it[x]", calls=(pull(),) * number) for number in (1, 3))
    assert kinds(before, after) == [(ChangeKind.ANSWER, "calls: none", "calls: PullImage PullImage")]


def test_a_case_that_takes_much_longer_is_told() -> None:
    assert kinds(case("a", duration=2.0), case("a", duration=5.0))[0].kind is ChangeKind.TIME
    assert kinds(case("a", duration=0.1), case("a", duration=1.0)) == []


def test_a_case_that_only_one_run_has() -> None:
    (group,) = compare_runs(run(), run(case("a")))
    assert group.change == (ChangeKind.CASES, "there is none", "there is one")


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        (f"docker://quay.io/team/app@{DIGEST}: not found", "docker://<image>: not found"),
        ("reading manifest v1.2 in docker.io/library/app:v1.2: no", "reading manifest <reference> in <image>: no"),
        ("docker://team/app:latest: unauthorized", "docker://<image>: unauthorized"),
        ("dial tcp 127.0.1.7:443: connect: connection refused", "dial tcp <address>: connect: connection refused"),
        ("lookup registry.example on 127.0.0.1:53", "lookup <host> on <address>"),
        ('time="2026-11-30T23:30:00Z" level=error', "time=<time> level=error"),
        ("status code 503", "status code <number>"),
        ("is a bad name", "is a bad name"),
    ],
)
def test_what_differs_from_case_to_case_stands_open(text: str, opened: str) -> None:
    assert open_wording(text, {"a"} if text.startswith("is") is False else set()) == opened


def test_edits_leave_out_what_repeats_the_rest() -> None:
    before = "one two three four; then alpha"
    after = "one two three four; then beta two three four;"
    assert edits(before, after) == ("alpha", "beta …")
    assert edits(before, before) == ("", "")


def test_requests_are_counted_by_host_without_lookups() -> None:
    lookup = ExchangeRecord(host="nowhere.example", at=0.0)
    asked = (exchange("b.example"), lookup, exchange("a.example", "ping", 401), exchange("b.example"))
    assert requests_of(asked) == "A: manifest-200×2; B: ping-401×1"


BEFORE = run(case("a"), case("b"))
AFTER = run(case("a", "failed", reason="a | b"), case("b", "deviates", reason="x"), target="CRI-O 1.36.3")


def test_the_changes_in_words() -> None:
    found = compare_runs(BEFORE, AFTER)
    text = changes_as_text(BEFORE, AFTER, found[:1], found[1:])
    assert text.splitlines()[0] == "CRI-O 1.33.13 → CRI-O 1.36.3: 1 change, 1 for the worse (2 and 2 cases)"
    assert "newly failing, 1 case:\n    before: passes\n    after:  fails (a | b)\n" in text
    assert "Not seen again when asked once more, on both sides:\n\nnewly deviating, 1 case:" in text
    nothing = changes_as_text(BEFORE, BEFORE, [], [])
    assert nothing == "CRI-O 1.33.13 → CRI-O 1.33.13: nothing changed (2 and 2 cases)"


def test_a_run_that_was_killed_or_a_rehearsal_is_told_as_that() -> None:
    properties = {"target": "the simulator of CRI-O 1.36", "run": "rehearsal: none was found"}
    record = RunRecord(schema=SCHEMA, properties=properties, cases=3)
    killed = RunEvidence(Path("/nowhere"), record, [case("a")])
    assert changes_as_text(killed, BEFORE, [], []).splitlines()[1:] == [
        "REHEARSAL: the simulator of CRI-O 1.36 shows nothing about CRI-O",
        "the run about the simulator of CRI-O 1.36 did not come to its end: 1 of 3 cases",
    ]


def test_the_changes_as_markdown_stay_in_their_cells() -> None:
    found = compare_runs(BEFORE, AFTER)
    rows = [line for line in changes_as_markdown(BEFORE, AFTER, found, []).splitlines() if line.startswith("| newly")]
    assert len(rows) == 2
    assert r"fails \(a \| b\)" in rows[0]


def test_the_changes_as_json() -> None:
    found = compare_runs(BEFORE, AFTER)
    told = json.loads(changes_as_json(BEFORE, AFTER, found[:1], found[1:]))
    assert (told["before"], told["after"], told["worse"]) == (
        {"target": "CRI-O 1.33.13"},
        {"target": "CRI-O 1.36.3"},
        True,
    )
    assert [(each["kind"], each["worse"], each["flaky"]) for each in told["changes"]] == [
        ("fails", True, False),
        ("deviates", True, True),
    ]
    assert told["changes"][0]["cases"] == ["conformance/suite/x/test_x.py::a"]
