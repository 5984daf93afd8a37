"""The schema of results, from their types: ``python -m conformance.catalogue.results_schema`` writes it."""

import sys
from typing import Any

import msgspec

from conformance.catalogue.release_results import SCHEMA, ReleaseResults


def results_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of ``results/<release>.json``."""
    (results,), components = msgspec.json.schema_components([ReleaseResults], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **results,
        "$defs": components,
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(results_schema())) + b"\n")
