"""The command line of ``crio-conformance serve``."""

import argparse
import os
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

from conformance.commands.values import filled
from conformance.model.profile import known_lines, newest_line, newest_of
from conformance.model.pull_sources import ModelSettings
from conformance.model.release import Release
from conformance.node_config.node_config import NodeConfigError, errno_text
from conformance.node_config.reader import ExplainOptions, read_node_config
from conformance.standard_streams import guard_stdout

USAGE = 2
LONGEST_PATH = 107
"""Bytes that the path of a Unix socket may have (unix(7), ``sun_path``)."""

SIGNALS = {signal.SIGINT, signal.SIGTERM}
GREETING = """\
This is a simulator of CRI-O {release}, not CRI-O: images are pulled from real registries, and forgotten at the end; no
container is started. Ctrl-C ends it. Point crictl at it:
  crictl --runtime-endpoint unix://{path} --image-endpoint unix://{path} pull IMAGE"""
_HELP = "serve a simulator of CRI-O's image service on a Unix socket: a release's answers and errors, real registries"


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``serve`` to the subcommands of a parser; ``run`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("serve", help=_HELP, description=f"{_HELP}.")
    parser.add_argument("--socket", type=filled, metavar="PATH", required=True, help="where it answers")
    parser.add_argument(
        "--release", metavar="1.36", default=newest_line(), help="the release, or line, that it behaves as"
    )
    parser.add_argument("--registries-conf", metavar="FILE", help="instead of this machine's registries.conf")
    parser.add_argument("--registries-conf-dir", metavar="DIR", help="drop-ins, instead of all others")
    parser.add_argument("--short-name-mode", choices=("enforcing", "disabled"), help="instead of crio.conf's")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; gives the exit code."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # threads inherit it, so that sigwait below gets them
    try:
        release = known_release(arguments.release)
        settings = this_machine(arguments, release)
        path = claim_socket(Path(arguments.socket))
        serve_until_signal(settings, release, path)
    except NodeConfigError as error:
        sys.stderr.write(f"crio-conformance serve: {error}\n")
        return USAGE
    finally:
        while signal.sigtimedwait(SIGNALS, 0):  # another Ctrl-C of somebody who could not wait
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 0


def serve_until_signal(settings: ModelSettings, release: Release, path: Path) -> None:
    """Serve until SIGINT or SIGTERM; raises ``NodeConfigError`` where the socket cannot be served on."""
    from conformance.explain.prober import name_server  # noqa: PLC0415 (HTTP, TLS and gRPC are heavy)
    from conformance.simulator.server import SimulatorServer  # noqa: PLC0415

    try:
        with SimulatorServer(settings, release, path, log=sys.stderr, name_server=name_server()):
            guard_stdout().on_failure = partial(signal.raise_signal, signal.SIGINT)
            print(GREETING.format(release=release, path=path), flush=True)
            signal.sigwait(SIGNALS)
    except OSError as error:
        raise NodeConfigError(str(error)) from None


def known_release(text: str) -> Release:
    """Give the release that a text names; raises ``NodeConfigError``."""
    lines = known_lines()
    try:
        release = newest_of(text)
    except ValueError as error:
        raise NodeConfigError(f"--release {text}: {error}") from None
    if release.line not in lines:
        raise NodeConfigError(f"--release {text} is of a line that is not known (known are {', '.join(lines)})")
    return release


def this_machine(arguments: argparse.Namespace, release: Release) -> ModelSettings:
    """Read this machine's files as the settings of a pull; raises ``NodeConfigError``."""
    options = ExplainOptions(
        registries_conf=arguments.registries_conf,
        registries_conf_dir=arguments.registries_conf_dir,
        release=str(release),
        short_name_mode=arguments.short_name_mode,
        probe=True,
    )
    return read_node_config(options).settings


def claim_socket(path: Path) -> Path:
    """Make way for a socket, and give its full path; one that nobody serves on goes. Raises ``NodeConfigError``."""
    path = path.absolute()
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise NodeConfigError(
            f"--socket {path} is longer than the {LONGEST_PATH} bytes that a Unix socket's path may have"
        )
    if not path.parent.is_dir():
        raise NodeConfigError(f"--socket {path}: there is no folder {path.parent}")
    try:
        if not path.exists():
            return path
        if not path.is_socket():
            raise NodeConfigError(f"--socket {path} is there already, and is no socket")
        if _answers(path):
            raise NodeConfigError(f"--socket {path} is served on by somebody else")
        path.unlink()
    except OSError as error:
        raise NodeConfigError(f"--socket {path} cannot be used: {errno_text(error)}") from None
    return path


def _answers(path: Path) -> bool:
    """Tell whether somebody listens on a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        return True
