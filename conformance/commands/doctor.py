"""The command line of ``crio-conformance doctor``."""

import argparse
from typing import Any

from conformance.commands.values import filled

_HELP = "say what can run on this machine, and what each thing that is missing takes; nothing is changed"
_EPILOG = """exit code: 0 if the suite can run live, 6 if it can only rehearse (as --require live ends a run) or has its
CRI-O to fetch first, 4 if not even that, 2 if the options cannot be used"""


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``doctor`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("doctor", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    parser.add_argument(
        "--runtime",
        type=filled,
        default="auto",
        metavar="WHICH",
        help="the CRI-O that is to run: auto (the default), a release in the cache folder, or a path",
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs (docs/troubleshooting.md)")
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Look, and print what was found; give the exit code that ``--help`` promises."""
    from conformance.doctor.examination import examine  # noqa: PLC0415 (the model and what it knows are heavy)
    from conformance.doctor.examination_text import examination_json, examination_lines  # noqa: PLC0415

    examination = examine(options.runtime)
    print(examination_json(examination) if options.json else "\n".join(examination_lines(examination)))
    return examination.exit_code
