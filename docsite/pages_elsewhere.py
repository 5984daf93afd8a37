"""A hook of MkDocs: pages of the site that lie at the top of the repository, where GitHub looks for them."""

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""The files, and what their pages are called on the site."""

ABOVE = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<path>(?:\.\./)+[^)#]*)(?P<anchor>#[^)]*)?\)")
"""A link that may lead out of ``docs/``."""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for source, name in PAGES.items():
        text = seen_from_docs((ROOT / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, name, content=text))
    return files


def seen_from_docs(text: str) -> str:
    """Write links into ``docs/`` as a page in that folder does, and pages that are named in brackets as links."""
    linked = re.sub(r"\]\(docs/([^)]+)\)", r"](\1)", text)
    return re.sub(r"\bdocs/([\w-]+\.md)\b(?!\])", r"[\1](\1)", linked)


def on_page_markdown(markdown: str, *, page: Page, **_given: Any) -> str:
    """Write links of a page in ``docs/`` to files above it as the site has them."""
    return markdown if page.file.generated_by else with_links_led(markdown, page.file.src_uri)


def with_links_led(markdown: str, page: str) -> str:
    """Lead links to files above ``docs/`` to their pages; what has none there is named, and linked to nowhere.

    A link to a file that is not there stays, and MkDocs says so.
    """

    def led(link: re.Match[str]) -> str:
        source = os.path.normpath(Path("docs", page).parent / link["path"])
        if source in PAGES:
            return f"[{link['text']}]({PAGES[source]}{link['anchor'] or ''})"
        return link["text"] if (ROOT / source).exists() else link[0]

    return ABOVE.sub(led, markdown)
