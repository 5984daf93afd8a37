"""The pages that are committed are those that the results, the suite and its findings make."""

from pathlib import Path

import pytest

from conformance.catalogue.committed import load_catalogue

ROOT = Path(__file__).parents[2]
PAGES = load_catalogue().pages()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_as_it_would_be_written(page: str) -> None:
    is_fresh = (ROOT / page).read_text(encoding="utf-8") == PAGES[page]
    assert is_fresh, f"{page} is stale: crio-conformance catalogue write"
