from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.releases import kubelet_binary, program_version
from conformance.releases.installation import RuntimeNotFoundError
from conformance.releases.kubelet_binary import KubeletBinary, find_kubelet

CRIO = Release("1.36.3")
REMEDY = "write the path of a kubelet, or a release such as 1.36.2"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kubelets in a cache of the test's own; it is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "crio-conformance" / "kubelets"


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def kubelet(path: Path, version: str) -> Path:
    """Put a program that answers --version as a kubelet does into a file."""
    return program(path, f'[ "$*" = --version ] && echo "Kubernetes {version}"')


def fill(cache: Path, *releases: str) -> None:
    """Put kubelets into the cache that fail whatever they are asked."""
    for release in releases:
        program(cache / release / "kubelet", "exit 1")


def chosen(crio: str) -> str | None:
    """Give the kubelet that is taken for a CRI-O when none is named."""
    found = find_kubelet(None, Release(crio))
    return str(found.release) if found else None


def refusal(wanted: str) -> str:
    """Give the one sentence with which a value is refused."""
    with pytest.raises(RuntimeNotFoundError) as caught:
        find_kubelet(wanted, CRIO)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# The one that suits a CRI-O best


@pytest.mark.parametrize(
    ("crio", "there", "taken"),
    [
        pytest.param("1.34.11", "1.33.13 1.34.9 1.36.2", "1.34.9", id="its own line, though another is newer"),
        pytest.param("1.34.1", "1.33.13 1.34.9", "1.34.9", id="its own line, though newer than itself"),
        pytest.param("1.35.0-dev", "1.34.9 1.35.6", "1.35.6", id="its own line, before it is released"),
        pytest.param("1.36.3", "1.36.9 1.36.10 1.36.2", "1.36.10", id="the newest of its line, by number"),
        pytest.param("1.35.6", "1.33.13 1.34.9 1.36.2", "1.34.9", id="the newest older one else"),
        pytest.param("1.31.13", "1.36.2 1.34.9 1.35.1", "1.34.9", id="the oldest else"),
        pytest.param("1.31.13", "1.31.14 1.32.13 1.33.13", "1.33.13", id="none too old for image volumes"),
        pytest.param("1.31.13", "1.31.14 1.32.13", None, id="none where all are too old"),
        pytest.param("1.33.1", "1.33.0-rc.1", "1.33.0rc1", id="a candidate of the first that can"),
        pytest.param("1.36.3", "", None, id="none in an empty cache"),
    ],
)
def test_the_one_is_taken_that_suits_the_crio_best(cache: Path, crio: str, there: str, taken: str | None) -> None:
    fill(cache, *there.split())
    assert chosen(crio) == taken


def test_what_is_taken_is_the_file_in_the_releases_folder(cache: Path) -> None:
    fill(cache, "1.36.2")
    path = cache / "1.36.2" / "kubelet"
    assert find_kubelet(None, CRIO) == KubeletBinary(path, Release("1.36.2"))
    assert find_kubelet("1.36", CRIO) == KubeletBinary(path, Release("1.36.2"))


def test_what_is_no_kubelet_of_a_release_is_passed_over(cache: Path) -> None:
    fill(cache, "newest", "1.34.9")
    (cache / "1.36.1" / "kubelet").mkdir(parents=True)
    program(cache / "1.36.2" / "kubelet").chmod(0o644)
    (cache / "1.36.3").mkdir()
    (cache / "1.36.4").touch()
    assert chosen("1.36.3") == "1.34.9"


def test_the_cache_is_in_the_home_folder_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kubelet_binary.kubelets_folder() == tmp_path / ".cache" / "crio-conformance" / "kubelets"


# A release


@pytest.mark.parametrize(
    ("wanted", "taken"), [("1.35.2", "1.35.2"), ("1.35", "1.35.10"), ("1.36", "1.36.2"), ("1.31", "1.31.14")]
)
def test_a_release_is_that_and_a_line_its_newest_also_an_old_one(cache: Path, wanted: str, taken: str) -> None:
    fill(cache, "1.35.2", "1.35.10", "1.36.2", "1.31.14")
    found = find_kubelet(wanted, CRIO)
    assert found == KubeletBinary(cache / taken / "kubelet", Release(taken))


