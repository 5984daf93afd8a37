from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.evidence import Collector
from conformance.kubelet.process import KubeletProcess
from conformance.model.release import Release
from conformance.node import World
from conformance.releases.kubelet_binary import KubeletBinary
from conformance.runtime.crio import Crio
from tests.kubelet.started_kubelet import FAKE, Install
from tests.node.world_traces import PYTHON, PYTHON_HOME, mentioning
from tests.simulator.served_simulator import Run, simulated


@pytest.fixture
def run() -> Iterator[Run]:
    with simulated() as made:
        made.internet.host("quay.io").offer("team/app")
        yield made


@pytest.fixture
def cgroups(tmp_path: Path) -> Path:
    """Control groups of version 1 that are not the machine's: two hierarchies, one of them by two names."""
    folder = tmp_path / "cgroup"
    for hierarchy in ("memory", "cpu,cpuacct"):
        (folder / hierarchy).mkdir(parents=True)
        (folder / hierarchy / "cgroup.procs").touch()
    (folder / "hugetlb").mkdir()  # a folder without a hierarchy, as a container may have it
    (folder / "cpu").symlink_to("cpu,cpuacct")
    return folder


@pytest.fixture
def crio(run: Run, own_tmpdir: Path, tmp_path: Path, cgroups: Path) -> Iterator[Crio]:
    """As much of a CRI-O in a world as a kubelet needs. Nothing is left of either."""
    with World(visible=[tmp_path, PYTHON_HOME]) as world:
        made = SimpleNamespace(
            node=world,
            socket=run.socket,
            internet=run.internet,
            evidence=Collector(run.internet.recorder, run.log),
            cleanup_client=run.client,
            cgroup_parent="/crio-conformance-x",
            cgroups=cgroups,
            capabilities=frozenset({"cri"}),
        )
        yield cast("Crio", made)
    assert mentioning(f"{own_tmpdir}/crio-conformance") == []


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Gives a kubelet that is a script."""

    def install(script: str) -> KubeletBinary:
        path = tmp_path / "kubelet"
        path.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return KubeletBinary(path, Release("1.36.2"))

    return install


@pytest.fixture
def kubelet(install: Install, crio: Crio) -> Iterator[KubeletProcess]:
    """One that tells of its pods what their images' names say."""
    with KubeletProcess(install(f"#!{PYTHON} -I\n{FAKE}"), crio) as living:
        yield living
