"""The schema of evidence, from its types: ``python -m conformance.evidence.evidence_schema`` writes it."""

import sys
from typing import Any

import msgspec

from conformance.evidence import case_records
from conformance.evidence.case_records import SCHEMA, CaseRecord, RunRecord
from conformance.evidence.schema_keys import with_key_meanings


def evidence_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of ``run.json``, and under ``$defs`` that of a line of ``cases.jsonl``."""
    (run, _), components = msgspec.json.schema_components([RunRecord, CaseRecord], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": "run.json of a run's evidence; a line of its cases.jsonl is a CaseRecord",
        **run,
        "$defs": with_key_meanings(components, vars(case_records)),
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(evidence_schema())) + b"\n")
