"""``crio-conformance``: what pytest does not do, and a short way to what it does."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

from conformance.standard_streams import guarded_streams

DESCRIPTION = "Show what a CRI-O release does with image names, registries, errors and image volumes."
QUIETLY = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
"""The package is imported before pytest is: this module is in it."""


INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code, 130 after Ctrl-C.

    Raises ``SystemExit`` where argparse does, and where standard output cannot be written.
    """
    with guarded_streams():
        try:
            return _main(arguments)
        except KeyboardInterrupt:
            return INTERRUPTED


def command_parser() -> argparse.ArgumentParser:
    """Give the parser of the command line, with all commands."""
    from conformance.commands import (  # noqa: PLC0415 (Ctrl-C may come meanwhile)
        catalogue,
        diff,
        doctor,
        explain,
        findings,
        kind,
        matrix,
        mutants,
        node_restore,
        oracles,
        releases,
        report,
        results,
        scenario_files,
        serve,
    )

    parser = argparse.ArgumentParser(prog="crio-conformance", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('crio-conformance')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add_command in (
        add_run,
        *(
            each.add_command
            for each in (
                *(explain, report, matrix, diff, scenario_files, serve, mutants, oracles),
                *(findings, catalogue, releases, results, doctor, kind, node_restore),
            )
        ),
    ):
        command = add_command(commands)
        command.set_defaults(parser=command)
    return parser


def _main(arguments: Sequence[str] | None) -> int:
    """Parse the command line, and run the command that it names."""
    parsed, rest = command_parser().parse_known_args(arguments)
    if parsed.command == "run":
        return run(rest)
    if rest:
        hint = " (pytest's options go after --)" if parsed.command == "kind" else ""
        parsed.parser.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
    code: int = parsed.run(parsed)
    return code


def add_run(commands: Any) -> argparse.ArgumentParser:
    """Add ``run`` to the subcommands of a parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run the conformance suite; everything after it goes to pytest, such as --runtime 1.36.3 -n 2 -k 8780",
        add_help=False,
    )
    return parser


def run(arguments: Sequence[str]) -> int:
    """Run pytest on the suite with these arguments; give its exit code. Of ``--help`` our options come first."""
    import pytest  # noqa: PLC0415 (the other commands do without)

    if {"-h", "--help"} & {*arguments}:
        print(_run_help())
    return int(pytest.main([*QUIETLY, *_cache(arguments), "--pyargs", "conformance.suite", *arguments]))


def _cache(arguments: Sequence[str]) -> Sequence[str]:
    """Give the option that has pytest remember what failed in the user's cache, and not in the folder one is in."""
    from conformance.releases.installation import RuntimeNotFoundError, releases_folder  # noqa: PLC0415 (as others)

    if any("no:cacheprovider" in each for each in arguments):
        return ()
    try:
        return ("-o", f"cache_dir={releases_folder().parent / 'pytest'}")
    except RuntimeNotFoundError:
        return ("-p", "no:cacheprovider")


def _run_help() -> str:
    """Write the help of our own options, as argparse does."""
    from conformance.plugin.options import pytest_addoption  # noqa: PLC0415 (pytest is heavy)

    description = "Run the conformance suite. What is not below is pytest's: -n 2, -k 8780, -x, …"
    usage = "%(prog)s [options] [pytest's options]"
    parser = argparse.ArgumentParser("crio-conformance run", usage=usage, description=description, add_help=False)
    group = parser.add_argument_group("options")
    pytest_addoption(cast("Any", SimpleNamespace(getgroup=lambda *_: SimpleNamespace(addoption=group.add_argument))))
    return f"{parser.format_help()}\nAnd pytest's own:\n"


if __name__ == "__main__":
    sys.exit(main())
