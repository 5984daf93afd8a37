from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder and a cache of the test's own."""
    del own_tmpdir
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
