"""The site as it is built: strictly, sound, with every page reachable, and without another server in a browser."""

from pathlib import Path

import pytest

from docsite.link_names import titles, with_names
from docsite.pages_elsewhere import seen_from_docs, with_links_led
from docsite.site_check import Site
from tests.docsite.built_site import site
from tests.docsite.told_options import ROOT

__all__ = ["site"]  # a fixture


def test_nothing_in_it_is_wrong(site: Path) -> None:
    assert list(Site(site).mistakes()) == []


def test_every_page_of_docs_is_in_it(site: Path) -> None:
    there = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    docs = ROOT / "docs"
    assert {str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md")} <= there
    assert {f"schema/{path.stem}" for path in (docs / "schema").glob("*.json")} <= there
    assert {"contributing", "changelog"} <= there


def test_every_schema_is_in_the_navigation(site: Path) -> None:
    index = (site / "index.html").read_text()
    names = [path.with_suffix(".html").name for path in (ROOT / "docs" / "schema").glob("*.json")]
    assert names
    assert [name for name in names if f'href="schema/{name}"' not in index] == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("[a](docs/kind.md#b)", "[a](kind.md#b)"),
        ("nodes (docs/nodes.md).", "nodes ([nodes.md](nodes.md))."),
        ("[docs/kind.md](docs/kind.md)", "[docs/kind.md](kind.md)"),
        ("eleven are in docs/scenarios.", "eleven are in docs/scenarios."),
    ],
)
def test_a_page_from_elsewhere_links_as_one_of_docs(text: str, seen: str) -> None:
    assert seen_from_docs(text) == seen


@pytest.mark.parametrize(
    ("text", "led"),
    [
        ("[a](../CONTRIBUTING.md#a-case)", "[a](contributing.md#a-case)"),
        ("[a](../tox.ini)", "a"),
        ("[a](../none.ini)", "[a](../none.ini)"),
        ("[a](kind.md)", "[a](kind.md)"),
    ],
)
def test_a_link_out_of_docs_leads_to_a_page_or_is_none(text: str, led: str) -> None:
    assert with_links_led(text, "mutants.md") == led


def test_a_link_named_after_its_file_is_named_after_its_page() -> None:
    names = dict(titles([{"Start": "index.md"}, {"In CI": [{"A cluster": "cluster.md"}]}]))
    text = "[cluster.md](cluster.md), [cluster.md](cluster.md#a), [it](cluster.md), [kind.md](kind.md)"
    told = "[A cluster](cluster.md), [A cluster](cluster.md#a), [it](cluster.md), [kind.md](kind.md)"
    assert with_names(text, names) == told
