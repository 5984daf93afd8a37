import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.releases import installation, program_version
from conformance.releases.installation import Installation, RuntimeNotFoundError, find_crio

REMEDY = (
    "write a release (1.36.3, 1.36, latest or main), the path of a crio binary or of the folder that it is in, or auto"
)
ALL = ("pinns", "conmon", "runc")


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an empty PATH and cache."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    which = shutil.which

    def which_without_sbin(name: str, path: str | None = None) -> str | None:
        return which(name, path=path and path.removesuffix(":/usr/sbin:/sbin"))

    monkeypatch.setattr(shutil, "which", which_without_sbin)


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def crio(folder: Path, version: str, *programs: str) -> Path:
    """Put a crio that answers --version, and other programs, into a folder."""
    for name in programs:
        program(folder / name)
    return program(
        folder / "crio", f'[ "$*" = --version ] && echo "crio version {version}" && echo "GoVersion: go1.25"'
    )


def cached(tmp_path: Path, *releases: str) -> None:
    for release in releases:
        crio(tmp_path / "cache" / "crio-conformance" / "releases" / release / "bin", release, *ALL)


def refusal(runtime: str) -> str:
    """Give the one sentence with which a value is refused."""
    with pytest.raises(RuntimeNotFoundError) as caught:
        find_crio(runtime)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# auto


def test_auto_takes_crio_from_path_first(tmp_path: Path) -> None:
    cached(tmp_path, "1.36.3")
    crio(tmp_path / "path", "1.31.13", *ALL)
    path = tmp_path / "path"
    assert find_crio("auto") == Installation(
        path / "crio", path / "pinns", path / "conmon", path / "runc", Release("1.31.13")
    )


def test_auto_takes_the_newest_release_in_the_cache_else(tmp_path: Path) -> None:
    cached(tmp_path, "1.9.9", "1.36.3", "1.35.10")
    (tmp_path / "cache" / "crio-conformance" / "releases" / "notes" / "bin").mkdir(parents=True)
    assert find_crio("auto").release == Release("1.36.3")


def test_auto_passes_over_what_is_no_release(tmp_path: Path) -> None:
    cached(tmp_path, "1.36.3")
    crio(tmp_path / "cache" / "crio-conformance" / "releases" / "old" / "bin", "1.40.0")
    assert find_crio("auto").release == Release("1.36.3")


def test_auto_says_where_it_looked(tmp_path: Path) -> None:
    assert refusal("auto") == (
        "no CRI-O was found: neither crio on PATH nor a release in"
        f" {tmp_path}/cache/crio-conformance/releases ({REMEDY})"
    )


def test_the_cache_is_in_the_home_folder_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert installation.releases_folder() == tmp_path / ".cache" / "crio-conformance" / "releases"


# A release


@pytest.mark.parametrize(("wanted", "found"), [("1.35.2", "1.35.2"), ("1.35", "1.35.10"), ("1.36", "1.36.3")])
def test_a_release_is_that_and_a_line_its_newest(tmp_path: Path, wanted: str, found: str) -> None:
    cached(tmp_path, "1.35.2", "1.35.10", "1.36.3")
    assert find_crio(wanted).crio.parent.parent.name == found


def test_an_unknown_release_lists_those_that_are_there(tmp_path: Path) -> None:
    cached(tmp_path, "1.36.3", "1.9.1")
    folder = tmp_path / "cache" / "crio-conformance" / "releases"
    assert refusal("1.34") == (
        f"CRI-O 1.34 is not in {folder} (there: 1.9.1, 1.36.3): fetch it (crio-conformance releases fetch 1.34), or put"
        " crio and pinns into 1.34/bin there"
    )


def test_an_unknown_release_where_there_are_none(tmp_path: Path) -> None:
    assert f"1.36.3 is not in {tmp_path}/cache/crio-conformance/releases (there: none)" in refusal("1.36.3")


# A path


