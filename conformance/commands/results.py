"""The command line of ``crio-conformance results``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from conformance.report.junit_results import JunitError, read_results
from conformance.report.results_tables import as_markdown_table, as_text_table, result_tables

FAILED, USAGE = 1, 2
_HELP = "tell what is in the JUnit files of runs, of every node of a cluster for example, in one table"
_EPILOG = "exit code: 0 if no case failed, 1 if one did or a run has none, 2 if a file is not JUnit's or cannot be read"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``results`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "results", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="JUNIT", help="a file, or a folder with files that end in .xml"
    )
    parser.add_argument("--markdown", action="store_true", help="as Markdown, for $GITHUB_STEP_SUMMARY for example")
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Print the tables; give the exit code that ``--help`` promises."""
    try:
        runs = read_results(options.paths)
    except JunitError as error:
        print(f"crio-conformance results: {error}", file=sys.stderr)
        return USAGE
    as_lines = as_markdown_table if options.markdown else as_text_table
    print(*(line for table in result_tables(runs) for line in as_lines(table)), sep="\n")
    return FAILED if any(run.count("failed") or not run.verdicts for run in runs) else 0
