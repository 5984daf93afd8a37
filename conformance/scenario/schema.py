"""The schema of scenario files (JSON Schema 2020-12), made from the types; TOML editors read it."""

import json
import sys

import msgspec

from conformance.evidence.schema_keys import with_key_meanings
from conformance.scenario import calls, scenario
from conformance.scenario.scenario import Scenario

VERSION = 1
FILE = f"docs/schema/scenario-{VERSION}.json"


def scenario_schema() -> str:
    """Give the text of the schema file."""
    (schema,), parts = msgspec.json.schema_components([Scenario], ref_template="#/$defs/{name}")
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A scenario of crio-conformance, version {VERSION}",
        **schema,
        "$defs": with_key_meanings(parts, {**vars(calls), **vars(scenario)}),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(scenario_schema())
