"""A folder with a node's files, which is the whole node."""

from pathlib import Path

import pytest

from conformance.node_config import crio_conf, crio_release


def write_node_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a search list into this folder, and let it be the only one where files and sockets are looked for."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(crio_release, "SOCKETS", ())
    monkeypatch.setattr(crio_conf, "DEFAULT_PATHS", (folder / "none.conf", folder / "none.d"))
    (folder / "d").mkdir()
    (folder / "registries.conf").write_text('unqualified-search-registries = ["docker.io", "quay.io"]\n')
    return folder
