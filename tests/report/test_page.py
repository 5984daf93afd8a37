"""The page as text: one file, all of a run escaped, what is in its head, its rows and its packed details."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

import conformance.report.page
from conformance.evidence.case_records import CaseRecord
from conformance.report.page.case_rows import Difference, families_of
from conformance.report.page.issues import linked
from conformance.report.page.packing import pack, unpack
from conformance.report.page.rendering import case_sections, render_page
from conformance.report.page.run_heads import ReasonCount, head_of, names_of
from tests.report.page_evidence import HOSTILE, HOSTILE_CASE, PASSED, SKIPPED, STORY_OF_8780, WHOLE_RUN, run_of

TEMPLATES = Path(conformance.report.page.__file__).parent / "templates"
OURS = {"script", "style", "svg", "img", "link", "iframe", "object", "embed", "meta", "base"}
OTHER_RUN = run_of(msgspec.structs.replace(STORY_OF_8780, verdict="passed", reason=""), PASSED, release="1.37.0")


class Tags(HTMLParser):
    """Collects the tags of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def details(page: str) -> list[str]:
    return [each for text in re.findall(r'id="details-\d+"[^>]*>([^<]*)<', page) for each in unpack(text)]


@pytest.fixture(scope="module")
def page() -> str:
    return render_page([WHOLE_RUN])


def test_nothing_of_a_run_becomes_markup(page: str) -> None:
    for text in (page, *details(page)):
        tags = Tags(text)
        assert "<script>alert" not in text
        assert all("onerror" not in attributes for _, attributes in tags.found)
        assert "img" not in {tag for tag, _ in tags.found}
    (hostile,) = [each for each in details(page) if "Why it failed" in each]
    assert "&lt;script&gt;alert(1)" in hostile
    assert {tag for tag, _ in Tags(hostile).found} & OURS == {"svg"}


def test_it_asks_nobody_for_anything(page: str) -> None:
    for text in (page, *details(page)):
        for tag, attributes in Tags(text).found:
            assert "src" not in attributes, tag
            assert tag not in {"link", "iframe", "object", "embed", "base"}
            if "href" in attributes:
                assert (attributes["href"] or "").startswith(("https://github.com/", "#")), tag
    assert not re.search(r"url\(|@import|\bfetch\(|XMLHttpRequest|import\(", page.partition("<script type=")[0])
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_only_its_own_script_may_run(page: str) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_the_head_says_what_was_run_and_what_came_of_it(page: str) -> None:
    head = page.partition("<main>")[0]
    for told in ("Conformance of CRI-O 1.36.3", "1 case failed", "1 min 33 s", "conmon", "pytest --runtime 1.36.3"):
        assert told in head
    assert "ended early" not in head


@pytest.mark.parametrize(
    ("exit_code", "count", "ending"),
    [
        (None, 9, "ended early, or still going on: 2 of 9 cases"),
        (2, 9, "ended early, with pytest's exit code 2: 2 of 9 cases"),
        (1, 9, "ended early, with pytest's exit code 1: 2 of 9 cases"),
        (0, 2, ""),
    ],
)
def test_a_run_that_did_not_end_says_how_far_it_got(exit_code: int | None, count: int, ending: str) -> None:
    head = head_of(run_of(PASSED, SKIPPED, exit_code=exit_code, count=count), "it")
    assert head.ending == ending
    assert head.verdict == ("incomplete" if ending else "passed")
    assert ending in render_page([run_of(PASSED, SKIPPED, exit_code=exit_code, count=count)]).replace("&#39;", "'")


def test_a_rehearsal_says_so() -> None:
    evidence = run_of(PASSED)
    evidence.run.properties["run"] = "rehearsal: no CRI-O was found"
    assert "nothing here is about CRI-O" in render_page([evidence])


def test_a_run_without_a_case_shows_nothing() -> None:
    assert "No case ran" in render_page([run_of()])


def test_rows_have_sentence_verdict_reason_and_links(page: str) -> None:
    (row,) = re.findall(r'<tr data-c="names/test_errors.py::test_every_registry.*?</tr>', page, re.DOTALL)
    assert STORY_OF_8780.behaviour in row
    assert '<a href="https://github.com/cri-o/cri-o/issues/8780" rel="noreferrer">cri-o/cri-o#8780</a>: only' in row
    assert '<span class="verdict deviates">deviates</span>' in row
    assert "<code>two</code>" in row


def test_every_case_has_its_details_in_the_order_of_the_rows(page: str) -> None:
    rows = [int(number) for number in re.findall(r'<tr data-c=[^>]* data-n="(\d+)"', page)]
    assert rows == [0, 1, 2, 3]
    cases = [row.records[0] for family in families_of([WHOLE_RUN]) for row in family.rows]
    for record, told in zip(cases, details(page), strict=True):
        assert record is not None
        assert told == "".join(case_sections(record, WHOLE_RUN))


def test_a_case_opens_to_all_that_is_known_of_it() -> None:
    told = "".join(case_sections(STORY_OF_8780, WHOLE_RUN))
    for each in (
        "<svg",
        '<mark class="h2"><b>quay.io: unauthorized</b>docker://quay.io/',
        "<b>docker.io</b> was asked as well, and answered “200 an index for linux/arm64”",
        "What the model predicted",
        "23:50:34.979 info",
        "unqualified-search-registries",
        "crictl pull",
        "https://auth.docker.io/token",
    ):
        assert each in told


