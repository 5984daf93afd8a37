"""``crio-conformance``: what pytest does not do, and a short way to what it does."""

import argparse
import sys
from collections.abc import Sequence

import pytest

QUIETLY = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
"""The package is imported before pytest is: this module is in it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code."""
    parser = argparse.ArgumentParser(prog="crio-conformance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "run",
        help="run the conformance suite; everything after it goes to pytest, such as --runtime 1.36.3 -n 2 -k 8780",
        add_help=False,
    )
    _, rest = parser.parse_known_args(arguments)
    return int(pytest.main([*QUIETLY, "--pyargs", "conformance.suite", *rest]))


if __name__ == "__main__":
    sys.exit(main())
