"""Faults in what the OCI runtime is given: what becomes of a bundle, and that the real runtime then gets it."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.runtime import bundle_faults
from conformance.runtime.bundle_faults import FAULTS, Bundle, oci_runtime_with_fault

EMPTY = "/var/run/crio/image-volumes"
MOUNTINFO = r"""1 0 0:1 / / rw - ext4 /dev/root rw
5 1 0:9 / /store/merged ro,noexec - overlay overlay ro,lowerdir=/layers/upper:/layers/lower,redirect_dir=on
6 1 0:9 /with\040space /run/subpath1 ro,noexec - overlay overlay ro,lowerdir=/layers/upper:/layers/lower
"""


def image(folder: str, at: str) -> dict[str, Any]:
    return {"destination": at, "type": "overlay", "source": "overlay", "options": [f"lowerdir={folder}:{EMPTY}"]}


def bundle(folder: Path, *mounts: dict[str, Any], kind: str = "container") -> Bundle:
    spec = {
        "annotations": {bundle_faults.CONTAINER_TYPE: kind},
        "root": {"path": "/rootfs"},
        "process": {"args": ["/bin/sleep", "infinity"], "user": {"uid": 0, "gid": 0, "additionalGids": [0]}},
        "mounts": [{"destination": "/etc/hosts", "type": "bind", "source": "/etc/hosts", "options": ["rw"]}, *mounts],
        "linux": {"namespaces": [{"type": "pid"}, {"type": "network", "path": "/run/netns/1"}]},
    }
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(spec))
    return Bundle(folder / "config.json")


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A container with two images, the second with a sub path, and a file of an artifact."""
    read = Path.read_text
    known = {"/proc/self/mountinfo": MOUNTINFO}
    monkeypatch.setattr(Path, "read_text", lambda path, **more: known.get(str(path)) or read(path, **more))
    monkeypatch.setattr(os.path, "isdir", lambda path: path != "/layers/lower/with space")
    artifact = {"destination": "/a/file", "type": "bind", "source": "/x/artifacts/blob", "options": ["bind", "ro"]}
    return bundle(tmp_path / "bundle", image("/store/merged", "/one"), image("/run/subpath1", "/two"), artifact)


def shown(given: Bundle) -> dict[str, str]:
    """What each volume shows, by its path."""
    images = {each["destination"]: each["options"][0].removeprefix("lowerdir=") for each in given.images}
    return images | {each["destination"]: each["source"] for each in given.artifacts}


ONE, TWO, FILE = f"/store/merged:{EMPTY}", f"/run/subpath1:{EMPTY}", "/x/artifacts/blob"


@pytest.mark.parametrize(
    ("fault", "volumes"),
    [
        ("leaves-volumes-out", {}),
        ("shows-the-containers-own-image", {"/one": f"/rootfs:{EMPTY}", "/two": f"/rootfs:{EMPTY}"}),
        ("mounts-at-another-path", {"/beside-one": ONE, "/beside-two": TWO, "/a/beside-file": FILE}),
        ("swaps-two-volumes", {"/one": TWO, "/two": ONE, "/a/file": FILE}),
        (
            "ignores-sub-paths",
            {
                "/one": f"/layers/upper:/layers/lower:{EMPTY}",
                "/two": f"/layers/upper:/layers/lower:{EMPTY}",
                "/a/file": FILE,
            },
        ),
        ("leaves-the-upper-layer-out", {"/one": f"/layers/lower/:{EMPTY}", "/two": EMPTY, "/a/file": FILE}),
    ],
)
def test_which_volumes_there_are(given: Bundle, fault: str, volumes: dict[str, str]) -> None:
    FAULTS[fault](given)
    assert shown(given) == volumes
    assert given.spec["mounts"][0]["destination"] == "/etc/hosts"


def test_a_volume_may_be_writable(given: Bundle) -> None:
    FAULTS["makes-volumes-writable"](given)
    upper = [[each for each in mount["options"] if not each.startswith("lowerdir=")] for mount in given.images]
    assert upper == [[f"upperdir={given.folder}/upper-{at}", f"workdir={given.folder}/work-{at}"] for at in (0, 1)]
    assert (given.folder / "work-1").is_dir()
    assert given.artifacts[0]["options"] == ["bind", "rw"]


