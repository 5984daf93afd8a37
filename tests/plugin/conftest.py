from pathlib import Path

import pytest

from tests.plugin.pytest_runs import Run

WITHOUT_TRACES = ("-p", "no:cacheprovider")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, own_tmpdir: Path) -> Run:
    """Run pytest where no CRI-O can be found."""
    monkeypatch.setenv("PATH", str(pytester.mkdir("bin")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.mkdir("cache")))
    monkeypatch.setenv("XDG_STATE_HOME", str(pytester.path / "state"))
    monkeypatch.setenv("TMPDIR", str(own_tmpdir))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*WITHOUT_TRACES, *arguments, timeout=180)

    return run
