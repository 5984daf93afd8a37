"""Finding CNI plugins, and telling CRI-O of them."""

import json
import os
from pathlib import Path

import pytest

from conformance.runtime import cni


def folder_with(folder: Path, *names: str, program: str = "exit 0") -> Path:
    """Make a folder with these programs."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\n{program}\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_first_folder_that_has_all_plugins_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = folder_with(tmp_path / "some", "bridge", "loopback")
    whole = folder_with(tmp_path / "whole", *cni.PLUGINS)
    monkeypatch.setattr(cni, "FOLDERS", (tmp_path / "none", some, whole))
    assert cni.find_plugins() == whole
    assert cni.find_plugins(folder_with(tmp_path / "beside", *cni.PLUGINS)) == tmp_path / "beside"
    bundled = folder_with(tmp_path / "1.36.3" / "cni-plugins", *cni.PLUGINS)
    assert cni.find_plugins(tmp_path / "1.36.3" / "bin") == bundled
    monkeypatch.setattr(cni, "FOLDERS", (some,))
    assert cni.find_plugins() is None


def test_crio_is_told_of_the_network_and_the_plugins(tmp_path: Path) -> None:
    told = cni.write_cni_config(tmp_path, Path("/usr/lib/cni"))
    assert told == {"network_dir": "/etc/cni/net.d", "plugin_dirs": ["/usr/lib/cni"]}
    (file,) = (tmp_path / "cni" / "net.d").iterdir()
    (bridge,) = json.loads(file.read_text())["plugins"]
    assert (bridge["type"], bridge["ipMasq"], bridge["ipam"]["ranges"]) == (
        "bridge",
        False,
        [[{"subnet": str(cni.SUBNET)}]],
    )


def test_without_plugins_it_is_said_where_they_were_looked_for() -> None:
    assert "/usr/lib/cni" in cni.why_unusable(None)


@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace takes root")
def test_a_plugin_that_fails_says_why(tmp_path: Path) -> None:
    says = """echo '{"code": 999, "msg": "no bridge", "details": "here"}'; exit 1"""
    assert cni.why_unusable(folder_with(tmp_path / "a", "bridge", program=says)).endswith("fails here: no bridge here")
    grumbles = "echo no such kernel >&2; exit 1"
    assert cni.why_unusable(folder_with(tmp_path / "b", "bridge", program=grumbles)).endswith(
        "fails here: no such kernel"
    )


def test_a_plugin_that_cannot_be_started_is_trouble(tmp_path: Path) -> None:
    assert cni.why_unusable(tmp_path / "none") != ""
