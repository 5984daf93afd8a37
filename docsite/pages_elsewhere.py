"""A hook of MkDocs: pages of the site that lie at the top of the repository, where GitHub looks for them."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
ELSEWHERE = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
"""What a page is called on the site, and the file that it is."""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for name, source in ELSEWHERE.items():
        text = seen_from_docs((ROOT / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, name, content=text))
    return files


def seen_from_docs(text: str) -> str:
    """Write links into ``docs/`` as a page in that folder does, and pages that are named in brackets as links."""
    linked = re.sub(r"\]\(docs/([^)]+)\)", r"](\1)", text)
    return re.sub(r"\bdocs/([\w-]+\.md)\b(?!\])", r"[\1](\1)", linked)


def on_page_markdown(markdown: str, **_given: Any) -> str:
    """Lead links of a page in ``docs/`` to the files themselves to their pages."""
    for name, source in ELSEWHERE.items():
        markdown = markdown.replace(f"](../{source}", f"]({name}")
    return markdown