def test_what_else_may_be_wrong(given: Bundle) -> None:
    before = shown(given)
    for fault in (
        "runs-as-another-user",
        "gives-no-new-privileges",
        "mounts-nosuid-and-nodev",
        "keeps-programs-from-being-run",
        "ends-containers-at-once",
        "joins-the-nodes-network",
    ):
        FAULTS[fault](given)
    process = given.spec["process"]
    assert (process["user"], process["noNewPrivileges"]) == ({"uid": 4242, "gid": 4242}, True)
    assert process["args"] == ["/bin/sh", "-c", ":"]
    assert given.images[0]["options"][1:] == ["nosuid", "nodev", "noexec"]
    assert given.spec["linux"]["namespaces"] == [{"type": "pid"}]
    assert shown(given) == before


def test_every_function_that_is_a_fault_is_one_and_says_so_in_a_sentence() -> None:
    functions = {
        name
        for name, each in vars(bundle_faults).items()
        if getattr(each, "__annotations__", {}) == {"bundle": Bundle, "return": None}
    }
    assert {each.__name__ for each in FAULTS.values()} == functions
    assert all(re.fullmatch(r"[A-Z][^\n]*\.", each.__doc__ or "") for each in FAULTS.values())


@pytest.fixture
def oci_runtime(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The command of an OCI runtime with a fault, as it is outside of a world; the real one prints what it is given."""
    real = tmp_path / "runc"
    real.write_text('#!/bin/sh\necho "$@"\n')
    real.chmod(0o755)
    assert oci_runtime_with_fault(getattr(request, "param", "leaves-volumes-out"), real, tmp_path) == Path(
        "/etc/faulty/runc"
    )
    script = (tmp_path / "faulty/runc").read_text().replace("/etc/faulty", str(tmp_path / "faulty"))
    (tmp_path / "faulty/runc").write_text(script)
    return [str(tmp_path / "faulty/runc")]


@pytest.mark.parametrize(("kind", "left"), [("container", ["/etc/hosts"]), ("sandbox", ["/etc/hosts", "/one"])])
def test_a_container_is_created_of_the_changed_bundle(
    tmp_path: Path, oci_runtime: list[str], kind: str, left: list[str]
) -> None:
    made = bundle(tmp_path / "made", image("/store/merged", "/one"), kind=kind)
    arguments = ["--root", "/run/runc", "create", "--bundle", str(made.folder), "id"]
    assert subprocess.check_output([*oci_runtime, *arguments], text=True).split() == arguments
    assert [each["destination"] for each in Bundle(made.folder / "config.json").spec["mounts"]] == left


@pytest.mark.parametrize("oci_runtime", ["runs-as-another-user"], indirect=True)
def test_a_process_that_is_run_later_is_changed_too(tmp_path: Path, oci_runtime: list[str]) -> None:
    process = tmp_path / "process.json"
    process.write_text(json.dumps({"args": ["id"], "user": {"uid": 0, "gid": 0}}))
    arguments = ["exec", "--detach", "--process", str(process), "id"]
    assert subprocess.check_output([*oci_runtime, *arguments], text=True).split() == arguments
    assert json.loads(process.read_text()) == {"args": ["id"], "user": {"uid": 4242, "gid": 4242}}


@pytest.mark.parametrize("oci_runtime", ["refuses-volumes"], indirect=True)
@pytest.mark.parametrize(("mounts", "status"), [((), 0), ((image("/store/merged", "/one"),), 1)])
def test_a_container_with_a_volume_may_be_refused(
    tmp_path: Path, oci_runtime: list[str], mounts: tuple[dict[str, Any], ...], status: int
) -> None:
    made = bundle(tmp_path / "made", *mounts)
    command = [*oci_runtime, "create", "--bundle", str(made.folder), "id"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == status


@pytest.mark.parametrize("oci_runtime", ["refuses-to-delete"], indirect=True)
def test_a_command_may_fail(oci_runtime: list[str]) -> None:
    ended = subprocess.run([*oci_runtime, "delete", "--force", "id"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "the container is not deleted\n")
    assert subprocess.check_output([*oci_runtime, "state", "id"], text=True) == "state id\n"


def test_other_commands_go_through(oci_runtime: list[str]) -> None:
    assert subprocess.check_output([*oci_runtime, "delete", "--force", "id"], text=True) == "delete --force id\n"
