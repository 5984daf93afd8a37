"""The schema of results, from their types: ``python -m conformance.catalogue.results_schema`` writes it."""

import sys
from typing import Any

import msgspec

from conformance.catalogue import release_results
from conformance.catalogue.release_results import SCHEMA, ReleaseResults
from conformance.evidence.schema_keys import with_key_meanings


def results_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of ``results/<release>.json``."""
    (results,), components = msgspec.json.schema_components([ReleaseResults], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **results,
        "$defs": with_key_meanings(components, vars(release_results)),
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(results_schema())) + b"\n")