def test_a_path_is_that_binary_whatever_else_there_is(tmp_path: Path) -> None:
    cached(tmp_path, "1.36.3")
    crio(tmp_path / "path", "1.35.0", *ALL)
    found = find_crio(str(crio(tmp_path / "built", "1.37.0-dev", "pinns")))
    assert (found.crio, found.release) == (tmp_path / "built" / "crio", Release("1.37.0.dev0"))
    assert found.pinns == tmp_path / "built" / "pinns", "what lies beside it comes before what is on PATH"
    assert found.conmon == tmp_path / "path" / "conmon"


def test_a_path_from_here_is_no_name_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crio(tmp_path / "path", "1.35.0", *ALL)
    crio(tmp_path / "built", "1.36.3")
    monkeypatch.chdir(tmp_path / "built")
    found = find_crio("./crio")
    assert (found.crio, found.release) == (tmp_path / "built" / "crio", Release("1.36.3"))


def test_a_link_finds_what_lies_beside_its_target_and_both_stay_visible(tmp_path: Path) -> None:
    crio(tmp_path / "real", "1.36.3", *ALL)
    (tmp_path / "path" / "crio").symlink_to(tmp_path / "real" / "crio")
    found = find_crio("auto")
    assert found.crio == tmp_path / "path" / "crio"
    assert found.pinns == tmp_path / "real" / "pinns"
    assert found.folders == (tmp_path / "path", tmp_path / "real")


def not_executable(path: Path) -> None:
    program(path).chmod(0o644)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "cannot be run (No such file or directory)"),
    "a folder": (Path.mkdir, "cannot be run (it is a folder)"),
    "not executable": (not_executable, "cannot be run (Permission denied)"),
    "another program": (
        lambda path: program(path, "echo Podman 4.3; echo more"),
        "(to --version it says 'Podman 4.3')",
    ),
    "a number alone": (lambda path: program(path, "echo 1.36.3"), "(to --version it says '1.36.3')"),
    "silent": (program, "is no CRI-O (to --version it says 'nothing')"),
    "complaining": (
        lambda path: program(path, "echo unknown flag >&2; exit 2"),
        "(to --version it says 'unknown flag')",
    ),
    "no release": (lambda path: crio(path.parent, "unknown"), "(to --version it says 'crio version unknown')"),
    "not text": (lambda path: program(path, r"printf '\377\n'"), "is no CRI-O (to --version it says '\ufffd')"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_path_that_is_no_crio_is_told_with_its_fault(tmp_path: Path, how: str) -> None:
    spoil, fault = SPOILT[how]
    spoil(tmp_path / "crio")
    told = refusal(str(tmp_path / "crio"))
    assert told.startswith(f"{tmp_path}/crio ")
    assert fault in told
    assert told.endswith(f": {REMEDY}")


def test_a_crio_that_does_not_answer_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_version, "SECONDS", 0.1)
    path = program(tmp_path / "crio", "exec /bin/sleep 1000")
    assert refusal(str(path)) == f"{path} does not answer --version within 0 s, so it is no CRI-O: {REMEDY}"


# The programs that it needs


@pytest.mark.parametrize("missing", ["pinns", "conmon"])
def test_a_program_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    path = crio(tmp_path / "path", "1.36.3", *(set(ALL) - {missing}))
    assert refusal("auto") == f"{missing}, which CRI-O needs, is neither beside {path} nor on PATH: install it"


def test_one_oci_runtime_must_be_there(tmp_path: Path) -> None:
    path = crio(tmp_path / "path", "1.36.3", "pinns", "conmon")
    assert refusal("auto") == f"runc or crun, which CRI-O needs, is neither beside {path} nor on PATH: install it"


@pytest.mark.parametrize(("there", "taken"), [(("crun",), "crun"), (("crun", "runc"), "runc")])
def test_crun_is_taken_where_there_is_no_runc(tmp_path: Path, there: tuple[str, ...], taken: str) -> None:
    crio(tmp_path / "path", "1.36.3", "pinns", "conmon", *there)
    assert find_crio("auto").oci_runtime == tmp_path / "path" / taken


# The OCI runtime that was asked for

