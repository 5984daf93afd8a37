"""The files that are committed: where they are, in a clone and in an installed package, and how they are made anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.catalogue.behaviours_page import behaviours_page
from conformance.catalogue.findings_page import findings_page
from conformance.catalogue.known_findings import KnownFinding, load_findings, numbers_by_reason
from conformance.catalogue.release_results import ReleaseResults, ResultsError, read_all_results
from conformance.catalogue.suite_source import StatedBehaviour, read_behaviours
from conformance.deviations import load_deviations

_CLONE = Path(__file__).parents[2]
_PACKAGED = Path(__file__).parent / "committed"
"""Where a wheel has them (pyproject.toml)."""


@dataclass(frozen=True)
class Catalogue:
    """All that pages and reports are made from."""

    behaviours: list[StatedBehaviour]
    findings: list[KnownFinding]
    results: list[ReleaseResults]

    def pages(self) -> Mapping[str, str]:
        """Write the pages, by their paths in a clone."""
        numbers = numbers_by_reason(self.findings)
        return {
            "docs/behaviours.md": behaviours_page(self.behaviours, self.results, numbers),
            "docs/findings.md": findings_page(self.findings, self.behaviours, self.results),
        }


def results_folder() -> Path:
    """Give the folder with the results of releases."""
    return _committed("results")


def scenarios_folder() -> Path:
    """Give the folder with the scenario files."""
    return _committed("docs/scenarios")


def _committed(path: str) -> Path:
    packaged = _PACKAGED / Path(path).name
    return packaged if packaged.is_dir() else _CLONE / path


def clone() -> Path:
    """Give the clone that this package is in; raises ``ResultsError`` where it is installed without one."""
    if not (_CLONE / "pyproject.toml").is_file():
        raise ResultsError(f"{_CLONE} is no clone of crio-conformance: in one, pip install -e . and do it again")
    return _CLONE


def load_catalogue() -> Catalogue:
    """Read all of it; raises ``ResultsError``."""
    return Catalogue(read_behaviours(), load_findings(load_deviations()), read_all_results(results_folder()))
