"""Chromium, driven by Playwright, for the tests of the page; they are skipped where there is none."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Playwright

AXE = "CRIO_CONFORMANCE_AXE"
"""The folder of npm's package axe-core, whose rules are tried where it is named."""

_BROWSERS = ("chromium", "google-chrome")  # Debian's, and what GitHub's machines have
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Playwright]":
    """Playwright, where there are it and a Chromium on PATH."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if _browser() is None:
        pytest.skip(f"{' and '.join(_BROWSERS)} are not installed")
    with api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    folder = os.environ.get(AXE, "")
    if not folder:
        pytest.skip(f"{AXE} names no folder of npm's axe-core")
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


@contextmanager
def opened(
    playwright: "Playwright",
    profile: Path,
    address: str,
    *,
    width: int = 1280,
    scheme: str = "light",
    script: bool = True,
) -> "Iterator[Page]":
    """Open a page in a browser with a new profile; it may say nothing on its console, and ask nobody."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=_browser(),
        args=[*_ARGUMENTS],
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        bypass_csp=False,
    )
    said: list[str] = []
    try:
        page = context.pages[0]
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else said.append(request.url))
        page.goto(address)
        yield page
        assert said == []
    finally:
        context.close()
