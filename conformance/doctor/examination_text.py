"""An examination, told to a person and to a program."""

import json
from collections.abc import Iterator

from conformance.doctor.examination import Examination
from conformance.doctor.finding import State


def examination_lines(examination: Examination) -> Iterator[str]:
    """Give a line for each finding; below one that is not ok, what it would allow."""
    width = max(len(each.about) for each in examination.findings)
    for each in examination.findings:
        yield f"{each.state:7}  {each.about:{width}}  {each.says}"
        if each.state != State.OK:
            yield f"{'':7}  {'':{width}}  it is for {each.allows}"
    yield ""
    yield examination.verdict


def examination_json(examination: Examination) -> str:
    """Give everything, as docs/troubleshooting.md describes it."""
    findings = [
        {"about": each.about, "state": each.state, "says": each.says, "allows": each.allows, "needed_for": each.need}
        for each in examination.findings
    ]
    told = {
        "runtime": examination.runtime,
        "exit_code": examination.exit_code,
        "verdict": examination.verdict,
        "findings": findings,
    }
    return json.dumps(told, indent=2)
