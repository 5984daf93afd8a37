"""What a run with a CRI-O says that it is about, and which OCI runtime it takes."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.releases.installation import Installation
from conformance.targets import choice
from conformance.targets.choice import CrioTarget, SimulatorTarget
from conformance.targets.run import Run, RunError


def program(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def target(tmp_path: Path) -> CrioTarget:
    conmon, crun = program(tmp_path / "conmon", "conmon version 2.1.6"), program(tmp_path / "crun", "crun version 1.21")
    return CrioTarget(Installation(tmp_path / "crio", tmp_path / "pinns", conmon, crun, Release("1.36.3")))


def test_a_live_run_says_what_cri_o_runs_with(
    target: CrioTarget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(choice, "cgroup_version", lambda _: "v2")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert target.properties == {
        "target": "CRI-O 1.36.3",
        "release": "1.36.3",
        "run": "live",
        "oci-runtime": "crun 1.21",
        "conmon": "2.1.6",
        "kernel": f"Linux {platform.release()}",
        "cgroup": "v2",
        "storage-driver": "overlay",
        "crio-conformance": version("crio-conformance"),
    }
    assert target.header == (
        f"CRI-O 1.36.3 ({tmp_path}/crio)\n"
        f"  with crun 1.21, conmon 2.1.6, Linux {platform.release()}, cgroup v2, storage driver overlay"
    )


def test_a_rehearsal_says_that_it_is_one() -> None:
    found = SimulatorTarget(Release("1.36.3"), "the simulator was asked for").properties
    assert (found["target"], found["run"]) == (
        "the simulator of CRI-O 1.36",
        "rehearsal: the simulator was asked for",
    )
    assert not {"oci-runtime", "conmon", "cgroup", "storage-driver"} & found.keys()


@pytest.mark.parametrize(
    ("asked", "wanted", "why"),
    [
        ("simulator", "crun", "is for CRI-O, not the simulator of CRI-O 1.36"),
        ("simulator", "", "is empty, as an unset variable is"),
    ],
)
def test_an_oci_runtime_is_a_cri_o_s(asked: str, wanted: str, why: str) -> None:
    with pytest.raises(RunError) as refused:
        Run(asked, oci_runtime=wanted)
    forms = "write the name of one beside crio or on PATH, such as crun, or its path, or leave it out"
    assert str(refused.value) == f"--oci-runtime {why}: {forms}"
