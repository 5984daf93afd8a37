"""Why there are no containers: the first reason that there is."""

from pathlib import Path

import pytest

from conformance.runtime.container_needs import why_no_cgroups, why_no_containers, why_too_old

CGROUPS = "cgroup /sys/fs/cgroup/{} cgroup {},relatime,{} 0 0\n"


def mounts(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "mounts"
    path.write_text("".join(["proc /proc proc rw 0 0\n", *lines]))
    return path


@pytest.mark.parametrize("version", ["crun 1.8.1", "crun 1.14.2", "crun 1.9", "crun 1.14.2-1-gabc"])
def test_an_old_crun_is_told_as_that(version: str) -> None:
    assert why_too_old(version) == f"{version} is too old for CRI-O: install crun 1.14.3 or newer, or runc"


@pytest.mark.parametrize("version", ["crun 1.14.3", "crun 1.21", "runc 1.1.5+ds1", "crun UNKNOWN", ""])
def test_no_other_oci_runtime_is(version: str) -> None:
    assert why_too_old(version) == ""


@pytest.mark.parametrize(
    ("options", "told"), [(("ro", "ro"), "control groups are mounted here to be read only"), (("ro", "rw"), "")]
)
def test_control_groups_must_be_writable_somewhere(tmp_path: Path, options: tuple[str, str], told: str) -> None:
    found = mounts(tmp_path, *(CGROUPS.format(each, option, each) for each, option in zip("ab", options, strict=True)))
    assert why_no_cgroups(found).partition(":")[0] == told


def test_the_first_reason_counts(tmp_path: Path) -> None:
    bare, whole = mounts(tmp_path), tmp_path / "whole"
    whole.write_text(CGROUPS.format("pids", "rw", "pids"))
    assert why_no_containers(root=False, oci_runtime="crun 1.8.1", mounts=bare).startswith("it takes root")
    assert why_no_containers(root=True, oci_runtime="crun 1.8.1", mounts=bare).startswith("no control groups")
    assert why_no_containers(root=True, oci_runtime="crun 1.8.1", mounts=whole).startswith("crun 1.8.1 is too old")
    assert why_no_containers(root=True, oci_runtime="runc 1.1.5", mounts=whole) == ""
