"""A hook of MkDocs: a page for each JSON Schema below ``docs/schema/``, with its types and their keys in tables."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

FOLDER = "schema"
ENTRY = "Schemas"
"""The entry of the navigation that has the pages."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put a page for each schema into the navigation: ``evidence-1.json`` is called Evidence there."""
    for entry in config.nav or []:
        if ENTRY in entry:
            pages = [Path(FOLDER, path.with_suffix(".md").name) for path in _schemas(config)]
            entry[ENTRY] = [{page.stem.rpartition("-")[0].capitalize(): str(page)} for page in pages]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages, each beside its schema."""
    for path in _schemas(config):
        name = str(Path(FOLDER, path.with_suffix(".md").name))
        text = schema_page(json.loads(path.read_text(encoding="utf-8")), path.name)
        files.append(File.generated(config, name, content=text))
    return files


def _schemas(config: MkDocsConfig) -> list[Path]:
    return sorted(Path(config.docs_dir, FOLDER).glob("*.json"))


def schema_page(schema: dict[str, Any], file: str) -> str:
    """Write a schema as Markdown: its root first, then every type that it is made of, as they come."""
    lines = [
        f"# Schema: {schema['title']}",
        "",
        f"{_sentence(schema.get('description', ''))}Made from [{file}]({file}), for programs and editors.",
    ]
    types = schema["$defs"]
    root = _name(schema["$ref"])
    for name in [root, *(each for each in types if each != root)]:
        lines += ["", f"## {name}", "", *_type_lines(types[name])]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return f"{text}. " if text else ""


def _type_lines(described: dict[str, Any]) -> Iterator[str]:
    """Give the lines about a type: what it is, and its keys, or its values where it is one of some."""
    yield _marked(described.get("description", ""))
    if "enum" in described:
        yield from ("", f"One of {_values(described['enum'])}.")
    keys = described.get("properties")
    if keys:
        yield from ("", "| key | meaning | type | where it is left out |", "| --- | --- | --- | --- |")
        required = described.get("required", [])
        for name, key in keys.items():
            absent = "must be there" if name in required else _default(key)
            yield f"| `{name}` | {_marked(key.get('description', ''))} | {type_words(key)} | {absent} |"


def type_words(key: dict[str, Any]) -> str:
    """Say what a key holds, with links to the types that have a heading of their own."""
    match key:
        case {"$ref": target}:
            words = f"[{_name(target)}](#{_name(target).lower()})"
        case {"anyOf": choices}:
            words = " or ".join(type_words(each) for each in choices)
        case {"enum": values}:
            words = _values(values)
        case {"type": "array", "items": items}:
            words = f"list of {type_words(items)}"
        case {"type": "object", "additionalProperties": dict(value)}:
            words = f"map to {type_words(value)}"
        case {"type": "object"}:
            words = "map to anything"
        case {"type": str(word)}:
            words = word
        case _:
            words = "anything"
    return words


def _default(key: dict[str, Any]) -> str:
    match key.get("default"):
        case None:
            return "nothing"
        case "":
            return "empty"
        case [] | {} as default if not default:
            return "none"
        case default:
            return f"`{json.dumps(default, ensure_ascii=False)}`"


def _values(values: list[Any]) -> str:
    return ", ".join(f"`{json.dumps(each, ensure_ascii=False)}`" for each in values)


def _name(target: str) -> str:
    return target.rpartition("/")[2]


def _marked(text: str) -> str:
    """Write a docstring's marks as Markdown's; a line break in it means nothing."""
    return " ".join(text.replace("``", "`").split())