OCI_RUNTIMES = "write the name of one beside crio or on PATH, such as crun, or its path"


def oci_runtime(path: Path) -> Path:
    return program(path, f'[ "$*" = --version ] && echo "{path.name} version 1.21"')


@pytest.mark.parametrize("folder", ["beside", "path"])
def test_an_oci_runtime_is_found_by_name(tmp_path: Path, folder: str) -> None:
    path, found = crio(tmp_path / "beside", "1.36.3", *ALL), oci_runtime(tmp_path / folder / "crun")
    assert find_crio(str(path), "crun").oci_runtime == found


def test_an_oci_runtime_is_found_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, found = crio(tmp_path / "beside", "1.36.3", *ALL), oci_runtime(tmp_path / "my" / "wrapper")
    monkeypatch.chdir(tmp_path)
    assert find_crio(str(path), "my/wrapper").oci_runtime == find_crio(str(path), str(found)).oci_runtime == found


def test_an_oci_runtime_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = crio(tmp_path / "beside", "1.36.3", *ALL)
    for wanted, why in (
        ("crun", f"crun is neither beside {path} nor on PATH"),
        ("/none/crun", "/none/crun cannot be run (No such file or directory)"),
        (str(tmp_path), f"{tmp_path} cannot be run (it is a folder)"),
        ("/etc/passwd", "/etc/passwd cannot be run (Permission denied)"),
        ("runc", f"{tmp_path}/beside/runc does not say to --version that it is one"),
    ):
        with pytest.raises(RuntimeNotFoundError) as caught:
            find_crio(str(path), wanted)
        assert str(caught.value) == f"--oci-runtime {wanted}: {why}: {OCI_RUNTIMES}"


def test_an_oci_runtime_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, slow = crio(tmp_path / "beside", "1.36.3", *ALL), program(tmp_path / "slow", "exec /bin/sleep 1000")
    monkeypatch.setattr(program_version, "SECONDS", 0.1)
    monkeypatch.setattr(installation, "crio_release", lambda _: Release("1.36.3"))
    with pytest.raises(RuntimeNotFoundError) as caught:
        find_crio(str(path), str(slow))
    assert str(caught.value) == f"--oci-runtime {slow}: {slow} does not answer --version within 0 s: {OCI_RUNTIMES}"


@pytest.mark.parametrize(
    "value", ["newest", "", "1", "1.36.x", "crio", "1.36.3.4", "1\u0661.36", "v1.36.3 ", "1.36.3\n", "..."]
)
def test_nonsense_is_answered_with_what_can_be_written(value: str) -> None:
    assert refusal(value) == f"--runtime {value!r} is not understood: {REMEDY}"


def test_folders_are_those_of_all_programs_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crio(tmp_path / "path", "1.36.3", "conmon", "runc")
    program(tmp_path / "b" / "pinns")
    monkeypatch.setenv("PATH", f"{tmp_path}/path:{tmp_path}/b")
    assert find_crio("auto").folders == (tmp_path / "b", tmp_path / "path")


# Other ways to write it


def test_a_release_may_be_written_as_its_tag(tmp_path: Path) -> None:
    cached(tmp_path, "1.36.3")
    assert find_crio("v1.36.3") == find_crio("1.36.3")
    assert find_crio("v1.36") == find_crio("1.36.3")


@pytest.mark.parametrize("folder", ["release", "release/bin"])
def test_a_folder_stands_for_the_crio_in_it(tmp_path: Path, folder: str) -> None:
    made = crio(tmp_path / "release" / "bin", "1.36.3", *ALL)
    assert find_crio(str(tmp_path / folder)).crio == made


def test_here_and_one_up_are_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = crio(tmp_path / "release" / "bin", "1.36.3", *ALL)
    monkeypatch.chdir(made.parent)
    for here in (".", ".."):
        found = find_crio(here).crio
        assert found.resolve() == made


def test_a_cache_of_somebody_else_s_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(RuntimeNotFoundError, match="cannot be read: let XDG_CACHE_HOME name a folder of your own"):
        installation.releases_folder()
