"""From the evidence of a whole live run to the results of a release, with nothing in them of the machine's own."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from conformance.catalogue.release_results import SCHEMA, CaseResult, ReleaseResults, ResultsError
from conformance.catalogue.suite_source import StatedBehaviour
from conformance.cri.redact import REDACTED
from conformance.deviations import Deviation, covering
from conformance.evidence.case_records import CaseRecord
from conformance.evidence.evidence_folder import RunEvidence
from conformance.model.release import Release

SUITE = "conformance/suite/"
LEFT_OUT = "\0"
CRIO = "CRI-O"
_ENDED = {0, 1}
"""The exit codes of runs that came to their end (pytest.ExitCode)."""

_CHOOSING = ("--lf", "--last-failed", "--ff", "--sw", "--stepwise", "--deselect", "--ignore")
"""Options with which a run does not ask every case."""

_OF_OUTPUT = ("--evidence", "--junitxml", "--junit-xml", "--stories", "-p", "-o", "-r", "-W", "--color", "--durations")
"""Options with a value that change nothing about what is asked."""

_PROGRAMS = {"pytest": "pytest", "__main__.py": "pytest", "crio-conformance": "crio-conformance"}
"""What the first argument may be, where pytest-xdist tells of the program, too; and what a person types for it."""

_OWN_PATH = re.compile(r"(?<![\w.:/])/(?:root|home|tmp|var/tmp)\b[^\s'\"),]*")


def results_of(
    found: RunEvidence, behaviours: Sequence[StatedBehaviour], deviations: Sequence[Deviation]
) -> ReleaseResults:
    """Give the results of the release that a run was about.

    ``behaviours`` and ``deviations`` are those of the suite that was run. Raises ``ResultsError`` where it is no whole
    live run of the suite on a CRI-O.
    """
    if wrong := next(_complaints(found), ""):
        raise ResultsError(f"{found.folder} {wrong}")
    told = found.run.properties
    try:
        release, oci_runtime = Release(told["release"]), told.get("oci-runtime", "")
    except ValueError as error:
        raise ResultsError(f"{found.folder} is of a run about no release: {error}") from None
    names = [each.name for each in behaviours]
    cases = [_result(each, _name(each, names), release, oci_runtime, deviations) for each in found.cases]
    if missing := set(names) - {each.case.partition("[")[0] for each in cases}:
        cure = "run the suite whole, as it is now"
        raise ResultsError(f"{found.folder} has nothing of {len(missing)} behaviours ({min(missing)}): {cure}")
    return ReleaseResults(
        schema=SCHEMA,
        target=told["target"],
        release=str(release),
        date=time.strftime("%Y-%m-%d", time.gmtime(found.run.began)),
        version=told.get("crio-conformance", ""),
        command=command_of(found.run.arguments),
        kernel=told.get("kernel", ""),
        oci_runtime=oci_runtime,
        conmon=told.get("conmon", ""),
        cgroup=told.get("cgroup", ""),
        storage_driver=told.get("storage-driver", ""),
        count=len(cases),
        cases=tuple(sorted(cases, key=lambda each: each.case)),
    )


def _complaints(found: RunEvidence) -> Iterator[str]:
    """Say why a run's evidence is not the results of a release; nothing where it is."""
    run = found.run
    target = run.properties.get("target", "something unknown")
    if run.properties.get("run") != "live":
        yield f"is of a rehearsal ({target}), which shows nothing about a release: run the suite on a CRI-O"
    if not target.startswith(f"{CRIO} ") or "release" not in run.properties:
        yield f"is of a run about {target}, and results are of releases of {CRIO}"
    if run.exit_code not in _ENDED or len(found.cases) != run.cases:
        yield f"is of a run that did not come to its end ({len(found.cases)} of {run.cases} cases): run it again"
    if chosen := [each for each in run.arguments if _chooses(each)]:
        yield f"is of a run of some cases ({' '.join(chosen)}), and results are of the whole suite"
    if others := [each.case for each in found.cases if not each.case.startswith(SUITE)]:
        yield f"has cases that are not the suite's ({others[0]}): run the suite alone"


def _chooses(argument: str) -> bool:
    """Tell whether an argument of pytest leaves out a part of the suite."""
    name = argument.partition("=")[0]
    if name.startswith("--"):
        return name in _CHOOSING
    is_part = "::" in argument or re.search(r"conformance[./]suite[./]\w", argument) is not None
    return is_part or argument.startswith(("-k", "-m"))


def command_of(arguments: Sequence[str]) -> str:
    """Give what was typed, without what says only where output goes, and without the machine's paths."""
    first = PurePath(next(iter(arguments), "")).name
    program = _PROGRAMS.get(first, "pytest")
    kept = _kept(arguments[1:] if first in _PROGRAMS else arguments)
    told = (PurePath(each).name if each.startswith("/") else without_paths(each) for each in kept)
    return " ".join([program, *told])


def _kept(arguments: Iterable[str]) -> Iterator[str]:
    left_out = False
    for each in arguments:
        if left_out:
            left_out = False
        elif each in _OF_OUTPUT:
            left_out = True
        elif each not in {"-q", "-v", "-s"} and each.partition("=")[0] not in _OF_OUTPUT:
            yield each


def without_paths(text: str) -> str:
    """Leave out of a text where things lie on this machine."""
    return _OWN_PATH.sub("<path>", text)


def _name(record: CaseRecord, names: Iterable[str]) -> str:
    """Give the name of a case below the suite's folder.

    Evidence of 2026-11 and before lacks the words of a name that were a password as well; the suite's names have them.
    """
    name, *parameters = record.case.removeprefix(SUITE).replace(REDACTED, LEFT_OUT).split("[", 1)
    if LEFT_OUT in name:
        pattern = re.compile(r"\w+".join(map(re.escape, name.split(LEFT_OUT))))
        name = next(filter(pattern.fullmatch, names), name)
    return "[".join([name, *parameters]).replace(LEFT_OUT, REDACTED)


def _result(
    record: CaseRecord, case: str, release: Release, oci_runtime: str, deviations: Sequence[Deviation]
) -> CaseResult:
    """Give how a case ended; what it saw instead is exactly what its deviation says, or it had failed."""
    seen: dict[str, Any] = {}
    if record.verdict == "deviates":
        name = case.partition("/")[2]  # as deviations.toml has it, without the folder
        known = covering(deviations, name, release, CRIO, oci_runtime.partition(" ")[0])
        if known is None or record.reason != known.reason:
            raise ResultsError(
                f"{case} deviates on {release} by {record.reason!r}, of which deviations.toml says nothing:"
                " run the suite again, as it is now"
            )
        seen = dict(known.seen)
    return CaseResult(case=case, verdict=record.verdict, reason=without_paths(record.reason), seen=seen)  # type: ignore[arg-type]
