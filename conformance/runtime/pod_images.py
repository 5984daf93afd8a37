"""The images that pods themselves need, made on the spot from this machine's own small programs.

``registry.k8s.io/pause`` is what CRI-O starts a sandbox with; ``TOOLS`` has a shell and a few programs for containers.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from conformance.images.builder import Entry, File, Image, Layer, image, layer
from conformance.registry_hosts import Internet

HOST = "registry.k8s.io"
TOOLS = f"{HOST}/conformance/tools:1"
PAUSE_TAGS = ("3.10", "3.10.1")
"""The tags of the pause image that CRI-O asks for by default: 1.31 to 1.33, and from 1.34 on."""
REPOSITORIES = ("pause", "conformance/tools")
PREFIXES = tuple(f"{HOST}/{each}" for each in REPOSITORIES)
PROGRAMS = ("sh", "sleep", "cat", "touch", "find", "stat", "id", "chmod", "mkdir", "rm", "sha256sum")


def is_infra_image(name: str) -> bool:
    """Tell whether an image of that name is there for pods to run on, not for a case."""
    return name.startswith(PREFIXES)


def offer(internet: Internet, *, runs: bool = True) -> Image:
    """Offer on registry.k8s.io the image that both are; where nothing runs, one without programs will do."""
    host = internet.host(HOST)
    offered = tool_image() if runs else image([layer({})])
    host.store("pause", offered, PAUSE_TAGS)
    host.store("conformance/tools", offered, ("1",))
    return offered


def tool_image(*more: Layer) -> Image:
    """Give the image with the programs, and more layers on top."""
    return image([_base(), *more], config={"Entrypoint": ["/bin/sleep", "infinity"], "Env": ["PATH=/bin"]})


@cache
def _base() -> Layer:
    """Build the layer with the programs, once per run."""
    pause = File(b"#!/bin/sh\nexec sleep infinity\n", mode=0o755)
    return layer({"pause": pause, **dict(_programs())}, compression=1)  # of some megabytes, for speed


def program(name: str, mode: int = 0o755) -> File:
    """Give one of those programs, which runs in any container of the tool image."""
    return File(Path(_found(name)).read_bytes(), mode)


def _found(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        msg = f"{name}, which the tool image is made from, is not on PATH"
        raise FileNotFoundError(msg)
    return found


def _programs() -> Iterator[tuple[str, Entry]]:
    """Give the programs and the libraries that the dynamic linker says they need (ldd(1))."""
    for name in PROGRAMS:
        yield f"bin/{name}", program(name)
        listed = subprocess.run(["ldd", _found(name)], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", listed):
            yield library.lstrip("/"), File(Path(library).read_bytes(), mode=0o755)
