"""The command line of ``crio-conformance releases``."""

import argparse
import re
import sys
from typing import Any

from conformance.releases.download_options import DownloadOptionError, add_download_options, read_download_options

USAGE, ABSENT = 2, 3
VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?|latest|main|[0-9a-f]{40}", re.ASCII)
OTHERS = {
    "kubelet": "a kubelet, instead of a CRI-O",
    "kube-apiserver": "a kube-apiserver, instead of a CRI-O",
    "etcd": "an etcd, instead of a CRI-O: by its release, 3.6.8, or that of the Kubernetes it belongs to, 1.36.3",
}
"""The programs besides CRI-O, by their options, each with what that means."""
_HELP = "list the CRI-Os, kubelets, API servers and etcds in the cache folder, fetch and remove them"
_EPILOG = (
    "exit code: 0 when it is done, 2 if the options cannot be used, 3 if there is no such release, or no way to it"
)


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``releases`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "releases", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG
    )
    parser.set_defaults(run=main, act=_list)
    acts = parser.add_subparsers(metavar="WHAT")
    for name, act, help_, read, names in (
        (
            "fetch",
            _fetch,
            "fetch a release, unless it is here",
            version,
            "1.36.3, 1.36 (its newest), latest, main (its newest build) or a commit",
        ),
        (
            "remove",
            _remove,
            "remove a release, and what is half fetched of it",
            str,
            "1.36.3 or a commit, as they are listed",
        ),
    ):
        one = acts.add_parser(name, help=help_, description=f"{help_}.", epilog=_EPILOG)
        one.add_argument("version", type=read, metavar="VERSION", help=names)
        programs = one.add_mutually_exclusive_group()
        for program, instead in OTHERS.items():
            programs.add_argument(f"--{program}", action="store_const", const=program, dest="program", help=instead)
        one.set_defaults(act=act, parser=one)
        if act is _fetch:
            add_download_options(one.add_argument)
    return parser


def version(text: str) -> str:
    """Read what names a release; raises ``ArgumentTypeError``, which argparse ends with exit code 2."""
    if VERSION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no release: write 1.36.3, 1.36, latest, main or a whole commit")
    return text.removeprefix("v")


def main(options: argparse.Namespace) -> int:
    """Do it; give the exit code that ``--help`` promises."""
    from conformance.releases.installation import RuntimeNotFoundError  # noqa: PLC0415 (as the others)

    try:
        options.act(options)
    except (DownloadOptionError, RuntimeNotFoundError) as error:
        print(f"crio-conformance releases: {error}", file=sys.stderr)
        return USAGE if isinstance(error, DownloadOptionError) else ABSENT
    return 0


def _list(options: argparse.Namespace) -> None:
    """Print what is here, and where: a line for each, then what is half fetched."""
    del options
    from conformance.releases.cache import cached_programs, half_fetched, why_nothing_cached  # noqa: PLC0415 (as the others)

    rows = [
        *((each.title, each.path) for each in cached_programs()),
        *(("half fetched", each) for each in half_fetched()),
    ]
    width = max((len(title) for title, _ in rows), default=0)
    for title, path in rows:
        print(f"{title:{width}}  {path}")
    if not rows:
        print(why_nothing_cached())


def _fetch(options: argparse.Namespace) -> None:
    """Fetch a release, and print where its program is."""
    from conformance.releases.fetching import (  # noqa: PLC0415 (HTTP is heavy)
        fetch_crio,
        fetch_etcd,
        fetch_kube_apiserver,
        fetch_kubelet,
    )

    others = {"kubelet": fetch_kubelet, "kube-apiserver": fetch_kube_apiserver, "etcd": fetch_etcd}
    fetch = others.get(options.program, fetch_crio)
    print(fetch(options.version, read_download_options(vars(options).get)))


def _remove(options: argparse.Namespace) -> None:
    """Remove a release, and print what went."""
    from conformance.releases.cache import remove_release  # noqa: PLC0415 (as the others)

    for path in remove_release(options.program or "CRI-O", options.version.removeprefix("v")):
        print(f"removed: {path}")
