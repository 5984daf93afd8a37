"""A runtime that is not CRI-O: containerd, in a world."""

import shutil
from pathlib import Path

import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.model.release import Release
from conformance.releases.installation import RuntimeNotFoundError
from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import RuntimeFailedError
from conformance.targets.choice import choose_target
from conformance.targets.contrast import find_containerd
from tests.node.world_traces import mentioning

VERSION = "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3"


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(shutil.which("containerd") is None, reason="containerd is not on PATH")
@pytest.mark.usefixtures("namespaces")
def test_containerd_pulls_in_a_world_of_its_own(own_tmpdir: Path) -> None:
    target = choose_target("containerd")
    assert target.unmarked_reason == "is about CRI-O, and containerd is another runtime"
    with target.start(Configuration()) as running:
        running.registry.offer("team/app")
        pull = running.pull("registry.example/team/app")
        assert (pull.succeeded, pull.asked) == (True, ["registry.example"])
        assert running.client.version(api.VersionRequest()).runtime_name == "containerd"
        running.reset()
        assert running.images() == []
        assert running.model_monitor is None
    assert mentioning(f"{own_tmpdir}/crio-conformance") == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            f'[ "$1" = --version ] && echo {VERSION} || {{ echo cannot mount >&2; exit 1; }}',
            "ended while .*: cannot mount",
        ),
        (
            f'[ "$1" = --version ] && echo {VERSION} || {{ echo at work >&2; exec sleep 1000; }}',
            "not ready .*: at work",
        ),
    ],
)
@pytest.mark.usefixtures("namespaces", "own_tmpdir")
def test_a_containerd_that_does_not_start_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    monkeypatch.setattr("conformance.runtime.containerd.READY_SECONDS", 0.5)
    target = find_containerd(program(tmp_path / "containerd", script))
    assert target.release == Release("1.6.20")
    with pytest.raises(RuntimeFailedError, match=rf"^containerd 1\.6\.20 .*{told}$"):
        target.start(Configuration())


def test_a_containerd_that_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeNotFoundError, match=r"^--runtime containerd: containerd is not on PATH: install"):
        choose_target("containerd")
    with pytest.raises(RuntimeNotFoundError, match="is no containerd"):
        choose_target(program(tmp_path / "containerd", "echo runc 1.1"))
