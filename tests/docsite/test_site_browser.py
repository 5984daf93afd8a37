"""The site in Chromium, opened from a folder: it asks no server, is searched, and fits a phone."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docsite.site_check import Site
from tests.docsite.built_site import site
from tests.report.browser import chromium, opened

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

__all__ = ["chromium", "site"]  # fixtures

PHONE = 390
DESK = 1280
READY = ".md-search-result__meta:has-text('Type to start searching')"
"""What the search says when it has read its index."""


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_no_page_asks_a_server_or_is_wider_than_the_window(
    chromium: "Playwright", site: Path, tmp_path: Path, width: int
) -> None:
    """What is wide, a table or a block of code, scrolls by itself; ``opened`` sees every request and message."""
    wider = {}
    with opened(chromium, tmp_path / "profile", (site / "index.html").as_uri(), width=width) as page:
        for path in Site(site).pages.keys() - {site / "404.html"}:  # which a server gives under any address
            page.goto(path.as_uri())
            needed = page.evaluate("document.documentElement.scrollWidth")
            if needed > width:
                wider[path.name] = needed
    assert wider == {}


def test_it_is_searched_without_a_server(chromium: "Playwright", site: Path, tmp_path: Path) -> None:
    with opened(chromium, tmp_path / "profile", (site / "kind.html").as_uri()) as page:
        page.click(".md-search__input")
        page.wait_for_selector(READY, state="attached")
        page.keyboard.type("rate limit")
        page.click(".md-search-result__link[href*='from-a-bug-to-a-scenario.html']")
        page.wait_for_url("**/from-a-bug-to-a-scenario.html*")
        assert page.inner_text("h1").startswith("From a bug to a scenario")
