"""The page in Chromium: what a reader does with it, by mouse and by keyboard, with and without its script."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import pytest

from conformance.report.page.rendering import render_page
from tests.report.browser import axe, chromium, opened
from tests.report.page_evidence import HOSTILE, PASSED, STORY_OF_8780, WHOLE_RUN, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Playwright

__all__ = ["axe", "chromium"]  # fixtures

STORY = "names/test_errors.py::test_every_registry[two]"
NEWER = run_of(msgspec.structs.replace(STORY_OF_8780, verdict="passed", reason=""), PASSED, release="1.37.0")
SECOND = 1000.0
MANY = 1700
READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
SEARCH = """() => {
    const began = performance.now(), field = document.getElementById("text");
    field.value = "registry";
    field.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    return performance.now() - began;
}"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The page of one run, and that of two."""
    folder = tmp_path_factory.mktemp("pages")
    paths = []
    for runs in ([WHOLE_RUN], [WHOLE_RUN, NEWER]):
        paths.append(folder / f"{len(runs)}.html")
        paths[-1].write_text(render_page(runs), encoding="utf-8")
    return [path.as_uri() for path in paths]


@pytest.fixture(scope="module")
def address(addresses: list[str]) -> str:
    """The page of one run."""
    return addresses[0]


@pytest.fixture
def page(chromium: "Playwright", address: str, tmp_path: Path) -> "Iterator[Page]":
    with opened(chromium, tmp_path / "profile", address) as page:
        yield page


def shown(page: "Page") -> list[str]:
    """Give the cases that are not filtered out."""
    return page.eval_on_selector_all("tr[data-c]:not([hidden])", "rows => rows.map(row => row.dataset.c)")  # type: ignore[no-any-return]


def test_filters_live_in_the_address(page: "Page", address: str) -> None:
    page.fill("#text", "registry “why it did”")
    assert shown(page) == [STORY]
    assert page.inner_text("#found") == "1 of 4 cases"
    page.fill("#text", "")
    page.click("[data-verdict=passed]")
    page.click("[data-verdict=skipped]")
    assert len(shown(page)) == 2
    page.select_option("#family", "kubelet")
    assert shown(page) == ["kubelet/test_kubelet.py::test_a_cluster"]
    kept = page.url
    assert kept.startswith(f"{address}#")
    page.reload()
    assert page.url == kept
    assert shown(page) == ["kubelet/test_kubelet.py::test_a_cluster"]
    assert page.input_value("#family") == "kubelet"
    assert page.get_attribute("[data-verdict=skipped]", "aria-pressed") == "true"
    page.click("#clear")
    assert len(shown(page)) == 4
    page.fill("#issue", "8780")
    assert shown(page) == [STORY]
    page.fill("#text", "nothing is like this")
    assert page.is_visible("#nothing")


def test_a_reason_leads_to_its_cases(page: "Page") -> None:
    page.click(".reasons .deviates a.cases")
    assert shown(page) == [STORY]
    page.go_back()
    assert len(shown(page)) == 4
    page.click(".reasons .failed a.cases")
    assert len(shown(page)) == 1


def test_a_case_opens_and_closes_by_keyboard(page: "Page") -> None:
    page.focus("#family-error-reporting summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".detail svg.sequence")
    button = page.locator("#family-error-reporting tbody th > button")
    assert button.get_attribute("aria-expanded") == "true"
    assert page.locator(f"#{button.get_attribute('aria-controls')}").is_visible()
    assert "case=" in page.url
    page.keyboard.press("Enter")
    page.wait_for_selector(".detail", state="detached")
    assert button.get_attribute("aria-expanded") == "false"
    assert "case=" not in page.url


def test_an_address_opens_its_case(chromium: "Playwright", address: str, tmp_path: Path) -> None:
    with opened(chromium, tmp_path / "profile", f"{address}#case={quote(STORY)}") as page:
        page.wait_for_selector(".detail svg.sequence")
        assert page.locator(".detail mark").inner_text().startswith("quay.io: unauthorized")
        assert page.evaluate("document.activeElement.closest('tr').dataset.c") == STORY
        page.locator(".detail summary", has_text="Do it by hand").click()
        page.locator(".copier").first.click()
        page.wait_for_selector(".copier:not(:text-is('Copy'))")


def test_nothing_of_a_run_is_run(page: "Page") -> None:
    page.evaluate("() => { window.alert = () => { document.title = 'ran' } }")
    page.click("tr[data-c*=hostile] th > button")
    page.wait_for_selector(".detail .failure")
    assert HOSTILE in page.inner_text(".detail .failure")
    assert page.locator(".detail img, .detail script, tr img").count() == 0
    assert page.title() != "ran"


def test_runs_side_by_side_have_details_each(chromium: "Playwright", addresses: list[str], tmp_path: Path) -> None:
    with opened(chromium, tmp_path / "profile", addresses[1]) as page:
        assert shown(page)[0] == STORY
        page.click("#differs")
        assert shown(page) == [STORY]
        page.click("tr[data-c]:not([hidden]) th > button")
        page.wait_for_selector(".detail .about .deviates")
        page.get_by_role("group", name="Run").get_by_role("button", name="CRI-O 1.37.0").click()
        page.wait_for_selector(".detail .about .passed")
        assert page.url.endswith("run=2")
        page.reload()
        page.wait_for_selector(".detail .about .passed")


def test_without_its_script_verdicts_and_reasons_are_there(
    chromium: "Playwright", address: str, tmp_path: Path
) -> None:
    with opened(chromium, tmp_path / "profile", address, script=False) as page:
        assert "shown with JavaScript only" in page.inner_text("main")
        page.click("#family-error-reporting summary")
        assert "only the last registry's error is reported" in page.inner_text("#family-error-reporting")
        assert not page.is_visible(".controls")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
@pytest.mark.parametrize("runs", [1, 2])
def test_axe_finds_no_violation(
    chromium: "Playwright", axe: str, addresses: list[str], tmp_path: Path, *, runs: int, width: int, scheme: str
) -> None:
    with opened(chromium, tmp_path / "profile", addresses[runs - 1], width=width, scheme=scheme) as page:
        page.click("#unfold")
        for button in page.query_selector_all("tr[data-c] th > button"):
            button.click()
        page.locator(".detail").nth(3).wait_for(state="attached")
        for button in page.query_selector_all("button[data-verdict]"):
            button.click()  # with all of them pressed, every case is there
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "no page is wider than the screen"
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
        assert len(found["passes"]) > 30


def test_a_whole_run_is_small_and_soon_there(chromium: "Playwright", tmp_path: Path) -> None:
    """As many cases as the suite has; the best of three times counts, doubled for a machine that does other things."""
    cases = [
        msgspec.structs.replace(STORY_OF_8780, case=f"t.py::test_{number}", family=f"f{number % 30}", began=number)
        for number in range(MANY)
    ]
    path = tmp_path / "page.html"
    path.write_text(render_page([run_of(*cases)]), encoding="utf-8")
    assert path.stat().st_size < 5_000_000
    with opened(chromium, tmp_path / "profile", path.as_uri()) as page:
        ready, searched = [], []
        for _ in range(3):
            page.reload()
            ready.append(page.evaluate(READY))
            searched.append(page.evaluate(SEARCH))
        assert min(ready) < 2 * SECOND
        assert min(searched) < 2 * SECOND
        assert page.inner_text("#found") == f"{MANY:,} of {MANY:,} cases"
