"""JUnit files of runs, read back: what each run was about, and how each case ended there."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from conformance.report.summary import Verdict

GRAVITY = ("passed", "skipped", "deviates", "failed")
"""A case that is there twice, since it failed while it was cleared up as well, ended with the graver verdict."""

XML = b"<?xml"
"""How JUnit's XML begins."""


class JunitError(Exception):
    """A file that is no result of a run: one sentence."""


@dataclass(frozen=True)
class RunResult:
    """One run, named after the machine it was on; ``verdicts`` are by case, ``properties`` those of its test suite."""

    name: str
    path: Path
    properties: Mapping[str, str]
    verdicts: Mapping[str, Verdict]

    @property
    def target(self) -> str:
        """What it was about."""
        return self.properties.get("target", "an unknown target")

    def count(self, verdict: str) -> int:
        """Count the cases that ended so."""
        return sum(each.verdict == verdict for each in self.verdicts.values())


def read_results(paths: Iterable[Path]) -> list[RunResult]:
    """Read files, and those below folders that end in .xml; runs on machines of one name are named after their files.

    A file may be the log of a pod in which JUnit's XML stands at the end.

    Raises ``JunitError`` where one is not a result of a run, or there is none at all.
    """
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise JunitError("no JUnit file is there: write the path of one, or of a folder that has some")
    found = [_read(file) for file in files]
    names = Counter(each.name for each in found)
    common = os.path.commonpath([each.path.absolute().parent for each in found])
    return [each if names[each.name] == 1 else replace(each, name=_below(common, each.path)) for each in found]


def _files(path: Path) -> list[Path]:
    try:
        return sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    except OSError as error:  # a folder on the way that this user may not enter
        raise JunitError(f"{path} cannot be read: {error.strerror}") from None


def _below(folder: str, path: Path) -> str:
    return str(path.absolute().relative_to(folder))


def _read(path: Path) -> RunResult:
    try:
        text = path.read_bytes()
        root = ET.fromstring(text[max(text.rfind(XML), 0) :].strip())  # noqa: S314 (expat bounds what entities become)
    except OSError as error:
        raise JunitError(f"{path} cannot be read: {error.strerror}") from None
    except (ET.ParseError, LookupError, ValueError) as error:  # LookupError: an encoding that Python does not know
        raise JunitError(f"{path} is not JUnit's XML ({error}): write what --junitxml wrote") from None
    suite = root if root.tag == "testsuite" else root.find("testsuite")
    if suite is None:
        raise JunitError(f"{path} has no test suite: write what --junitxml wrote")
    verdicts: dict[str, Verdict] = {}
    for case, verdict in _verdicts(suite):
        known = verdicts.get(case)
        if known is None or GRAVITY.index(verdict.verdict) > GRAVITY.index(known.verdict):
            verdicts[case] = verdict
    return RunResult(suite.get("hostname") or str(path), path, _properties(suite), verdicts)


def _verdicts(suite: ET.Element) -> Iterator[tuple[str, Verdict]]:
    """Give each case, named by its module and what follows, with its verdict; pytest says why it was skipped."""
    for case in suite.iter("testcase"):
        family, name = _place(case)
        verdict, reason = "passed", ""
        for outcome in case:
            if outcome.tag in {"failure", "error"}:
                verdict, reason = "failed", outcome.get("message", "")
                break
            if outcome.tag == "skipped":
                verdict = "deviates" if outcome.get("type") == "pytest.xfail" else "skipped"
                reason = outcome.get("message", "")
        yield name, Verdict(family, verdict, reason)


def _place(case: ET.Element) -> tuple[str, str]:
    """Give the family of a case and its name, also where XML is as pytest writes it without our plugin."""
    name = case.get("name", "")
    if family := _properties(case).get("family"):
        return family, f"test_{family.replace(' ', '_')}::{name}"
    module, _, rest = case.get("classname", "").partition(".test_")
    where = f"test_{rest}" if rest else module
    return where.removeprefix("test_").partition(".")[0].replace("_", " "), f"{where.replace('.', '::')}::{name}"


def _properties(element: ET.Element) -> dict[str, str]:
    return {each.get("name", ""): each.get("value", "") for each in element.iterfind("properties/property")}


def comparable(runs: Sequence[RunResult]) -> list[RunResult]:
    """Leave out what has no case in common with any other run, as one that could not be done."""
    return [
        run
        for run in runs
        if any(not run.verdicts.keys().isdisjoint(other.verdicts) for other in runs if other is not run)
    ]


def unequal_cases(runs: Sequence[RunResult]) -> list[str]:
    """Name the cases that did not end alike in all runs; one that a run does not have ended otherwise there."""
    cases = dict.fromkeys(case for run in runs for case in run.verdicts)
    return [case for case in cases if len({verdict_of(run, case) for run in runs}) > 1]


def verdict_of(run: RunResult, case: str) -> str:
    """Give the verdict of a case, a dash where the run does not have it."""
    return run.verdicts[case].verdict if case in run.verdicts else "–"
