"""The command line of ``crio-conformance scenario from-log``."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.commands.saving import write_new

if TYPE_CHECKING:
    from conformance.model.registries import Registries

_WRITTEN = (
    "Written by crio-conformance scenario from-log, from what a CRI-O logged: its calls expect what that one did.",
    "Contents are stand-ins of the same shape, and digests are others.",
)
"""The comment above a scenario that was written."""


def add_from_log(actions: Any) -> None:
    """Add ``from-log`` to the actions of ``scenario``."""
    parser = actions.add_parser(
        "from-log",
        help="write what a CRI-O logged of pulls as a scenario, as far as its log says it",
        epilog="exit code: 0 where a scenario was written, 2 where the log has no pull or a file cannot be used",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="CRI-O's log, best at level debug, or what journalctl -u crio prints; - is standard input",
    )
    parser.add_argument("--registries-conf", type=Path, metavar="FILE", help="the registries.conf of that node")
    parser.add_argument("--registries-conf-dir", type=Path, metavar="DIR", help="the drop-ins of that node")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write it there, instead of printing it")
    parser.set_defaults(act=_write)


def _write(options: argparse.Namespace) -> int:
    """Print or save the scenario; raises ``NodeConfigError`` where there is nothing to tell or a file is of no use."""
    from conformance.evidence.log import LogLine  # noqa: PLC0415
    from conformance.evidence.secrets import Secrets  # noqa: PLC0415
    from conformance.node_config.node_config import NodeConfigError  # noqa: PLC0415
    from conformance.scenario.logged import scenario_of_log  # noqa: PLC0415 (HTTP is heavy)
    from conformance.scenario.pull_log import read_pull_log  # noqa: PLC0415
    from conformance.scenario.writer import as_toml  # noqa: PLC0415

    log = read_pull_log(map(LogLine.parse, _text(options.file).splitlines()))
    if not log.names:
        why = "has no line of a CRI-O that pulls an image (Pulling image: NAME, at level info)"
        raise NodeConfigError(f"{options.file} {why}: give the log of crio from before the pull")
    scenario, unsaid = scenario_of_log(log, _registries(options.registries_conf, options.registries_conf_dir))
    text = Secrets(()).removed_from(as_toml(scenario, *_WRITTEN, *(" ".join(each.split()) for each in unsaid)))
    if options.save is None:
        sys.stdout.write(text)
    else:
        write_new(options.save, text)
    return 0


def _text(name: str) -> str:
    """Read a log; what is not UTF-8 in it does not matter. Raises ``NodeConfigError``."""
    from conformance.node_config.node_config import NodeConfigError, errno_text  # noqa: PLC0415

    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise NodeConfigError(f"{name} cannot be read: {errno_text(error)}") from None
    return content.decode(errors="replace")


def _registries(file: Path | None, folder: Path | None) -> "Registries | None":
    """Read the files of that node alone, none of this machine; nothing where none is given."""
    from conformance.model.registries import InvalidRegistriesConfError  # noqa: PLC0415
    from conformance.model.registries_conf import RegistriesConfPaths, load_registries  # noqa: PLC0415
    from conformance.node_config.node_config import NodeConfigError  # noqa: PLC0415

    if file is None and folder is None:
        return None
    if folder is not None and not folder.is_dir():
        raise NodeConfigError(f"{folder} is no folder")
    nowhere = Path("/nonexistent")
    paths = RegistriesConfPaths(
        conf=str((file or nowhere).absolute()),
        conf_given=file is not None,
        conf_dir=str(folder.absolute()) if folder else "",
        alias_cache=str(nowhere),
    )
    try:
        return load_registries(paths)
    except InvalidRegistriesConfError as error:
        raise NodeConfigError("; ".join(str(error).split("\n"))) from None
