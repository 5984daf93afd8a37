"""The command line of ``crio-conformance mutants``."""

import argparse
import os
import sys
from typing import Any

from conformance.commands.values import filled, positive
from conformance.releases.download_options import DownloadOptionError, add_download_options, read_download_options

INTERRUPTED = 130


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``mutants`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "mutants", help="run the suite on every variant of the simulator that has a fault, and tell which cases find it"
    )
    parser.add_argument("names", nargs="*", metavar="MUTANT", help="these mutants only (by default all of them)")
    parser.add_argument(
        "--jobs", type=positive, default=os.cpu_count() or 1, help="how many runs at once (default: one a core)"
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="run every mutant on every case; by default one that has been killed is run on those cases alone that no"
        " mutant has failed, unless mutants are named",
    )
    parser.add_argument(
        "--runtime",
        type=filled,
        metavar="WHICH",
        help="run the cases that look into containers on this CRI-O (a release, or a path), as root, with each fault"
        " in what its OCI runtime is given",
    )
    parser.add_argument("--list", action="store_true", help="list the mutants, and run nothing")
    add_download_options(parser.add_argument)
    parser.set_defaults(run=main)
    return parser


def main(options: argparse.Namespace) -> int:
    """Run the command: exit 0 when all are killed and weak cases are explained, 1 if not, 2 when it cannot run."""
    from conformance.mutation.container_runs import container_mutants, run_container_matrix  # noqa: PLC0415
    from conformance.mutation.kill_matrix import AnyMutant, matrix_lines  # noqa: PLC0415
    from conformance.mutation.mutant_runs import MutantRunError, run_matrix  # noqa: PLC0415 (pytest, HTTP and gRPC are heavy)
    from conformance.mutation.reasons import weak_cases  # noqa: PLC0415
    from conformance.releases.installation import RuntimeNotFoundError  # noqa: PLC0415
    from conformance.releases.obtaining import obtain_crio  # noqa: PLC0415
    from conformance.simulator.mutants import UnknownMutantError, mutant, mutants, null_runtimes  # noqa: PLC0415

    names, runtime, whole = options.names, options.runtime, options.whole or bool(options.names)
    try:
        if runtime:
            runtime = obtain_crio(runtime, read_download_options(vars(options).get))
        containers = container_mutants(runtime, names) if runtime else []
        simulators = [mutant(name) for name in names if not runtime] or [*null_runtimes().values(), *mutants().values()]
        chosen: list[AnyMutant] = [*containers] if runtime else [*simulators]
        if options.list:
            print(*(f"{each.name} ({each.line}): {each.fault}" for each in chosen), sep="\n")
            return 0
        if runtime:
            found = run_container_matrix(runtime, containers, options.jobs, whole=whole)
        else:
            found = run_matrix(simulators, options.jobs, whole=whole)
    except (DownloadOptionError, UnknownMutantError, MutantRunError, RuntimeNotFoundError, OSError) as error:
        print(f"crio-conformance mutants: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    weak = [] if names else weak_cases(found, "containers" if runtime else "case")
    print(*matrix_lines(found), *(line for each in weak for line in each.lines()), sep="\n")
    if not names and not runtime:
        print(
            "left out: cases that look into containers, whose faults need root and a CRI-O (mutants --runtime 1.36.3)"
        )
    return 1 if found.survivors or any(each.unexplained or each.outdated for each in weak) else 0