@pytest.mark.parametrize("wanted", ["1.34", "1.36.20", "1", "newest", "kubelet", ""])
def test_one_that_is_not_there_is_told_with_those_that_are(cache: Path, wanted: str) -> None:
    fill(cache, "1.36.2", "1.9.1")
    assert refusal(wanted) == f"kubelet {wanted} is not in {cache} (there: 1.9.1, 1.36.2): {REMEDY}"


def test_a_release_where_there_are_none(cache: Path) -> None:
    assert refusal("1.36.2") == f"kubelet 1.36.2 is not in {cache} (there: none): {REMEDY}"


# A path


@pytest.mark.parametrize(
    ("version", "release"),
    [("v1.36.2", "1.36.2"), ("v1.31.14", "1.31.14"), ("v1.35.6+k3s1", "1.35.6"), ("v1.37.0-alpha.1.5+ab", "1.37.0")],
)
def test_a_path_is_that_binary_whatever_else_there_is(cache: Path, tmp_path: Path, version: str, release: str) -> None:
    fill(cache, "1.36.2")
    path = kubelet(tmp_path / "built" / "hyper", version)
    assert find_kubelet(str(path), CRIO) == KubeletBinary(path, Release(release))


def test_a_path_from_here_is_made_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kubelet(tmp_path / "kubelet", "v1.36.2")
    monkeypatch.chdir(tmp_path)
    assert find_kubelet("./kubelet", CRIO) == KubeletBinary(path, Release("1.36.2"))


def test_its_own_folder_must_be_visible_and_that_of_a_links_target(tmp_path: Path) -> None:
    path = kubelet(tmp_path / "real" / "kubelet", "v1.36.2")
    link = tmp_path / "bin" / "kubelet"
    link.parent.mkdir()
    link.symlink_to(path)
    assert KubeletBinary(path, CRIO).folders == (path.parent,)
    assert KubeletBinary(link, CRIO).folders == (link.parent, path.parent)


def not_executable(path: Path) -> None:
    program(path).chmod(0o644)


def no_program(path: Path) -> None:
    path.write_bytes(b"\0")
    path.chmod(0o755)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "{} cannot be run (No such file or directory)"),
    "a folder": (Path.mkdir, "{} cannot be run (it is a folder)"),
    "not executable": (not_executable, "{} cannot be run (Permission denied)"),
    "no program": (no_program, "{} cannot be run (Exec format error)"),
    "another program": (
        lambda path: program(path, "echo crio version 1.36.3; echo more"),
        "{} is no kubelet (to --version it says 'crio version 1.36.3')",
    ),
    "silent": (program, "{} is no kubelet (to --version it says 'nothing')"),
    "complaining": (
        lambda path: program(path, "echo unknown flag >&2; exit 2"),
        "{} is no kubelet (to --version it says 'unknown flag')",
    ),
    "no release": (lambda path: kubelet(path, "v1"), "{} is no kubelet (to --version it says 'Kubernetes v1')"),
    "not text": (
        lambda path: program(path, r"printf '\377\n'"),
        "{} is no kubelet (to --version it says '\ufffd')",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_path_that_is_no_kubelet_is_told_with_its_fault(tmp_path: Path, how: str) -> None:
    spoil, fault = SPOILT[how]
    path = tmp_path / "kubelet"
    spoil(path)
    told = refusal(str(path))
    assert told.startswith(fault.format(path))
    assert told.endswith(f": {REMEDY}")


def test_a_kubelet_that_does_not_answer_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_version, "SECONDS", 0.1)
    path = program(tmp_path / "kubelet", "exec sleep 1000")
    assert refusal(str(path)) == f"{path} does not answer --version within 0 s, so it is no kubelet: {REMEDY}"
