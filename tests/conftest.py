import contextlib
import os
import select
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.node import World, WorldError
from tests.releases.release_server import ReleaseServer, serve_releases

pytest_plugins = "pytester"

with contextlib.suppress(ImportError):  # a run of the suite from a clone loads this file, too, without hypothesis
    from hypothesis import settings

    settings.register_profile("busy", deadline=None)  # how long an example takes says more of the machine than the code
    settings.load_profile("busy")

SECONDS = 60.0
LOOK_SECONDS = 0.05

# A background job begins with it ignored, as would what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_upstream() -> Iterator[None]:
    """No test fetches from upstream: nobody listens there (tcpmux, which no machine has any more).

    A fixture, since a run of the suite from here loads this file, too.
    """
    with pytest.MonkeyPatch.context() as patch:
        for upstream in ("CRIO", "KUBERNETES", "ETCD"):
            patch.setenv(f"CRIO_CONFORMANCE_{upstream}_MIRROR", "http://127.0.0.1:1")
        yield


@pytest.fixture(scope="session", autouse=True)
def no_evidence_at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No run that a test makes is kept among the user's, or told on the page of the job that runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


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
    """Give what worlds have left below a folder; what goes while this looks is not there."""
    return [
        str(Path(above, name))
        for above, folders, files in os.walk(folder)
        if Path(above).name.startswith("crio-conformance-")
        for name in (*folders, *files)
        if name != ".lock"
    ]


@pytest.fixture
def release_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReleaseServer]:
    """A server with nothing on it, which stands for all upstreams; no proxy lies between."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serve_releases() as server:
        monkeypatch.setenv("CRIO_CONFORMANCE_CRIO_MIRROR", server.url)
        monkeypatch.setenv("CRIO_CONFORMANCE_KUBERNETES_MIRROR", f"{server.url}/")
        monkeypatch.setenv("CRIO_CONFORMANCE_ETCD_MIRROR", server.url)
        yield server


@pytest.fixture
def release_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; it is not there yet. No cosign is on PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path / "cache" / "crio-conformance"
