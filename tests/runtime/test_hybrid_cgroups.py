"""Where control groups of v2 lie beside v1, crun is not to see them; nothing else is changed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.runtime.hybrid_cgroups import hide_unified_cgroups

HIDDEN = [("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/sys/fs/cgroup/unified")]


def run_on_node(cgroups: Path, oci_runtime: str, *, root: bool = True) -> list[tuple[str, ...]]:
    """Give what is run on a node with these control groups."""
    ran: list[tuple[str, ...]] = []
    node: Any = SimpleNamespace(root=root, cgroups=cgroups, run=lambda *argv: ran.append(argv))
    hide_unified_cgroups(node, oci_runtime)
    return ran


@pytest.fixture
def hybrid(tmp_path: Path) -> Path:
    (tmp_path / "unified").mkdir()
    (tmp_path / "unified" / "cgroup.controllers").touch()
    return tmp_path


def test_crun_finds_an_empty_folder_that_it_can_write_to(hybrid: Path) -> None:
    assert run_on_node(hybrid, "crun") == HIDDEN


def test_others_go_by_v1_as_it_is(hybrid: Path) -> None:
    assert run_on_node(hybrid, "runc") == []
    assert run_on_node(hybrid, "crun", root=False) == []


def test_where_there_is_one_version_alone_nothing_is_hidden(tmp_path: Path) -> None:
    assert run_on_node(tmp_path, "crun") == []
    (tmp_path / "cgroup.controllers").touch()
    assert run_on_node(tmp_path, "crun") == []
