from pathlib import Path

import pytest

from tests.node_config.node_files import write_node_files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a node's files, which is the whole node."""
    return write_node_files(tmp_path, monkeypatch)
