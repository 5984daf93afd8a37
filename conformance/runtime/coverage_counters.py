"""Coverage of a CRI-O built with ``go build -cover``: its counters, brought out of the world that it runs in."""

import os
import shutil
from pathlib import Path

from conformance.runtime.runtime import RuntimeFailedError

GOCOVERDIR = "GOCOVERDIR"
"""Names the folder into which such a program writes when it ends by itself (go.dev/doc/build-cover)."""


def coverage_folder() -> Path | None:
    """Give the folder that counters are wanted in, if any; raises ``RuntimeFailedError`` where it cannot be used."""
    named = os.environ.get(GOCOVERDIR)
    if not named:
        return None
    folder = Path(named).absolute()
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        msg = f"{GOCOVERDIR} names {folder}, which is no folder that can be written to: make it, or unset the variable"
        raise RuntimeFailedError(msg)
    return folder


def bring_out_counters(inside: Path, folder: Path) -> None:
    """Copy counters from a world's folder, each at once: ``go tool covdata`` may be reading there.

    Their names are those of a hash, a process and a time; a file of the same name is the same.
    """
    for path in inside.iterdir():
        unfinished = folder / f".{path.name}.{os.getpid()}"
        shutil.copyfile(path, unfinished)
        unfinished.replace(folder / path.name)
