"""A hook of MkDocs: entries of the navigation whose page is still to be written are left out."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

TO_COME = ("behaviours.md", "findings.md")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Take those of ``TO_COME`` out that are not there."""
    absent = {name for name in TO_COME if not (Path(config.docs_dir) / name).exists()}
    for entry in config.nav or []:
        for title, inside in entry.items():
            if isinstance(inside, list):
                entry[title] = [each for each in inside if not absent & {*each.values()}]
    return config
