import select
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from conformance.node import World, WorldError

pytest_plugins = "pytester"

settings.register_profile("busy", deadline=None)  # how long an example takes says more of the machine than of the code
settings.load_profile("busy")

SECONDS = 10.0
LOOK_SECONDS = 0.05

# A background job begins with it ignored, as would what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skip where this user may make none (docs/troubleshooting.md); CI runs as one who may."""
    try:
        World().close()
    except WorldError as error:
        if "may make no" not in str(error):
            raise
        pytest.skip(str(error))


@pytest.fixture
def own_tmpdir(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A TMPDIR of the test's own, short as sockets want it: worlds of other runs are not in sight. Nothing may stay."""
    tmp_path_factory.getbasetemp()  # pytest looks for its own place once; not in here
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder).resolve()
        until = time.monotonic() + SECONDS
        while (left := worlds_in(Path(folder))) and time.monotonic() < until:
            select.select([], [], [], LOOK_SECONDS)  # a worker of pytest-xdist may outlive who started it for a moment
        assert left == []


def worlds_in(folder: Path) -> list[str]:
    """Give what worlds have left below a folder."""
    return [str(path) for path in folder.rglob("crio-conformance-*/*") if path.name != ".lock"]