def test_failures_come_first_and_cases_of_a_behaviour_stay_together() -> None:
    cases = [
        CaseRecord(case=f"t.py::test[{number}]", family=family, verdict=verdict, behaviour=behaviour)
        for number, (family, behaviour, verdict) in enumerate(
            [("a", "one", "passed"), ("b", "two", "passed"), ("b", "one", "passed"), ("b", "one", "failed")]
        )
    ]
    families = families_of([run_of(*cases)])
    assert [each.name for each in families] == ["b", "a"]
    told = [(row.behaviour, row.parameters, row.again) for row in families[0].rows]
    assert told == [("one", "3", False), ("one", "2", True), ("two", "1", False)]


def test_a_case_without_a_sentence_is_told_by_its_name() -> None:
    ((row,),) = [
        each.rows for each in families_of([run_of(CaseRecord(case="t.py::test_a_b", family="f", verdict="passed"))])
    ]
    assert row.behaviour == "a b"


def test_several_runs_are_columns_and_what_differs_comes_first() -> None:
    page = render_page([WHOLE_RUN, OTHER_RUN])
    assert "1 of 4 cases end otherwise from run to run" in page
    first = page.partition('<tr data-c="')[2]
    assert first.startswith("names/test_errors.py::test_every_registry[two]")
    assert [told.count("<svg") for told in details(page)].count(0) == 3, "the skipped case, and two that one run lacks"
    assert re.findall(r'<th scope="col">(CRI-O [\d.]+)</th>', page)[:2] == ["CRI-O 1.36.3", "CRI-O 1.37.0"]


@pytest.mark.parametrize(
    ("verdicts", "reasons", "difference"),
    [
        (("passed", "passed"), ("", ""), Difference.NONE),
        (("passed", "failed"), ("", "x"), Difference.ENDED),
        (("deviates", "deviates"), ("x", "y"), Difference.ENDED),
        (("failed", "failed"), ("x", "y"), Difference.NONE),
        (("passed", "skipped"), ("", "x"), Difference.SKIPPED),
        (("skipped", "skipped"), ("x", "y"), Difference.NONE),
        (("passed", "skipped", "failed"), ("", "", ""), Difference.ENDED),
        (("passed", None), ("", ""), Difference.NONE),
    ],
)
def test_what_sets_runs_apart(
    verdicts: tuple[str | None, ...], reasons: tuple[str, ...], difference: Difference
) -> None:
    runs = [
        run_of(*([CaseRecord(case="t", family="f", verdict=verdict, reason=reason)] if verdict else []))
        for verdict, reason in zip(verdicts, reasons, strict=True)
    ]
    assert [row.difference for family in families_of(runs) for row in family.rows] == [difference]


def test_runs_of_one_target_have_names_of_their_own() -> None:
    assert names_of([WHOLE_RUN, OTHER_RUN]) == ["CRI-O 1.36.3", "CRI-O 1.37.0"]
    assert len(set(names_of([WHOLE_RUN, WHOLE_RUN, OTHER_RUN]))) == 3


def test_issues_are_linked_and_the_rest_is_escaped() -> None:
    assert linked("<b> cri-o/cri-o#8780, not x#1 or a/b/c#2") == (
        '&lt;b&gt; <a href="https://github.com/cri-o/cri-o/issues/8780" rel="noreferrer">cri-o/cri-o#8780</a>,'
        " not x#1 or a/b/c#2"
    )


def test_packing_loses_nothing_and_is_the_same_each_time() -> None:
    told = [["a", "b€"], ["", HOSTILE]]
    assert unpack(pack(told)) == ["ab€", HOSTILE]
    assert pack(told) == pack(told)


def test_a_reason_is_found_by_its_longest_part_without_quotes() -> None:
    assert ReasonCount('image "x" is not  found', 1, "").phrase == '"is not found"'


def test_the_order_of_cases_does_not_change_the_page() -> None:
    assert render_page([WHOLE_RUN]) == render_page([WHOLE_RUN])
    assert HOSTILE_CASE.case not in render_page([WHOLE_RUN])


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    digits = colour.lstrip("#")
    digits = "".join(2 * each for each in digits) if len(digits) == 3 else digits
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_has_the_contrast_that_it_needs(scheme: int) -> None:
    """4.5:1 (WCAG 2.2, 1.4.3): axe-core cannot tell where something lies over a text, as in a diagram."""
    colours = dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", (TEMPLATES / "page.css").read_text().split("@media")[scheme])
    )
    verdicts = ("passed", "deviates", "failed", "skipped")
    pairs = [(text, ground) for text in ("ink", "quiet", "link", *verdicts) for ground in ("ground", "paper", "hover")]
    pairs += [(f"h{number}", ground) for number in range(1, 7) for ground in ("paper", "ground", f"h{number}-wash")]
    pairs += [("ink", f"h{number}-wash") for number in range(1, 7)]
    pairs += [(verdict, f"{verdict}-wash") for verdict in verdicts] + [
        ("ink", "deviates-wash"),
        ("ink", "skipped-wash"),
    ]
    for pair in pairs:
        dark, light = sorted(_luminance(colours[each]) for each in pair)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, pair


def test_headings_skip_no_level(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Tags(page).found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
