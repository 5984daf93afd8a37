"""Which control groups a machine has."""

from pathlib import Path

import pytest

from conformance.node.cgroup_version import cgroup_version


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ((), "v1"),
        (("memory/tasks",), "v1"),
        (("cgroup.controllers",), "v2"),
        (("memory/tasks", "unified/cgroup.controllers"), "hybrid"),
    ],
)
def test_it_is_told_by_the_files(tmp_path: Path, files: tuple[str, ...], version: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert cgroup_version(tmp_path) == version
