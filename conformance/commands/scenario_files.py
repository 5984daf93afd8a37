"""The command line of ``crio-conformance scenario``."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.commands.scenario_log import add_from_log
from conformance.commands.values import filled
from conformance.releases.download_options import DownloadOptionError, add_download_options, read_download_options

if TYPE_CHECKING:
    from conformance.replay.replay import Replay
    from conformance.scenario.scenario import Scenario

OTHERWISE, USAGE, INTERRUPTED = 1, 2, 130
FEWEST = 2
MORE_RELEASES = "fetch others (crio-conformance releases fetch 1.34.0, say), or name runtimes (--runtime)"
_HELP = "check, play and bisect a situation that is written down as a file (docs/scenarios.md)"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``scenario`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("scenario", help=_HELP, description=f"{_HELP}.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_check(actions)
    _add_run(actions)
    _add_bisect(actions)
    add_from_log(actions)
    parser.set_defaults(run=main)
    return parser


def _add_check(actions: Any) -> None:
    check = actions.add_parser(
        "check",
        help="say what is wrong in scenario files, and what in them is in vain",
        epilog="exit code: 0 where there is nothing to say, 1 where something is in vain, 2 where a file is wrong",
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.set_defaults(act=_check)


def _add_run(actions: Any) -> None:
    play = actions.add_parser(
        "run",
        help="play a scenario on runtimes, and print what was seen as a report for CRI-O's bug form",
        epilog="exit code: 0 where all is as the file says, 1 where it is not, 2 where it cannot be played",
    )
    play.add_argument("file", type=Path, metavar="FILE")
    play.add_argument(
        "--runtime",
        action="append",
        type=filled,
        default=[],
        metavar="WHICH",
        help="as for run: 1.36.3, a path, simulator:1.36; may be repeated (default: auto)",
    )
    play.add_argument("--as-test", action="store_true", help="print the scenario as a case, and play nothing")
    add_download_options(play.add_argument)
    play.set_defaults(act=_run)


def _add_bisect(actions: Any) -> None:
    bisect = actions.add_parser(
        "bisect",
        help="find the release, or the commit, from which on a scenario goes otherwise",
        epilog="exit code: 0 where it was found, 1 where nothing changed, 2 where the file or a runtime cannot be used",
    )
    bisect.add_argument("file", type=Path, metavar="FILE")
    bisect.add_argument("--good", type=filled, metavar="WHICH", help="the release, or commit, to begin at")
    bisect.add_argument("--bad", type=filled, metavar="WHICH", help="that in which it is otherwise")
    bisect.add_argument(
        "--runtime",
        action="append",
        type=filled,
        default=[],
        metavar="WHICH",
        help="look among these, in this order, instead of the releases in the cache folder",
    )
    bisect.add_argument("--git", type=Path, metavar="DIR", help="look among the commits of this checkout of CRI-O")
    bisect.add_argument(
        "--build", type=filled, metavar="COMMAND", help="what builds a commit, such as make bin/crio bin/pinns"
    )
    bisect.add_argument("--binary", default="bin/crio", metavar="PATH", help="what that makes (default: %(default)s)")
    add_download_options(bisect.add_argument)
    bisect.set_defaults(act=_bisect)


def main(options: argparse.Namespace) -> int:
    """Do what was asked for; give the exit code that ``--help`` promises, or 130 after Ctrl-C."""
    from conformance.node import NodeError  # noqa: PLC0415
    from conformance.node_config.node_config import NodeConfigError  # noqa: PLC0415
    from conformance.releases.installation import RuntimeNotFoundError  # noqa: PLC0415
    from conformance.replay.git_bisection import GitBisectionError  # noqa: PLC0415
    from conformance.scenario.scenario_reader import ScenarioError  # noqa: PLC0415 (HTTP is heavy)

    try:
        code: int = options.act(options)
    except (
        DownloadOptionError,
        GitBisectionError,
        NodeConfigError,
        NodeError,
        RuntimeNotFoundError,
        ScenarioError,
        OSError,
    ) as error:
        print(f"crio-conformance scenario {options.action}: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _check(options: argparse.Namespace) -> int:
    """Print a line for each thing that is wrong or in vain."""
    from conformance.scenario.linter import lint  # noqa: PLC0415
    from conformance.scenario.scenario_reader import ScenarioError, read_scenario  # noqa: PLC0415

    code = 0
    for path in options.files:
        try:
            lines = lint(read_scenario(path), path.read_text(encoding="utf-8"), str(path))
        except ScenarioError as error:
            print(error)
            code = USAGE
            continue
        if lines:
            print(*lines, sep="\n")
            code = max(code, OTHERWISE)
    return code


def _run(options: argparse.Namespace) -> int:
    """Play a scenario on each runtime, and print the report."""
    from conformance.evidence.secrets import Secrets, secrets_in_auth_file  # noqa: PLC0415
    from conformance.replay.bug_report import bug_report  # noqa: PLC0415
    from conformance.scenario.case import as_case  # noqa: PLC0415
    from conformance.scenario.scenario_reader import read_scenario  # noqa: PLC0415

    scenario = read_scenario(options.file)
    if options.as_test:
        print(as_case(scenario), end="")
        return 0
    replays = _replays(scenario, options)
    secrets = Secrets(secret for file in scenario.files for secret in secrets_in_auth_file(file.text))
    report = "\n".join(bug_report(scenario, options.file.name, replays))  # to be pasted where everybody reads it
    print(secrets.removed_from(report))
    return 0 if all(each.judgement.as_expected for each in replays.values()) else OTHERWISE


def _replays(scenario: "Scenario", options: argparse.Namespace) -> "dict[str, Replay]":
    """Play a scenario on each runtime, by what it is called; raises ``RuntimeNotFoundError`` and ``NodeError``."""
    from conformance.node import sweep_worlds  # noqa: PLC0415
    from conformance.releases.obtaining import obtain_crio  # noqa: PLC0415
    from conformance.replay.replay import replay  # noqa: PLC0415
    from conformance.targets.choice import choose_target  # noqa: PLC0415
    from conformance.targets.run import end_as_with_ctrl_c  # noqa: PLC0415

    end_as_with_ctrl_c()
    downloads = read_download_options(vars(options).get)
    targets = {each: choose_target(obtain_crio(each, downloads)) for each in options.runtime or ["auto"]}
    sweep_worlds()
    return {name: replay(scenario, target) for name, target in targets.items()}


def _bisect(options: argparse.Namespace) -> int:
    """Find a change, and print it."""
    from conformance.node import sweep_worlds  # noqa: PLC0415
    from conformance.releases.installation import RuntimeNotFoundError  # noqa: PLC0415
    from conformance.replay.behaviour import behaviour_of  # noqa: PLC0415
    from conformance.replay.bisection import find_change  # noqa: PLC0415
    from conformance.replay.replay import replay  # noqa: PLC0415
    from conformance.scenario.scenario_reader import read_scenario  # noqa: PLC0415
    from conformance.targets.choice import choose_target  # noqa: PLC0415
    from conformance.targets.run import end_as_with_ctrl_c  # noqa: PLC0415

    end_as_with_ctrl_c()
    scenario = read_scenario(options.file)
    sweep_worlds()
    if options.git or options.build:
        return _bisect_commits(options)
    wanted = _candidates(options)
    if len(wanted) < FEWEST:
        raise RuntimeNotFoundError(f"there is only {', '.join(wanted) or 'nothing'} to look among: {MORE_RELEASES}")
    found = find_change(wanted, lambda which: behaviour_of(replay(scenario, choose_target(which))))
    print(*found.lines(), sep="\n")
    return 0 if found.level else OTHERWISE


def _candidates(options: argparse.Namespace) -> list[str]:
    """Name the runtimes to look among, from good to bad; raises ``RuntimeNotFoundError``."""
    from conformance.model.release import Release  # noqa: PLC0415
    from conformance.releases.installation import RuntimeNotFoundError, cached_crios  # noqa: PLC0415
    from conformance.releases.obtaining import obtain_crio  # noqa: PLC0415

    downloads = read_download_options(vars(options).get)
    if options.runtime:
        return [obtain_crio(each, downloads) for each in options.runtime]
    try:
        ends = [Release(each) for each in (options.good, options.bad) if each]
    except ValueError as error:
        raise RuntimeNotFoundError(f"--good and --bad name releases: {error}") from None
    for each in ends:
        obtain_crio(str(each), downloads)
    there = sorted(cached_crios())
    if not there:
        raise RuntimeNotFoundError(f"no release is in the cache folder: {MORE_RELEASES}")
    good, bad = Release(options.good or str(there[0])), Release(options.bad or str(there[-1]))
    within = [str(each) for each in there if min(good, bad) <= each <= max(good, bad)]
    return within if good <= bad else within[::-1]


def _bisect_commits(options: argparse.Namespace) -> int:
    """Find the commit of a checkout, and print it."""
    from conformance.replay.git_bisection import GitBisection, GitBisectionError  # noqa: PLC0415

    if not all((options.git, options.build, options.good, options.bad)):
        raise GitBisectionError("say all four: --git DIR --build COMMAND --good COMMIT --bad COMMIT")
    bisection = GitBisection(options.file, options.git, options.build, options.binary)
    commit, found = bisection.find(options.good, options.bad)
    print(*found.lines(), sep="\n")
    if commit:
        print(f"The first commit that does otherwise: {commit}")
    return 0 if commit else OTHERWISE
