"""The schema of scenario files: a file that follows the types, and what it says of files that we have."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from conformance.oracle.corpus import FOLDER
from conformance.scenario.schema import FILE, scenario_schema
from tests.scenario.broken_files import SOUND

ROOT = Path(__file__).parents[2]


def test_the_schema_file_is_that_of_the_types() -> None:
    """When it is not: python -m conformance.scenario.schema > docs/schema/scenario-1.json."""
    assert (ROOT / FILE).read_text() == scenario_schema()


@pytest.mark.parametrize("text", [SOUND, *(path.read_text() for path in sorted(FOLDER.glob("*.toml")))])
def test_files_that_are_read_follow_it(text: str) -> None:
    jsonschema.validate(tomllib.loads(text), json.loads(scenario_schema()))


def test_an_unknown_key_does_not_follow_it() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(SOUND.replace("title", "titel")), json.loads(scenario_schema()))
