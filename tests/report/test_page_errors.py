"""Errors as users read them: the part about each registry is marked, and who is missing is told."""

import msgspec

from conformance.evidence.case_records import AttemptRecord
from conformance.report.page.error_marks import marked_errors
from tests.report.page_evidence import ERROR, PASSED, STORY_OF_8780, exchange, pull

BOTH = "2 errors occurred: docker://rhuss/a:1: denied; docker://quay.io/a:1: unauthorized: no"


def test_the_text_stays_what_it_was() -> None:
    for message in (ERROR, BOTH, "no registry is named", ""):
        record = msgspec.structs.replace(STORY_OF_8780, calls=(pull(error=message or "x"),))
        (error,) = marked_errors(record)
        assert "".join(each.text for each in error.spans) == (message or "x")


def test_each_registry_s_part_is_marked_in_the_colour_of_its_lane() -> None:
    record = msgspec.structs.replace(STORY_OF_8780, calls=(pull(error=BOTH),))
    (error,) = marked_errors(record)
    assert [(each.host, each.reason, each.hue) for each in error.spans if each.host] == [
        ("docker.io", "denied", 1),
        ("quay.io", "unauthorized", 2),
    ]
    assert error.silent == ()


def test_a_registry_that_the_error_leaves_out_is_told() -> None:
    (error,) = marked_errors(STORY_OF_8780)
    assert [(each.host, each.answer, each.hue) for each in error.silent] == [
        ("docker.io", "200 an index for linux/arm64", 1)
    ]


def test_a_host_that_is_named_elsewhere_in_the_text_is_not_missing() -> None:
    asked = (AttemptRecord(host="quay.io", answer="503"),)
    record = msgspec.structs.replace(
        PASSED, calls=(pull(error="Get https://quay.io/v2/: EOF", asked=asked),), exchanges=(exchange("quay.io", 0.1),)
    )
    assert marked_errors(record)[0].silent == ()


def test_a_case_without_errors_has_none() -> None:
    assert marked_errors(PASSED) == []
