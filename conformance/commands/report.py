"""The command line of ``crio-conformance report``."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.commands.values import filled

if TYPE_CHECKING:
    from conformance.evidence.evidence_folder import RunEvidence

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
    from conformance.evidence.evidence_folder import EvidenceError  # noqa: PLC0415 (as the page)
    from conformance.report.page.rendering import render_page  # noqa: PLC0415 (Jinja is heavy)

    try:
        _write(options.output, render_page([_read(folder) for folder in _folders(options.folders)]))
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
    from conformance.evidence.evidence_folder import EvidenceError, kept_runs, state_folder  # noqa: PLC0415 (as above)

    if named:
        return [Path(each) for each in named]
    if newest := next(kept_runs(state := state_folder()), None):
        return [newest]
    raise EvidenceError(f"{state} keeps no run: name a folder that --evidence wrote, or run the suite first")


def _read(folder: Path) -> "RunEvidence":
    """Read a run; raises ``EvidenceError``, also where a verdict is none that can be told."""
    from conformance.evidence.evidence_folder import EvidenceError, read_evidence  # noqa: PLC0415 (as above)
    from conformance.evidence.records import VERDICTS  # noqa: PLC0415

    evidence = read_evidence(folder)
    if odd := next((each for each in evidence.cases if each.verdict not in VERDICTS), None):
        raise EvidenceError(f"{folder} is no evidence of a run: the verdict of {odd.case} is {odd.verdict!r}")
    return evidence


def _write(output: str, page: str) -> None:
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
