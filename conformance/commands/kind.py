"""The command line of ``crio-conformance kind``."""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from conformance.commands.values import filled
from conformance.releases.download_options import DownloadOptionError, add_download_options, read_download_options

USAGE, FAILED = 2, 3
RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)", re.ASCII)
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*", re.ASCII)
"""A name that kind takes (kubernetes-sigs/kind, ``validNameRE``), and engines; a run has a folder of that name, too."""
IMAGE_VARIABLE = "KIND_NODE_IMAGE"
RESULTS_VARIABLE = "ARTIFACTS"
"""Where Prow's jobs put what is to be kept."""
_HELP = "run the suite on a kind cluster whose nodes run CRI-O, made for it and taken away again"
_EPILOG = """what follows -- goes to pytest. Exit code: pytest's, the first that tells of a failure; 2 if the options
cannot be used, 3 if the cluster cannot be had or taken away, 130 after Ctrl-C"""


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``kind`` to the subcommands of a parser; ``main`` takes what it parsed."""
    parser: argparse.ArgumentParser = commands.add_parser("kind", help=_HELP, description=f"{_HELP}.", epilog=_EPILOG)
    add = parser.add_argument
    add("--config", type=Path, default=Path("kind-config.yaml"), metavar="FILE", help="kind's configuration")
    add("--node", type=Path, default=Path("fixtures/node"), metavar="DIR", help="what a node image is built in")
    add("--name", type=cluster_name, default="crio-conformance", help="the cluster's name (default: %(default)s)")
    add(
        "--node-image",
        type=filled,
        default=os.environ.get(IMAGE_VARIABLE) or None,
        metavar="NAME",
        help=f"a node image with CRI-O in it, instead of one that is built (also {IMAGE_VARIABLE})",
    )
    add("--crio", type=full_release, metavar="RELEASE", help="the CRI-O to build it with, 1.36.3")
    add(
        "--kubernetes",
        type=full_release,
        metavar="RELEASE",
        help="the Kubernetes to build it on, 1.36.1, of the same line",
    )
    add("--keep", action="store_true", help="leave the cluster there; a next run uses it")
    add(
        "--results",
        type=Path,
        default=Path(os.environ.get(RESULTS_VARIABLE) or "kind-results"),
        metavar="DIR",
        help=f"where junit_nodes.xml and junit_cluster.xml go (default: {RESULTS_VARIABLE}, else kind-results)",
    )
    add_download_options(add)
    add("pytest", nargs="*", metavar="-- PYTEST'S OPTIONS", help="such as -k 8780")
    parser.set_defaults(run=main)
    return parser


def cluster_name(text: str) -> str:
    """Read a cluster's name; raises ``ArgumentTypeError``. A run has a folder of that name, which it removes."""
    if NAME.fullmatch(filled(text)) is None:
        msg = f"{text!r} is no name of a cluster: begin with one of a-z and 0-9, and go on with those, dots and dashes"
        raise argparse.ArgumentTypeError(msg)
    return text


def full_release(text: str) -> str:
    """Read a release; raises ``ArgumentTypeError``, which argparse ends with exit code 2."""
    if (match := RELEASE.fullmatch(text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no release: write one with three numbers, 1.36.3")
    return match[1]


def main(options: argparse.Namespace) -> int:
    """Do it; give the exit code that ``--help`` promises."""
    from conformance.kind import KindError, KindOptionError  # noqa: PLC0415 (as the others)
    from conformance.releases.installation import RuntimeNotFoundError  # noqa: PLC0415

    try:
        return _run(options)
    except (DownloadOptionError, KindError, RuntimeNotFoundError) as error:
        print(f"crio-conformance kind: {error}", file=sys.stderr)
        return USAGE if isinstance(error, DownloadOptionError | KindOptionError) else FAILED


def _run(options: argparse.Namespace) -> int:
    """Run on the nodes, then on the cluster; raises what ``main`` tells."""
    from conformance.kind import KindCluster, KindOptionError, find_kind_tools, obtain_node_image  # noqa: PLC0415
    from conformance.kind.suite_runs import exit_code, run_on_cluster, run_on_nodes  # noqa: PLC0415
    from conformance.targets.run import end_as_with_ctrl_c  # noqa: PLC0415

    if not options.config.is_file():
        raise KindOptionError(f"there is no {options.config}: run in a clone of this project, or name it with --config")
    downloads = read_download_options(vars(options).get)
    _make_folder(options.results)
    tools = find_kind_tools()
    if tools.passed_over:
        print(f"{tools.passed_over}: {tools.engine} is used", file=sys.stderr)
    name = options.node_image
    if name is None:
        image = _node_image(options)
        obtain_node_image(tools, image, options.node, downloads)
        name = image.name
    end_as_with_ctrl_c()
    with KindCluster(tools, options.name, options.config, name, keep=options.keep) as cluster:
        codes = [run(cluster, options.results, options.pytest) for run in (run_on_nodes, run_on_cluster)]
    if options.keep:
        print(f"the cluster is kept: kind export kubeconfig --name {options.name}", file=sys.stderr)
    return exit_code(codes)


def _make_folder(results: Path) -> None:
    """Make the folder of the results, or raise ``KindOptionError`` before anything else has been made."""
    from conformance.kind import KindOptionError  # noqa: PLC0415

    try:
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results):
            pass
    except OSError as error:
        msg = f"no result can be written into {results} ({error.strerror}): let --results name a folder"
        raise KindOptionError(msg) from None


def _node_image(options: argparse.Namespace) -> Any:
    """Give the node image of the releases that were asked for; raises ``KindError``."""
    from conformance.kind import KindOptionError, NodeImage  # noqa: PLC0415
    from conformance.kind.node_image import default_node_image  # noqa: PLC0415
    from conformance.model.release import Release  # noqa: PLC0415

    default = default_node_image(options.node)
    image = NodeImage(options.crio or default.crio, options.kubernetes or default.kubernetes)
    lines = Release(image.crio).line, Release(image.kubernetes).line
    if lines[0] != lines[1]:
        msg = (
            f"CRI-O {image.crio} and Kubernetes {image.kubernetes} are of two release lines: write --crio and "
            f"--kubernetes of one"
        )
        raise KindOptionError(msg)
    return image
