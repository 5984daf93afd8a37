"""The command line of ``crio-conformance node``."""

import argparse
import sys
from typing import Any

FAILED = 3
_HELP = "give a node container back that a run left which was killed"
_EPILOG = "exit code: 0 when the node is as it was, 2 if the options cannot be used, 3 if it cannot be given back"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``node`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("node", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    parser.set_defaults(run=main)
    acts = parser.add_subparsers(dest="act", required=True, metavar="WHAT")
    restore = acts.add_parser("restore", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    restore.set_defaults(parser=restore)
    restore.add_argument("name", metavar="NAME", help="the container's name or ID")
    return parser


def main(options: argparse.Namespace) -> int:
    """Give the node back where there is anything to do; give the exit code that ``--help`` promises."""
    from conformance.node.engine_container import find_container  # noqa: PLC0415 (as the others)
    from conformance.node.helper_container import run_this_with_rights  # noqa: PLC0415
    from conformance.node.node import NodeError  # noqa: PLC0415
    from conformance.node.takeover import restore  # noqa: PLC0415

    try:
        if (status := run_this_with_rights(options.name)) is not None:
            return status
        given_back = restore(find_container(options.name))
    except NodeError as error:
        print(f"crio-conformance node restore: {error}", file=sys.stderr)
        return FAILED
    print(f"{options.name} {'is given back' if given_back else 'is as it was: no run has left anything there'}")
    return 0
