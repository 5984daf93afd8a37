"""Two who fetch at once, and one who is interrupted."""

import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conformance.releases.fetching import fetch_crio
from tests.releases.fetches import UPSTREAM, left
from tests.releases.release_server import HELD, ReleaseServer

# Two at once, and Ctrl-C

FETCH = [sys.executable, "-m", "conformance", "releases", "fetch", "1.36.3"]


def test_two_at_once_fetch_it_once(release_cache: Path, release_server: ReleaseServer) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.hold = threading.Event()
    with (
        subprocess.Popen(FETCH, stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen(FETCH, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as second,
    ):
        assert release_server.halfway.wait(60)
        assert first.stdout is not None
        assert second.stderr is not None
        release_server.hold.set()
        assert {first.communicate(timeout=60)[0], second.communicate(timeout=60)[0]} == {
            f"{release_cache}/releases/1.36.3/bin/crio\n"
        }
        assert (first.returncode, second.returncode) == (0, 0)
    assert release_server.ranges(path) == [""]
    assert left(release_cache) == ["releases/1.36.3"]


def test_who_comes_second_says_that_it_waits(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.hold = threading.Event()
    with subprocess.Popen(FETCH, stderr=subprocess.DEVNULL):
        assert release_server.halfway.wait(60)
        with subprocess.Popen(FETCH, stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            said = second.stderr.readline()
            release_server.hold.set()
            second.communicate(timeout=60)
    assert said == f"crio-conformance: waiting for another process that fetches into {release_cache}/downloads\n"
    assert second.returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_what_is_interrupted_leaves_only_what_the_next_goes_on_with(
    release_cache: Path, release_server: ReleaseServer, number: signal.Signals, code: int
) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.hold = threading.Event()
    with subprocess.Popen(FETCH, stderr=subprocess.PIPE, text=True) as process:
        assert release_server.halfway.wait(60)
        part = _grown(release_cache)
        process.send_signal(number)
        err = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert "Traceback" not in err
    release_server.hold.set()
    release_server.hold = None
    assert left(release_cache) == [f"downloads/{part.name}"]
    fetch_crio("1.36.3", UPSTREAM)
    assert int(release_server.ranges(path)[1].removeprefix("bytes=").removesuffix("-")) > HELD
    assert left(release_cache) == ["releases/1.36.3"]


def _grown(cache: Path) -> Path:
    """Wait until what the server sent by now has been written."""
    for _ in range(1000):
        for part in cache.glob("downloads/*.part"):
            if part.stat().st_size > HELD:
                return part
        select.select([], [], [], 0.01)
    pytest.fail("nothing is written")


def test_what_a_killed_one_unpacked_goes(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    (release_cache / "downloads" / "unfinished-abc" / "1.36.2").mkdir(parents=True)
    fetch_crio("1.36.3", UPSTREAM)
    assert left(release_cache) == ["releases/1.36.3"]
