"""Whether worlds can be made here: the folder they lie in, and the namespaces that they are."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.doctor.finding import Check, Finding, Need, State
from conformance.node import World, WorldError
from conformance.node.folders import worlds_path
from conformance.node.world import why_no_world

FOLDER = Check("TMPDIR", "every run, a rehearsal too", Need.ANY_RUN, State.CANNOT)
NAMESPACES = Check(
    "namespaces",
    "live runs: `--runtime` with a CRI-O, podman or containerd, and oracles",
    Need.LIVE_RUN,
    State.CANNOT,
)


def check_folder() -> Finding:
    """Look whether ``TMPDIR`` will do: its length, its characters, whose it is."""
    return FOLDER.ask(lambda: f"worlds lie in {worlds_path()}")


def check_namespaces() -> Finding:
    """Make a world, and throw it away."""
    who = "root can" if os.geteuid() == 0 else "an ordinary user can, in user namespaces,"
    return NAMESPACES.ask(lambda: _try_world(f"{who} make worlds here"), (WorldError,))


def _try_world(fact: str) -> str:
    """Give the fact where a world can be made; raises ``WorldError``."""
    try:
        with _trial_folder():
            World().close()
    except OSError as error:
        raise WorldError(why_no_world(error, Path(tempfile.gettempdir()))) from error
    return fact


@contextmanager
def _trial_folder() -> Iterator[None]:
    """Let worlds lie where nothing of them stays, unless the folder of all worlds is there already."""
    if worlds_path().exists():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="") as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            yield
        finally:
            tempfile.tempdir = before
