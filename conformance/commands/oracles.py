"""The command line of ``crio-conformance oracles``."""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from conformance.commands.values import positive
from conformance.releases.download_options import (
    DownloadOptionError,
    DownloadOptions,
    add_download_options,
    read_download_options,
)

if TYPE_CHECKING:
    from conformance.oracle.discovery import FoundOracle

DIFFERENT, USAGE, ABSENT, INTERRUPTED = 1, 2, 3, 130
_HELP = "hold the model against programs that answer the same question, on scenarios that are made up"
_EPILOG = """exit code: 0 where there is no difference, 1 where there is one, 2 if the options cannot be used,
3 if there is no such oracle here, or it cannot be run"""


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``oracles`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "oracles", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG
    )
    parser.add_argument(
        "--oracle",
        action="append",
        default=[],
        metavar="ORACLE",
        help="skopeo, podman, a CRI-O's release (1.36.3, latest, main) or a path; may be repeated (default: skopeo and"
        " podman)",
    )
    parser.add_argument("--examples", type=positive, metavar="N", help="scenarios for each (default: 2000; podman 300)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="other scenarios for another number (default: 0)"
    )
    parser.add_argument(
        "--jobs", type=positive, default=os.cpu_count() or 1, metavar="N", help="how many at once (default: one a core)"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="write what differs to conformance/oracle/examples, to be tried by every run",
    )
    add_download_options(parser.add_argument)
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Run the oracles that were asked for; give the exit code that ``--help`` promises, or 130 after Ctrl-C."""
    try:
        import hypothesis  # noqa: F401, PLC0415 (only this command needs it)
    except ImportError:
        return _refuse("hypothesis is not installed: pip install '.[oracles]' in a clone of the repository", USAGE)
    from conformance.node import sweep_worlds  # noqa: PLC0415
    from conformance.oracle.known_programs import OracleNotFoundError  # noqa: PLC0415
    from conformance.oracle.oracle import OracleError  # noqa: PLC0415 (HTTP and gRPC are heavy)
    from conformance.oracle.search_jobs import divide_jobs, run_jobs  # noqa: PLC0415
    from conformance.targets.run import end_as_with_ctrl_c  # noqa: PLC0415

    end_as_with_ctrl_c()
    try:
        sweep_worlds()
        chosen = _chosen(options.oracle, read_download_options(vars(options).get))
        counts = [options.examples or each.examples for each in chosen]
        print(
            *(f"{count:,} scenarios with {each.program}" for count, each in zip(counts, chosen, strict=True)), sep=", "
        )
        wanted = [
            job
            for each, count in zip(chosen, counts, strict=True)
            for job in divide_jobs(each, count, options.seed, options.jobs)
        ]
        results = run_jobs(wanted, options.jobs)
    except DownloadOptionError as error:
        return _refuse(str(error), USAGE)
    except (OracleNotFoundError, OracleError, OSError) as error:
        return _refuse(str(error), ABSENT)
    except KeyboardInterrupt:
        return INTERRUPTED
    return _tell(results, keeps=options.keep)


def _refuse(sentence: str, code: int) -> int:
    """Say why the command cannot be run."""
    print(f"crio-conformance oracles: {sentence}", file=sys.stderr)
    return code


def _chosen(asked: list[str], downloads: DownloadOptions) -> "list[FoundOracle]":
    """Find the oracles; raises ``OracleNotFoundError`` where one that is asked for, or any at all, is not here."""
    from conformance.oracle.discovery import available_oracles, find_oracle  # noqa: PLC0415
    from conformance.oracle.known_programs import OracleNotFoundError  # noqa: PLC0415

    if asked:
        return [find_oracle(each, downloads) for each in dict.fromkeys(asked)]
    found, missing = available_oracles()
    if not found:
        raise OracleNotFoundError("; ".join(missing))
    for each in missing:
        print(f"left out: {each}")
    return found


def _tell(results: list[Any], *, keeps: bool) -> int:
    """Print what was found; give the exit code."""
    from conformance.oracle.corpus import add_to_corpus  # noqa: PLC0415
    from conformance.oracle.result_text import result_lines  # noqa: PLC0415

    print(*result_lines(results), sep="\n")
    if keeps:
        for result in results:
            for each in result.differing:
                print(f"kept: {add_to_corpus(each.scenario, result.title, each.lines)}")
    problems = [result.problem for result in results if result.problem]
    if problems:
        return _refuse("; ".join(problems), ABSENT)
    return DIFFERENT if any(result.differing for result in results) else 0
