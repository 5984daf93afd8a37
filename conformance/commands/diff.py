"""The command line of ``crio-conformance diff``."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from conformance.commands.values import filled

WORSE, USAGE = 1, 2
_HELP = "say what changed from one run of the suite to another, grouped by cause"
_EPILOG = "exit code: 0 if nothing is worse in B, 1 if something is, 2 if the evidence of a run is not there"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``diff`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("diff", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    what = "a folder that --evidence wrote, or a release of which a run is kept, such as 1.36.3"
    parser.add_argument("before", type=filled, metavar="A", help=what)
    parser.add_argument("after", type=filled, metavar="B", help="likewise")
    parser.add_argument(
        "--confirm",
        action=argparse.BooleanOptionalAction,
        help="run some cases of every change once more on both sides, and tell apart what is not seen again; by default"
        " where both runtimes are here",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as Markdown, for a pull request or $GITHUB_STEP_SUMMARY")
    form.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Print what changed; give the exit code that ``--help`` promises."""
    from conformance.evidence.evidence_folder import EvidenceError, find_evidence  # noqa: PLC0415 (it is heavy)
    from conformance.matrix.confirmation import Confirmed, confirm, missing_runtimes  # noqa: PLC0415 (as above)
    from conformance.matrix.suite_run import SuiteRunError  # noqa: PLC0415 (as above)
    from conformance.report import change_text  # noqa: PLC0415 (as above)
    from conformance.report.changes import compare_runs  # noqa: PLC0415 (as above)

    try:
        before, after = find_evidence(options.before), find_evidence(options.after)
        found = Confirmed(compare_runs(before, after), [])
        missing = missing_runtimes(before, after) if options.confirm is not False else ""
        if options.confirm and missing:
            return _refused(f"--confirm: {missing}")
        if found.real and options.confirm is not False and not missing:
            with tempfile.TemporaryDirectory(prefix="crio-conformance-diff-") as folder:
                found = confirm(found.real, before, after, Path(folder))
    except (EvidenceError, SuiteRunError) as error:
        return _refused(str(error))
    as_words = change_text.changes_as_markdown if options.markdown else change_text.changes_as_text
    print((change_text.changes_as_json if options.json else as_words)(before, after, *found))
    return WORSE if any(group.is_worse for group in found.real) else 0


def _refused(why: str) -> int:
    print(f"crio-conformance diff: {why}", file=sys.stderr)
    return USAGE
