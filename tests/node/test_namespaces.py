import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.node import World, WorldError
from conformance.node.namespaces import why_no_namespaces

EPERM = "unshare failed: Operation not permitted"
ENOSPC = "unshare failed: No space left on device"
FOR_USERS = {
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
    "user/max_user_namespaces": ("0", "15000"),
}
FOR_ALL = {f"user/max_{kind}_namespaces": ("0", "15000") for kind in ("net", "mnt", "pid")}

WORLD = """
from conformance.node import World, WorldError
try:
    with World():
        print("made")
except WorldError as error:
    print(error)
"""


def proc(tmp_path: Path, setting: str, value: str) -> Path:
    """Make a /proc with one setting in it."""
    path = tmp_path / "sys" / setting
    path.parent.mkdir(parents=True)
    path.write_text(value + "\n")
    return tmp_path


@pytest.mark.parametrize("setting", FOR_USERS)
def test_a_setting_that_forbids_users_is_named_with_its_remedy(tmp_path: Path, setting: str) -> None:
    forbidden, allowed = FOR_USERS[setting]
    name = setting.replace("/", ".")
    told = why_no_namespaces(EPERM, root=False, proc=proc(tmp_path, setting, forbidden))
    assert told.startswith(f"an ordinary user may make no namespaces here ({name} is {forbidden}): ")
    assert f"`sysctl {name}={allowed}` as root" in told
    assert told.endswith("or run as root")


@pytest.mark.parametrize("setting", FOR_USERS)
def test_settings_for_users_are_no_explanation_for_root(tmp_path: Path, setting: str) -> None:
    told = why_no_namespaces(EPERM, root=True, proc=proc(tmp_path, setting, FOR_USERS[setting][0]))
    assert told.startswith(
        f"root may make no namespaces here ({EPERM}): leave the chroot if this is one; in a container, "
    )
    assert told.endswith("--privileged")


@pytest.mark.parametrize("setting", FOR_USERS)
def test_a_setting_that_allows_it_is_not_blamed(tmp_path: Path, setting: str) -> None:
    told = why_no_namespaces(EPERM, root=False, proc=proc(tmp_path, setting, FOR_USERS[setting][1]))
    assert told.startswith(
        f"an ordinary user may make no namespaces here ({EPERM}): leave the chroot if this is one; in a container, "
    )
    assert "sysctl" not in told
    assert "--privileged" not in told


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("setting", FOR_ALL)
def test_a_limit_of_none_is_named_for_everybody(tmp_path: Path, setting: str, root: bool) -> None:
    name = setting.replace("/", ".")
    told = why_no_namespaces(ENOSPC, root=root, proc=proc(tmp_path, setting, "0"))
    assert f"({name} is 0): run `sysctl {name}=15000` as root" in told
    assert told.startswith("root" if root else "an ordinary user")


def test_a_limit_that_is_reached_is_told_as_that(tmp_path: Path) -> None:
    told = why_no_namespaces(ENOSPC, root=True, proc=tmp_path)
    assert told.startswith(f"root may make no more namespaces here ({ENOSPC}): raise user.max_user_namespaces")


def test_anything_else_is_quoted(tmp_path: Path) -> None:
    complaint = "unrecognized option '--kill-child'"
    assert why_no_namespaces(complaint, root=False, proc=tmp_path) == (f"no namespaces can be made here: {complaint}")


# Live: a user namespace has settings of its own, which its root may change


def in_user_namespace(options: str, prepare: str) -> str:
    """Make a world in a user namespace prepared so, and give what is printed."""
    python = shlex.join([sys.executable, "-c", WORLD])
    command = ["unshare", "--user", *options.split(), "sh", "-ec", f"{prepare}; exec {python}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def zero(kind: str) -> str:
    return f"echo 0 > /proc/sys/user/max_{kind}_namespaces"


def test_a_user_who_may_make_no_user_namespace_is_told_so(own_tmpdir: Path) -> None:
    told = in_user_namespace("--map-user=1000 --keep-caps", zero("user"))
    assert told == (
        "an ordinary user may make no namespaces here (user.max_user_namespaces is 0):"
        " run `sysctl user.max_user_namespaces=15000` as root, or run as root"
    )
    assert [path.name for path in own_tmpdir.rglob("*")] == ["crio-conformance-1000", ".lock"]


@pytest.mark.parametrize("kind", ["net", "mnt", "pid"])
def test_root_of_a_user_namespace_is_told_its_limit(own_tmpdir: Path, kind: str) -> None:
    assert in_user_namespace("--map-root-user", zero(kind)) == (
        f"root may make no namespaces here (user.max_{kind}_namespaces is 0):"
        f" run `sysctl user.max_{kind}_namespaces=15000` as root"
    )
    assert [path.name for path in own_tmpdir.rglob("*")] == ["crio-conformance-0", ".lock"]


@pytest.mark.usefixtures("own_tmpdir")
def test_root_of_a_user_namespace_needs_no_further_one() -> None:
    assert in_user_namespace("--map-root-user", zero("user")) == "made"


@pytest.mark.parametrize("missing", ["unshare", "mount"])
def test_a_program_of_util_linux_that_is_missing_is_named(
    own_tmpdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in {"unshare", "mount"} - {missing}:
        found = next(path for path in map(Path, ("/usr/bin", "/bin")) if (path / name).exists()) / name
        (tmp_path / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorldError, match=rf"^[^\n]*\b{missing}\b[^\n]*$"):
        World()
    assert list(own_tmpdir.glob("*/*/")) == []


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("complaint", [EPERM, "cannot change root filesystem propagation: Invalid argument"])
def test_a_chroot_is_called_one(tmp_path: Path, complaint: str, *, root: bool) -> None:
    """Its root folder is no mount (proc(5), mountinfo)."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mountinfo").write_text("1 2 0:3 / /proc rw - proc proc rw\n")
    who = "root" if root else "an ordinary user"
    assert why_no_namespaces(complaint, root=root, proc=tmp_path) == (
        f"{who} may make no namespaces in a chroot, and this is one ({complaint}): leave it"
    )
    (tmp_path / "self" / "mountinfo").write_text("1 2 0:3 / / rw - ext4 /dev/vda rw\n")
    assert "and this is one" not in why_no_namespaces(complaint, root=root, proc=tmp_path)
