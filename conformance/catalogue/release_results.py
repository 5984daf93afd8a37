"""The results of a release as a file, ``results/<release>.json``: verdicts, and what is seen where it deviates."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from conformance.model.release import Release

SCHEMA = "results-1"


class ResultsError(Exception):
    """Results that cannot be read, made or used: one sentence."""


class CaseResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a case ended.

    ``case``: its node ID below ``conformance/suite/``.
    ``verdict``: how it ended.
    ``reason``: why it deviates or was skipped, or how it failed.
    ``seen``: what was seen instead, where it deviates: values by expressions over the case's fixtures.
    """

    case: str
    verdict: Literal["passed", "deviates", "failed", "skipped"]
    reason: str = ""
    seen: dict[str, Any] = {}


class ReleaseResults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """How all cases of the suite ended on a release, and how that was found out.

    ``schema``: the form of the file.
    ``target``: what the run was about, such as ``CRI-O 1.36.3``.
    ``release``: its release.
    ``date``: the day on which the run began (UTC, ``2026-12-01``).
    ``version``: that of crio-conformance.
    ``command``: what was typed.
    ``kernel``: the machine's kernel and its release.
    ``oci_runtime``: the OCI runtime and its version.
    ``conmon``: the version of conmon.
    ``cgroup``: the version of control groups, or ``hybrid``.
    ``storage_driver``: the driver of containers/storage.
    ``count``: the number of cases.
    ``cases``: how each ended, by name.
    """

    schema: str
    target: str
    release: str
    date: str
    version: str
    command: str
    kernel: str = ""
    oci_runtime: str = ""
    conmon: str = ""
    cgroup: str = ""
    storage_driver: str = ""
    count: int
    cases: tuple[CaseResult, ...]

    @property
    def line(self) -> str:
        """The release line, such as ``1.36``."""
        return Release(self.release).line

    @cached_property
    def by_case(self) -> Mapping[str, CaseResult]:
        """The cases by their names."""
        return {each.case: each for each in self.cases}

    @cached_property
    def by_behaviour(self) -> Mapping[str, list[CaseResult]]:
        """The cases by the names of their behaviours, without the folder: as ``deviations.toml`` has them."""
        found: dict[str, list[CaseResult]] = {}
        for each in self.cases:
            found.setdefault(each.case.partition("[")[0].partition("/")[2], []).append(each)
        return found

    @cached_property
    def totals(self) -> Counter[str]:
        """How many cases ended with each verdict."""
        return Counter(each.verdict for each in self.cases)


def results_text(results: ReleaseResults) -> str:
    """Write results: a line for each member, then one for each case, by name, so that a diff shows what changed."""
    head = msgspec.to_builtins(results)
    cases = sorted(head.pop("cases"), key=lambda each: str(each["case"]))
    lines = [f'  "{name}": {_json(value)},' for name, value in head.items()]
    rows = ",\n".join(f"    {_json(each)}" for each in cases)
    return "\n".join(["{", *lines, '  "cases": [', rows, "  ]", "}", ""])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def read_results_file(path: Path) -> ReleaseResults:
    """Read the results of a release; raises ``ResultsError``."""
    cure = "make it anew (crio-conformance catalogue add)"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=ReleaseResults)
        Release(found.release)
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, UnicodeDecodeError) as error:  # msgspec's errors are ValueErrors, too
        raise ResultsError(f"{path} has no results of a release ({error}): {cure}") from None
    if found.schema != SCHEMA:
        raise ResultsError(f"{path} has results of the form {found.schema}, and this reads {SCHEMA}: {cure}")
    if found.count != len(found.by_case):
        raise ResultsError(f"{path} says {found.count} cases and has {len(found.by_case)}: {cure}")
    return found


def read_all_results(folder: Path) -> list[ReleaseResults]:
    """Read the results of every release in a folder, the oldest release first; raises ``ResultsError``."""
    found = [read_results_file(path) for path in sorted(folder.glob("*.json"))]
    if not found:
        raise ResultsError(f"{folder} has no results of a release: add some (crio-conformance catalogue add)")
    return sorted(found, key=lambda each: Release(each.release))


def keep_results(results: ReleaseResults, folder: Path) -> list[Path]:
    """Write the results of a release, in the place of those of another one of its line; raises ``OSError``.

    Gives the files that were written, and removed.
    """
    own = folder / f"{results.release}.json"
    others = [path for path in folder.glob("*.json") if path != own and _line(path) == results.line]
    new = own.with_name(f".{own.name}.new")
    new.write_text(results_text(results), encoding="utf-8")
    new.replace(own)
    for path in others:
        path.unlink()
    return [own, *others]


def _line(path: Path) -> str:
    try:
        return Release(path.stem).line
    except ValueError:
        return ""
