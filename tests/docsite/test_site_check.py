"""The check of a site finds what leads nowhere, and what comes from another server."""

from pathlib import Path

import pytest

from docsite.site_check import Site, main

SOUND = '<h1 id="here">A</h1><a href="sub/other.html#there">x</a><a href="https://example.com/y">y</a><a href="#">z</a>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(SOUND)
    (tmp_path / "sub" / "other.html").write_text('<p id="there"><img src="../a%20b.svg"><a href="../">up</a>')
    (tmp_path / "a b.svg").write_text("<svg/>")
    (tmp_path / "site.css").write_text("p { background: url('a%20b.svg') } a { background: url(data:,) }")
    return tmp_path


def test_a_sound_site_has_no_mistakes(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(site)]) == 0
    assert capsys.readouterr().out == "2 pages, 0 mistakes\n"


@pytest.mark.parametrize(
    ("html", "mistake"),
    [
        ('<a href="none.html">', "the link none.html leads nowhere: there is no none.html"),
        ('<a href="#none">', "the link #none leads nowhere: there is no none in index.html"),
        (
            '<a href="sub/other.html#here">',
            "the link sub/other.html#here leads nowhere: there is no here in sub/other.html",
        ),
        ('<a href="/none/">', "the link /none/ leads nowhere: there is no none"),
        ('<link rel="next" href="no.html">', "the link no.html leads nowhere: there is no no.html"),
        ('<script src="https://cdn.example/x.js"></script>', "https://cdn.example/x.js is fetched from another server"),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', "//cdn.example/x.css is fetched from another server"),
        (
            '<link rel="preconnect" href="https://fonts.example">',
            "https://fonts.example is fetched from another server",
        ),
        ('<img srcset="http://x.example/a.png 2x">', "http://x.example/a.png is fetched from another server"),
        ('<p style="background: url(https://x.example/a)">', "https://x.example/a is fetched from another server"),
        ("<style>@import 'https://x.example/a';</style>", "https://x.example/a is fetched from another server"),
        ('<img src="none.png">', "none.png is to be fetched, and there is no none.png"),
        ('<pre class="mermaid">', "what has the class mermaid is drawn by a program from another server"),
    ],
)
def test_a_mistake_is_found(site: Path, html: str, mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "index.html").write_text(SOUND + html)
    assert main([str(site)]) == 1
    assert capsys.readouterr().out == f"index.html: {mistake}\n2 pages, 1 mistakes\n"


def test_style_sheets_are_looked_through(site: Path) -> None:
    (site / "site.css").write_text("@font-face { src: url(https://fonts.example/a.woff2) }")
    assert list(Site(site).mistakes()) == ["site.css: https://fonts.example/a.woff2 is fetched from another server"]


def test_where_there_is_no_site_the_usage_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("usage: python -m docsite.site_check SITE")
