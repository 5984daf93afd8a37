"""A hook of MkDocs: a link that is named after its file, as is plain on GitHub, is named after its page on the site."""

import re
from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig

NAMED_AFTER_FILE = re.compile(r"\[(?P<file>[\w-]+\.md)\]\((?P=file)(?P<anchor>#[^)]*)?\)")


def on_page_markdown(markdown: str, *, config: MkDocsConfig, **_given: Any) -> str:
    """Name the links of a page."""
    return with_names(markdown, dict(titles(config.nav or [])))


def titles(nav: list[Any]) -> Iterator[tuple[str, str]]:
    """Give the file of every page in a navigation, and how it is called there."""
    for entry in nav:
        for title, inside in entry.items():
            if isinstance(inside, list):
                yield from titles(inside)
            else:
                yield inside, title


def with_names(markdown: str, names: dict[str, str]) -> str:
    """Write each link as the title of its page; of a page that has none as it is."""
    return NAMED_AFTER_FILE.sub(
        lambda link: f"[{names.get(link['file'], link['file'])}]({link['file']}{link['anchor'] or ''})", markdown
    )
