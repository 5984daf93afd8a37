"""A hook of MkDocs: Mermaid's diagrams are drawn when the site is built.

Material for MkDocs would have the reader's browser fetch a program for it from a server (unpkg.com).
"""

from typing import Any

import mmdr
from mkdocs.config.defaults import MkDocsConfig


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Have blocks of ``mermaid`` drawn."""
    fence = {"name": "mermaid", "class": "diagram", "format": draw}
    config.mdx_configs.setdefault("pymdownx.superfences", {})["custom_fences"] = [fence]
    return config


def draw(source: str, *_given: Any, **_options: Any) -> str:
    """Give a diagram as SVG, in a box that scrolls where the window is narrower; superfences' interface."""
    return f'<div class="diagram" tabindex="0">{mmdr.render(source).svg()}</div>'
