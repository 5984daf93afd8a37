"""The command line of ``crio-conformance report``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from conformance.commands.values import filled
from conformance.run_folders import state_folder

USAGE = 2
STDOUT = "-"
_HELP = "write the page of a run, or of several side by side: one HTML file that a browser opens without a network"
_EPILOG = (
    "exit code: 0 when the page is written, whatever was found; 2 if a folder is no evidence or the page has no place"
)


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``report`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("report", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    parser.add_argument(
        "folders",
        nargs="*",
        type=filled,
        metavar="DIR",
        help="what --evidence wrote of a run, also of one that goes on or was killed; else the newest run that is kept",
    )
    parser.add_argument(
        "-o", "--output", required=True, type=filled, metavar="FILE", help="where the page goes; - is standard output"
    )
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Write the page; give the exit code that ``--help`` promises."""
    from conformance.evidence.evidence_folder import EvidenceError, read_evidence  # noqa: PLC0415 (as the page)
    from conformance.report.page.rendering import render_page  # noqa: PLC0415 (Jinja is heavy)

    try:
        runs = [read_evidence(folder) for folder in _folders(options.folders)]
        write_page(options.output, render_page(runs))
    except EvidenceError as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{options.output} cannot be written: {error.strerror}")
    return 0


def _refused(why: str) -> int:
    print(f"crio-conformance report: {why}", file=sys.stderr)
    return USAGE


def _folders(named: list[str]) -> list[Path]:
    """Give the folders that were named, or that of the newest run that is kept; raises ``EvidenceError``."""
    from conformance.evidence.evidence_folder import EvidenceError, kept_runs  # noqa: PLC0415 (as above)

    if named:
        return [Path(each) for each in named]
    if newest := next(kept_runs(state := state_folder()), None):
        return [newest]
    raise EvidenceError(f"{state} keeps no run: name a folder that --evidence wrote, or run the suite first")


def write_page(output: str, page: str) -> None:
    """Write the page, whole or not at all; raises ``OSError``."""
    if output == STDOUT:
        sys.stdout.write(page)
        return
    path = Path(output).resolve()
    if path.exists() and not path.is_file():  # a device, or a pipe
        path.write_text(page, encoding="utf-8")
        return
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(page, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
