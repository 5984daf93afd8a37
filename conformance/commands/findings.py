"""The command line of ``crio-conformance findings``."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from conformance.commands.values import positive

if TYPE_CHECKING:
    from conformance.catalogue.committed import Catalogue
    from conformance.catalogue.known_findings import KnownFinding

USAGE = 2
_HELP = "list the faults of CRI-O that upstream has not been told of, or print the report of one, ready to be filed"
_EPILOG = "exit code: 0, or 2 where there is no such finding, or the results that it is told from cannot be read"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``findings`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "findings", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG
    )
    parser.add_argument(
        "number", nargs="?", type=positive, metavar="N", help="print the body of the report about this one"
    )
    parser.add_argument("--json", action="store_true", help="print the list for programs")
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Print the list or a report; give the exit code that ``--help`` promises."""
    from conformance.catalogue.committed import load_catalogue, scenarios_folder  # noqa: PLC0415 (it is heavy)
    from conformance.catalogue.finding_report import finding_report  # noqa: PLC0415 (as above)
    from conformance.catalogue.release_results import ResultsError  # noqa: PLC0415 (as above)
    from conformance.scenario.scenario_reader import ScenarioError  # noqa: PLC0415 (as above)

    if options.json and options.number is not None:
        print("crio-conformance findings: --json is for the list: leave out the number", file=sys.stderr)
        return USAGE
    try:
        catalogue = load_catalogue()
        if options.number is None:
            _print_list(catalogue, as_json=options.json)
            return 0
        known = _find(options.number, catalogue)
        report = finding_report(known, catalogue.behaviours, catalogue.results, scenarios_folder())
    except (ResultsError, ScenarioError) as error:
        print(f"crio-conformance findings: {error}", file=sys.stderr)
        return USAGE
    print(report, end="")
    return 0


def _find(number: int, catalogue: "Catalogue") -> "KnownFinding":
    """Give the finding with a number; raises ``ResultsError`` where there is none to be reported."""
    from conformance.catalogue.release_results import ResultsError  # noqa: PLC0415 (as above)

    known = next((each for each in catalogue.findings if each.finding.id == number), None)
    if known is None:
        raise ResultsError(f"there is no finding {number}: crio-conformance findings lists those that there are")
    if known.finding.filed:
        raise ResultsError(f"finding {number} has been reported: {known.finding.filed}")
    return known


def _print_list(catalogue: "Catalogue", *, as_json: bool) -> None:
    """Print a line for each, or all as JSON: number, severity, where it was seen, what it is."""
    from conformance.catalogue.finding_text import seen_on  # noqa: PLC0415 (as above)
    from conformance.catalogue.known_findings import by_weight  # noqa: PLC0415 (as above)

    rows = [
        {
            "id": each.finding.id,
            "severity": str(each.finding.severity),
            "seen_on": seen_on(each, catalogue.results),
            "title": each.finding.title,
            "matters": " ".join(each.finding.matters.split()),
            "project": each.finding.project,
            "scenario": each.finding.scenario,
        }
        for each in by_weight(catalogue.findings, catalogue.results)
    ]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max((len(str(row["seen_on"])) for row in rows), default=0)
    for row in rows:
        print(f"{row['id']:>3}  {row['severity']:<12}  {row['seen_on']:<{width}}  {row['title']}")
