"""Sequence diagrams: who takes part, which arrows, and where they are drawn."""

from itertools import pairwise

import msgspec
import pytest

from conformance.evidence.case_records import CallRecord, CaseRecord, ErrorRecord, ExchangeRecord, MessageRecord
from conformance.report.page.sequence import Arrow, ArrowLook, duration, sequence_of, short
from conformance.report.page.sequence_layout import CHARACTER, hue_of, lay_out
from tests.report.page_evidence import DIGEST, STORY_OF_8780, exchange, pull


def arrows(**values: object) -> tuple[Arrow, ...]:
    return sequence_of(CaseRecord(case="t", family="f", verdict="passed", **values), "CRI-O").arrows  # type: ignore[arg-type]


def test_a_story_is_told_from_left_to_right_in_the_order_of_time() -> None:
    sequence = sequence_of(STORY_OF_8780, "CRI-O")
    assert sequence.lanes == ("client", "CRI-O", "docker.io", "quay.io")
    assert [
        (each.source, each.target, each.label, each.answer, each.user, str(each.look)) for each in sequence.arrows
    ] == [
        (0, 1, "PullImage rhuss/caikit-flan-t5-small", "", None, "ask"),
        (1, 2, "GET /v2/", "401", None, "challenge"),
        (1, 2, "GET token", "200", None, "good"),
        (1, 2, "GET manifest rhuss/caikit-flan-t5-small:latest", "200 an index for linux/arm64", "", "good"),
        (1, 3, "GET manifest rhuss/caikit-flan-t5-small:latest", "401 private", "robot", "refused"),
        (1, 0, "UNKNOWN · 50 ms", "", None, "refused"),
    ]


LOOKS = {
    "served": (exchange("h", 0.0), ArrowLook.GOOD, "200"),
    "refused": (exchange("h", 0.0, 404, note="no"), ArrowLook.REFUSED, "404 no"),
    "redirected": (exchange("h", 0.0, 307), ArrowLook.REDIRECT, "307 redirected elsewhere"),
    "cut": (exchange("h", 0.0, 200, "blob", note="cut after 10 bytes"), ArrowLook.CUT, "200 cut after 10 bytes"),
    "no answer": (exchange("h", 0.0, 0), ArrowLook.CUT, "no answer"),
    "a blob": (exchange("h", 0.0, 200, "blob", size=12345), ArrowLook.GOOD, "200 12 345 bytes"),
    "no such host": (ExchangeRecord(host="h", at=0.0), ArrowLook.CUT, "no such host"),
}


@pytest.mark.parametrize(("record", "look", "answer"), LOOKS.values(), ids=LOOKS)
def test_how_a_host_answered_is_seen(record: ExchangeRecord, look: ArrowLook, answer: str) -> None:
    (arrow,) = arrows(exchanges=(record,))
    assert (arrow.look, arrow.answer) == (look, answer)


def test_requests_name_what_they_are_for() -> None:
    records = (
        exchange("h", 0.1, reference=DIGEST),
        exchange("h", 0.2, kind="blob", reference=DIGEST),
        exchange("h", 0.3, kind="tags", url="http://h/v2/a/tags/list"),
    )
    assert [each.label for each in arrows(exchanges=records)] == [
        "GET manifest rhuss/caikit-flan-t5-small@ab12ab12ab12",
        "GET blob ab12ab12ab12",
        "plain HTTP, GET v2/a/tags/list",
    ]


def test_what_is_asked_again_in_a_row_is_one_arrow() -> None:
    records = [exchange("h", number / 10, 429, note="slow down") for number in range(5)]
    (arrow,) = arrows(exchanges=(*records,))
    assert arrow.times == 5
    record = CaseRecord(case="t", family="f", verdict="passed", exchanges=(*records,))
    assert lay_out(sequence_of(record, "CRI-O")).arrows[0].answer == "429 slow down ×5"


def test_two_calls_alike_stay_two() -> None:
    calls = (pull(0.1), pull(0.1))
    assert len(arrows(calls=calls)) == 4


def test_a_kubelet_says_what_it_says() -> None:
    record = CaseRecord(case="t", family="f", verdict="passed", messages=(MessageRecord(at=1.0, text="event Pulled"),))
    sequence = sequence_of(record, "CRI-O")
    assert sequence.lanes[0] == "kubelet"
    assert (sequence.arrows[0].label, sequence.arrows[0].look) == ("event Pulled", ArrowLook.NOTE)


ANSWERS = {
    "an ID": (CallRecord(name="PullImage", at=0, response={"image_ref": "ab12" * 16}), "ab12ab12ab12 · 0 ms"),
    "an image": (CallRecord(name="ImageStatus", at=0, response={"image": {"id": "x"}}), "x · 0 ms"),
    "none": (CallRecord(name="ImageStatus", at=0), "no such image · 0 ms"),
    "a list": (CallRecord(name="ListImages", at=0, response={"images": [{}]}), "1 image · 0 ms"),
    "nothing": (CallRecord(name="RemoveImage", at=0), "done · 0 ms"),
    "an error": (CallRecord(name="x", at=0, error=ErrorRecord(message="no")), "error · 0 ms"),
}


@pytest.mark.parametrize(("call", "label"), ANSWERS.values(), ids=ANSWERS)
def test_what_a_call_gave_goes_back(call: CallRecord, label: str) -> None:
    assert arrows(calls=(call,))[1].label == label


def test_what_is_too_long_for_a_diagram_is_counted() -> None:
    records = tuple(exchange("h", number, reference=str(number)) for number in range(160))
    sequence = sequence_of(CaseRecord(case="t", family="f", verdict="passed", exchanges=records), "CRI-O")
    assert (len(sequence.arrows), sequence.left_out) == (150, 10)


def test_all_that_is_drawn_lies_within_the_diagram() -> None:
    longer = msgspec.structs.replace(
        STORY_OF_8780,
        exchanges=tuple(
            exchange(f"a-host-with-a-name-{number}.example.com:5000", number, note="x" * 90) for number in range(9)
        ),
    )
    for record in (STORY_OF_8780, longer):
        diagram = lay_out(sequence_of(record, "CRI-O"))
        edges = [(lane.x - lane.width / 2, lane.x + lane.width / 2) for lane in diagram.lanes]
        assert all(left >= 0 and right <= diagram.width for left, right in edges)
        assert all(before[1] < after[0] for before, after in pairwise(edges))
        assert all(0 < arrow.y < diagram.height for arrow in diagram.arrows)
        assert all(each.x2 + 10 + len(each.answer) * CHARACTER <= diagram.width for each in diagram.arrows)


def test_registry_hosts_have_colours() -> None:
    assert [hue_of(lane) for lane in range(9)] == [0, 0, 1, 2, 3, 4, 5, 6, 1]


def test_durations_and_digests_are_short() -> None:
    assert [duration(each) for each in (0.0123, 1.26, 93.4)] == ["12 ms", "1.3 s", "1 min 33 s"]
    assert short(f"a/b@{DIGEST} and {'ab12' * 16}") == "a/b@ab12ab12ab12 and ab12ab12ab12"
