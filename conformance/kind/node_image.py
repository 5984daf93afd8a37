"""What a cluster's nodes are made of: a kind node image with CRI-O in it, named, kept in the cache folder, or built."""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance.kind.kind_tools import KindError, KindOptionError, KindTools, kind_folder
from conformance.releases.download_options import DownloadOptions
from conformance.releases.fetching import fetch_bundle

REPOSITORY = "localhost/crio-conformance-node"
ARCHIVE = re.compile(r"node-(\d+\.\d+\.\d+)-(\d+\.\d+\.\d+)\.tar")
BUILD_SECONDS = 900.0


@dataclass(frozen=True)
class NodeImage:
    """A node image of these releases of CRI-O and Kubernetes, ``1.36.3`` and ``1.36.1``."""

    crio: str
    kubernetes: str

    @property
    def name(self) -> str:
        """The name that it has in the engine."""
        return f"{REPOSITORY}:{self.crio}-{self.kubernetes}"

    @property
    def archive(self) -> Path:
        """Where it may lie in the cache folder, as the engine's program saves it."""
        return kind_folder() / f"node-{self.crio}-{self.kubernetes}.tar"


def default_node_image(context: Path) -> NodeImage:
    """Give the newest that lies in the cache folder, else the one that a Dockerfile makes without build arguments.

    Raises ``KindError``.
    """
    archives = [match for path in kind_folder().glob("*.tar") if (match := ARCHIVE.fullmatch(path.name))]
    if archives:
        newest = max(archives, key=lambda match: [[int(part) for part in each.split(".")] for each in match.groups()])
        return NodeImage(*newest.groups())
    arguments = dict(re.findall(r"^ARG (\w+)=\S*?v(\d+\.\d+\.\d+)", _dockerfile(context), re.MULTILINE))
    try:
        return NodeImage(arguments["BUNDLE"], arguments["BASE"])
    except KeyError:
        msg = f"{context}/Dockerfile names no releases of CRI-O and Kubernetes: use the one of this repository"
        raise KindError(msg) from None


def obtain_node_image(tools: KindTools, image: NodeImage, context: Path, downloads: DownloadOptions) -> None:
    """Let the engine have an image: it may, or it is loaded from the cache folder, or built in ``context``.

    What is built on and put in comes from the internet, or a mirror. Raises ``KindError`` and ``DownloadError``.
    """
    if tools.ask_engine("image", "ls", "--quiet", image.name).strip():
        return
    if image.archive.exists():
        print(f"crio-conformance: loading {image.archive} into {tools.engine}", file=sys.stderr, flush=True)
        loaded = tools.ask_engine("load", "--input", str(image.archive), seconds=BUILD_SECONDS)
        if not tools.ask_engine("image", "ls", "--quiet", image.name).strip():
            msg = f"{image.archive} holds no {image.name} ({loaded.strip()}): remove it, or save that image there"
            raise KindError(msg)
        return
    _dockerfile(context)
    with tempfile.TemporaryDirectory(prefix="crio-conformance-node-") as folder:
        copy = Path(folder, "context")
        shutil.copytree(context, copy, ignore=shutil.ignore_patterns("*.tar.gz"))
        bundle = fetch_bundle(image.crio, downloads, copy)
        _build(tools, image, copy, bundle.name)


def _build(tools: KindTools, image: NodeImage, context: Path, bundle: str) -> None:
    """Build it; the engine's program tells progress itself."""
    command = [tools.engine, "build", "--tag", image.name]
    command += ["--build-arg", f"BASE=kindest/node:v{image.kubernetes}", "--build-arg", f"BUNDLE={bundle}"]
    done = subprocess.run([*command, str(context)], check=False, timeout=BUILD_SECONDS)
    if done.returncode:
        msg = (
            f"`{tools.engine} build` of {image.name} fails, as it says above: go online, let it pull from a mirror, or "
            f"name an image that is there (--node-image)"
        )
        raise KindError(msg)


def _dockerfile(context: Path) -> str:
    try:
        return (context / "Dockerfile").read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{error.filename} cannot be read ({error.strerror}): let --node name this project's fixtures/node"
        raise KindOptionError(msg) from None
