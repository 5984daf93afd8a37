"""The pages of schemas: each type has a heading, each key a row with what it means."""

import json
import re
from pathlib import Path

import pytest

from docsite.schema_pages import schema_page, type_words
from tests.docsite.told_options import ROOT

SCHEMAS = sorted((ROOT / "docs" / "schema").glob("*.json"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_every_type_and_every_key_is_there_with_its_meaning(path: Path) -> None:
    schema = json.loads(path.read_text())
    page = schema_page(schema, path.name)
    sections = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    assert sections.keys() == schema["$defs"].keys()
    for name, described in schema["$defs"].items():
        rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", sections[name], re.MULTILINE)
        assert [row[0] for row in rows] == list(described.get("properties", {}))
        assert described["description"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"type": "string"}, "string"),
        ({"type": "array", "items": {"$ref": "#/$defs/CallRecord"}}, "list of [CallRecord](#callrecord)"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map to string"),
        ({"type": "object"}, "map to anything"),
        ({"enum": ["ping", ""]}, '`"ping"`, `""`'),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(key: dict[str, object], words: str) -> None:
    assert type_words(key) == words
