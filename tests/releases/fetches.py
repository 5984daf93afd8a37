"""A fetch from the server of the test's own, and what it leaves in the cache."""

from pathlib import Path

import pytest

from conformance.releases.download import DownloadError
from conformance.releases.download_options import DownloadOptions
from conformance.releases.fetching import fetch_crio

UPSTREAM = DownloadOptions()
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def left(cache: Path) -> list[str]:
    """Give what lies in the cache, releases by name."""
    found = [path for room in cache.glob("*") for path in room.iterdir() if path.name != ".lock"]
    return sorted(str(path.relative_to(cache)) for path in found)


def refusal(wanted: str, options: DownloadOptions = UPSTREAM) -> str:
    """Give the one sentence with which a fetch ends."""
    with pytest.raises(DownloadError) as caught:
        fetch_crio(wanted, options)
    assert "\n" not in str(caught.value)
    return str(caught.value)
