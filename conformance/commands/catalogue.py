"""The command line of ``crio-conformance catalogue``, for whoever keeps the committed results."""

import argparse
import sys
from typing import Any

from conformance.commands.values import filled

USAGE = 2
_HELP = "keep what runs found on each release as committed files, and the pages that are made from them"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``catalogue`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("catalogue", help=_HELP, description=f"{_HELP}.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    epilog = "exit code: 0 where all is written, 2 where that cannot be"
    add = actions.add_parser(
        "add",
        help="write results/<release>.json from the evidence of a whole live run, then the pages",
        epilog=epilog,
    )
    add.add_argument(
        "runs",
        nargs="+",
        type=filled,
        metavar="RUN",
        help="a folder that --evidence wrote, or a release: the newest run about it that is kept",
    )
    add.set_defaults(act=_add)
    write = actions.add_parser("write", help="write docs/behaviours.md and docs/findings.md anew", epilog=epilog)
    write.set_defaults(act=_write)
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Write the files of this clone, and say which; give the exit code that ``--help`` promises."""
    from conformance.catalogue.release_results import ResultsError  # noqa: PLC0415 (msgspec is heavy)
    from conformance.evidence.evidence_folder import EvidenceError  # noqa: PLC0415 (as above)

    try:
        options.act(options)
    except (EvidenceError, ResultsError) as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error.filename} cannot be written: {error.strerror}")
    return 0


def _refused(why: str) -> int:
    print(f"crio-conformance catalogue: {why}", file=sys.stderr)
    return USAGE


def _add(options: argparse.Namespace) -> None:
    """Write the results of each run, once all are known to be some; then the pages."""
    from conformance.catalogue.committed import clone  # noqa: PLC0415 (as above)
    from conformance.catalogue.release_results import keep_results  # noqa: PLC0415 (as above)
    from conformance.catalogue.run_results import results_of  # noqa: PLC0415 (as above)
    from conformance.catalogue.suite_source import read_behaviours  # noqa: PLC0415 (as above)
    from conformance.deviations import load_deviations  # noqa: PLC0415 (as above)
    from conformance.evidence.evidence_folder import find_evidence  # noqa: PLC0415 (as above)

    behaviours, deviations = read_behaviours(), load_deviations()
    found = [results_of(find_evidence(each), behaviours, deviations) for each in options.runs]
    for each in found:
        for path in keep_results(each, clone() / "results"):
            print(f"{'wrote' if path.exists() else 'removed'} results/{path.name}")
    _write(options)


def _write(_: argparse.Namespace) -> None:
    """Write the pages."""
    from conformance.catalogue.committed import clone, load_catalogue  # noqa: PLC0415 (as above)

    root = clone()
    for name, text in load_catalogue().pages().items():
        (root / name).write_text(text, encoding="utf-8")
        print(f"wrote {name}")
