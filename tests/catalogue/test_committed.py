"""The pages that are committed are those that the results, the suite and its findings make."""

import re
from pathlib import Path

import pytest

from conformance.catalogue.committed import load_catalogue
from conformance.catalogue.markdown import slug

ROOT = Path(__file__).parents[2]
PAGES = load_catalogue().pages()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_as_it_would_be_written(page: str) -> None:
    is_fresh = (ROOT / page).read_text(encoding="utf-8") == PAGES[page]
    assert is_fresh, f"{page} is stale: crio-conformance catalogue write"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_a_page_leads_somewhere(page: str) -> None:
    text = PAGES[page]
    headings = {slug(re.sub(r"<[^>]*>", "", each)) for each in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    places = headings | set(re.findall(r'<a id="([^"]+)">', text))
    assert {link for link in re.findall(r"\]\(#([^)]+)\)", text) if link not in places} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", PAGES[page], re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(widths) == 1, table.partition("\n")[0]
