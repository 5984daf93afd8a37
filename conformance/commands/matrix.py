"""The command line of ``crio-conformance matrix``."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tqdm import tqdm

from conformance.commands.report import write_page
from conformance.commands.values import filled
from conformance.run_folders import new_run_folder

if TYPE_CHECKING:
    from conformance.matrix.suite_run import SuiteRun

FAILED, USAGE, INTERRUPTED = 1, 2, 130
TENTHS = 10
_FETCHED = re.compile(r"v?\d+\.\d+(\.\d+\S*)?|latest|main|[0-9a-f]{40}")
"""What ``--runtime`` fetches where it is not here."""

_HELP = "run the suite on several CRI-Os, and say in which behaviours they differ"
_EPILOG = """exit code: 0 if no case failed on any, 1 if one did, 2 if the suite could not be run on one of them,
130 after Ctrl-C"""


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``matrix`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("matrix", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    parser.add_argument("runtimes", nargs="+", type=filled, metavar="RUNTIME", help="what --runtime takes, two or more")
    parser.add_argument(
        "--evidence", type=Path, metavar="DIR", help="where the evidence goes, a folder for each; by default it is kept"
    )
    parser.add_argument("-o", "--output", type=filled, metavar="FILE", help="write the page with all runs, too")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for $GITHUB_STEP_SUMMARY for example")
    parser.add_argument("--pytest", nargs=argparse.REMAINDER, default=[], help="all that follows goes to pytest")
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Run, and print the tables; give the exit code that ``--help`` promises."""
    from conformance.matrix.runs import run_suites, runs_at_once  # noqa: PLC0415 (it is heavy)
    from conformance.matrix.suite_run import SuiteRunError  # noqa: PLC0415 (as above)
    from conformance.report.matrix_table import matrix_tables  # noqa: PLC0415 (as above)
    from conformance.report.page.rendering import render_page  # noqa: PLC0415 (as above)
    from conformance.report.results_tables import as_markdown_table, as_text_table  # noqa: PLC0415 (as above)

    if why := _wrong(options) or next(filter(None, map(_unusable, options.runtimes)), ""):
        return _refused(why)
    folders = {
        each: options.evidence / each.strip("./").replace("/", "-") if options.evidence else new_run_folder(each)
        for each in options.runtimes
    }
    try:
        with _Bars(options.runtimes) as bars:
            runs = run_suites(folders, options.pytest, bars.tell, runs_at_once())
    except SuiteRunError as error:
        return _refused(str(error))
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        begun = [str(folder) for folder in folders.values() if folder.is_dir()]
        print(
            "crio-conformance matrix: interrupted; what had ended is told by crio-conformance report:", file=sys.stderr
        )
        print(*begun, sep="\n", file=sys.stderr)
        return INTERRUPTED
    as_lines = as_markdown_table if options.markdown else as_text_table
    for caveat in (each for run in runs for each in run.caveats):
        print(caveat)
    print(*(line for table in matrix_tables(runs) for line in as_lines(table)), sep="\n")
    if options.output:
        try:
            write_page(options.output, render_page(runs))
        except OSError as error:
            return _refused(f"{options.output} cannot be written: {error.strerror}")
    for folder in folders.values():
        print(f"What every case saw: {folder}")
    return FAILED if any(each.verdict == "failed" for run in runs for each in run.cases) else 0


def _wrong(options: argparse.Namespace) -> str:
    """Say what is wrong with the options, before anything is run; nothing where they are right."""
    if len(set(options.runtimes)) != len(options.runtimes):
        return "a runtime is named twice: name each once"
    if len(options.runtimes) == 1:
        return "two runtimes at least are compared: name another"
    if options.output and not (folder := Path(options.output).absolute().parent).is_dir():
        return f"{options.output} cannot be written: there is no folder {folder}"
    return ""


def _unusable(runtime: str) -> str:
    """Say why a runtime cannot be had, before others are run; one that would be fetched is not looked for."""
    from conformance.releases.installation import RuntimeNotFoundError  # noqa: PLC0415 (as above)
    from conformance.targets.choice import choose_target  # noqa: PLC0415 (as above)

    if _FETCHED.fullmatch(runtime):
        return ""
    try:
        choose_target(runtime)
    except RuntimeNotFoundError as error:
        return str(error)
    return ""


def _refused(why: str) -> int:
    print(f"crio-conformance matrix: {why}", file=sys.stderr)
    return USAGE


class _Bars:
    """Says how far each run is: a bar on a terminal, else a line for every tenth."""

    def __init__(self, runtimes: Sequence[str]) -> None:
        self._bars = {
            each: tqdm(total=0, desc=each, unit="case", position=number, disable=None)
            for number, each in enumerate(runtimes)
        }
        self._told: dict[str, int] = {}

    def tell(self, run: "SuiteRun", done: int, of: int) -> None:
        """Show how far a run is."""
        bar = self._bars[run.runtime]
        if not bar.disable:
            bar.total = of
            bar.update(done - bar.n)
        elif of and (tenth := done * TENTHS // of) > self._told.get(run.runtime, -1):
            self._told[run.runtime] = tenth
            print(f"{run.runtime}: {done} of {of} cases", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self._bars.values():
            bar.close()
