"""The command line of ``crio-conformance explain``."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from conformance.commands.saving import write_new
from conformance.explain.explain import explain
from conformance.explain.pull_trace import PullTrace, predict_trace
from conformance.explain.text import as_text
from conformance.model.registries_conf import fingerprint
from conformance.node_config.node_config import NodeConfig, NodeConfigError
from conformance.node_config.reader import ExplainOptions, read_node_config, read_registries

USAGE, INTERRUPTED = 2, 130
_HELP = "say what a CRI-O makes of an image name: which registries it asks, in which order, and how that ends"
_EPILOG = """exit code: 0 if the pull would succeed (without --probe: if somebody would be asked), 1 if not,
2 if the options or this machine's configuration cannot be used"""


SAVED = (
    "Written by crio-conformance explain --probe --save, from what this node's files say and its registries answered.",
    "Contents are stand-ins of the same shape, digests are others, and whoever had a login is called somebody.",
)
"""The comment above a scenario that was saved."""


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``explain`` to the subcommands of a parser; ``run`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="an image name as it stands in a pod")
    parser.add_argument("--probe", action="store_true", help="ask the registries, as that CRI-O would")
    parser.add_argument(
        "--save",
        metavar="FILE",
        help="with --probe: write what was read here and what registries answered as a scenario (docs/scenarios.md),"
        " without logins",
    )
    parser.add_argument(
        "--release", metavar="1.36", help="the CRI-O (else the one that answers, else the newest known)"
    )
    parser.add_argument("--socket", metavar="PATH", help="where the CRI-O answers whose release counts")
    parser.add_argument("--platform", metavar="OS/ARCH", help="the node's platform (else this machine's)")
    files = parser.add_argument_group("files, each else where CRI-O looks")
    files.add_argument("--registries-conf", metavar="FILE")
    files.add_argument("--registries-conf-dir", metavar="DIR", help="drop-ins, instead of all others")
    files.add_argument(
        "--crio-conf", metavar="PATH", action="append", default=[], help="a file or folder; later ones count more"
    )
    files.add_argument("--short-name-mode", metavar="MODE", help="enforcing or disabled, instead of crio.conf's")
    files.add_argument("--authfile", metavar="FILE", help="the logins that --probe shows")
    form = parser.add_argument_group("output")
    form.add_argument("--json", action="store_true", help="everything, for programs (docs/explain.md)")
    form.add_argument("--fingerprint", action="store_true", help="only a digest of what registries.conf means")
    form.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation that was asked for; give the exit code that ``--help`` promises, or 130 after Ctrl-C."""
    try:
        text, code = _explained(arguments)
    except NodeConfigError as error:
        sys.stderr.write(f"crio-conformance explain: {error}\n")
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    sys.stdout.write(text)
    return code


def _explained(arguments: argparse.Namespace) -> tuple[str, int]:
    """Give what is to be printed, and the exit code."""
    options = _options(arguments)
    if arguments.fingerprint:
        found, unreadable = read_registries(options)
        if unreadable:
            raise NodeConfigError(f"{unreadable[0]} counts, and cannot be read by this user")
        digest = fingerprint(found)
        return f"{json.dumps({'fingerprint': digest}) if arguments.json else digest}\n", 0
    if arguments.name is None:
        raise NodeConfigError("say which image name is to be explained")
    if arguments.save is not None and not arguments.probe:
        raise NodeConfigError("--save is for what registries answer: add --probe")
    about = read_node_config(options)
    if arguments.probe:
        from conformance.explain.prober import probe  # noqa: PLC0415 (HTTP and TLS are heavy)

        trace = probe(about, arguments.name)
        if arguments.save is not None:
            _save(Path(arguments.save), arguments.name, about, trace)
    else:
        trace = predict_trace(about.settings, arguments.name)
    explanation = explain(arguments.name, about, trace)
    if arguments.json:
        return explanation.as_json() + "\n", explanation.exit_code
    return as_text(explanation, colour=is_coloured(arguments.color, sys.stdout, os.environ)), explanation.exit_code


def _save(path: Path, name: str, about: NodeConfig, trace: PullTrace) -> None:
    """Write a scenario where there is none yet; raises ``NodeConfigError``."""
    from conformance.scenario.traced import scenario_of_trace  # noqa: PLC0415 (HTTP and TLS are heavy)
    from conformance.scenario.writer import as_toml  # noqa: PLC0415

    write_new(path, as_toml(scenario_of_trace(name, about, trace), *SAVED))


def _options(arguments: argparse.Namespace) -> ExplainOptions:
    """Take the options that say what is explained."""
    return ExplainOptions(
        registries_conf=arguments.registries_conf,
        registries_conf_dir=arguments.registries_conf_dir,
        release=arguments.release,
        socket=arguments.socket,
        short_name_mode=arguments.short_name_mode,
        crio_conf=tuple(arguments.crio_conf),
        platform=arguments.platform,
        authfile=arguments.authfile,
        probe=arguments.probe,
    )


def is_coloured(wanted: str, stream: TextIO, env: Mapping[str, str]) -> bool:
    """Tell whether to print in colour: on a terminal that has it, unless NO_COLOR says no (no-color.org)."""
    if wanted != "auto":
        return wanted == "always"
    return stream.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
