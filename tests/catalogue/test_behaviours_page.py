"""The page of behaviours: cases that went alike are a row, and what departs is told."""

import pytest

from conformance.catalogue.behaviour_rows import CellKind, behaviour_rows
from conformance.catalogue.behaviours_page import behaviours_page
from conformance.catalogue.release_ranges import lines_text
from conformance.catalogue.release_results import CaseResult
from conformance.catalogue.suite_source import StatedBehaviour
from tests.catalogue.some_results import BEHAVIOURS, REFUSED, SHOWN, deviates, passed, results, skipped

FAILED = CaseResult(case=f"{REFUSED}[b]", verdict="failed", reason="assert 'a|b' == [1]")
OLD = results("1.33.13", passed(SHOWN), passed(f"{REFUSED}[a]"), passed(f"{REFUSED}[b]"))
NEW = results("1.36.3", deviates(SHOWN), passed(f"{REFUSED}[a]"), FAILED)
LINES = ["1.31", "1.32", "1.33", "1.34", "1.35"]


def test_cases_that_went_alike_are_one_row() -> None:
    cases = [passed(f"{REFUSED}[{each}]") for each in "abc"]
    (row,) = behaviour_rows(BEHAVIOURS[1:], [results("1.36.3", *cases)])
    assert (len(row.cases), row.all_cases, row.parameters) == (3, 3, ["a", "b", "c"])


def test_cases_that_went_otherwise_are_rows_of_their_own() -> None:
    rows = behaviour_rows(BEHAVIOURS[1:], [OLD, NEW])
    assert [(row.parameters, *(cell.kind for cell in row.cells)) for row in rows] == [
        (["a"], CellKind.PASSED, CellKind.PASSED),
        (["b"], CellKind.PASSED, CellKind.FAILED),
    ]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("speaks of CRI-O >=1.35: before it was otherwise", CellKind.OF_OTHERS),
        ("needs the capability cluster: none was asked for", CellKind.NOT_ASKED),
    ],
)
def test_a_case_that_was_skipped_is_of_other_releases_or_was_not_asked(reason: str, kind: CellKind) -> None:
    (row,) = behaviour_rows(BEHAVIOURS[:1], [results("1.36.3", skipped(SHOWN, reason))])
    assert [cell.kind for cell in row.cells] == [kind]


def test_a_case_that_nobody_asked_is_no_row_where_others_were_asked() -> None:
    asked = results("1.36.3", passed(f"{REFUSED}[sync]"), skipped(f"{REFUSED}[cluster]"))
    (row,) = behaviour_rows(BEHAVIOURS[1:], [asked])
    assert (row.parameters, row.all_cases) == (["sync"], 1)


def test_a_case_that_one_release_was_not_asked_joins_those_that_went_alike_on_others() -> None:
    later = results("1.36.3", passed(f"{REFUSED}[a]"), passed(f"{REFUSED}[new]"))
    (row,) = behaviour_rows(BEHAVIOURS[1:], [results("1.33.13", passed(f"{REFUSED}[a]")), later])
    assert [cell.kind for cell in row.cells] == [CellKind.PASSED, CellKind.PASSED]


def test_a_behaviour_that_no_run_knows_is_there() -> None:
    (row,) = behaviour_rows([StatedBehaviour("pulls/test_x.py::test_new", "x", "It is new.", ())], [OLD])
    assert [cell.kind for cell in row.cells] == [CellKind.NOT_ASKED]


def test_the_page_tells_what_is_seen_instead_and_where() -> None:
    page = behaviours_page(BEHAVIOURS, [OLD, NEW], {"unreported: it is shown to all": 3})
    assert "| CRI-O 1.36.3 | 2026-12-01 | crio-conformance 0.1.0 | runc 1.1.5, conmon 2.1.6, Linux 6.1, " in page
    assert "- 1.36.3: `pytest --runtime 1.36.3 --pyargs conformance.suite`" in page
    assert "- [login](#login): 2 behaviours, 2 with departures" in page
    told = page.partition("## login\n")[2].partition("## By")[0].strip().splitlines()
    issue = "([cri-o/cri-o#6370](https://github.com/cri-o/cri-o/issues/6370))"
    assert told == [
        "| behaviour | 1.33 | 1.36 |",
        "| --- | --- | --- |",
        "| A login is shown to no other registry. | ✓ | [≠1](#login-1) |",
        f"| A wrong login is refused. *Case* `a` {issue} | ✓ | ✓ |",
        f"| A wrong login is refused. *Case* `b` {issue} | ✓ | [✗2](#login-2) |",
        "",
        '1. <a id="login-1"></a>it is shown to all (1.36; [finding 3](findings.md#finding-3))',
        '   - `pull.shown` is `["docker.io", "quay.io"]`',
        r"""2. <a id="login-2"></a>assert 'a\|b' == \[1\] (1.36)""",
    ]


def test_reports_lead_to_their_cases() -> None:
    page = behaviours_page(BEHAVIOURS, [OLD], {})
    issue = "[cri-o/cri-o#6370](https://github.com/cri-o/cri-o/issues/6370)"
    assert page.endswith(f"| {issue} | [login](#login) `test_it_is_refused` | ✓ |\n")


def test_cases_that_the_suite_does_not_have_any_more_are_counted() -> None:
    page = behaviours_page(BEHAVIOURS, [results("1.36.3", passed(SHOWN), passed("pulls/test_x.py::test_old"))], {})
    assert "(1 of its cases are not in the suite any more)" in page


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ([], ""),
        (["1.33"], "1.33"),
        (["1.33", "1.34"], "1.33, 1.34"),
        (["1.31", "1.33", "1.34", "1.35"], "1.31, 1.33 to 1.35"),
        (LINES, "1.31 to 1.35"),
    ],
)
def test_lines_are_named_in_few_words(wanted: list[str], text: str) -> None:
    assert lines_text(wanted, LINES) == text


def test_a_range_has_no_line_that_was_not_asked() -> None:
    assert lines_text(LINES, ["1.31", "1.33", "1.34", "1.35"]) == "1.31, 1.33 to 1.35"
