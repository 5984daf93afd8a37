from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.releases.control_plane_programs import ControlPlanePrograms, find_control_plane
from conformance.releases.etcd_binary import etcd_of
from conformance.releases.installation import RuntimeNotFoundError
from tests.releases.test_kubelet_binary import kubelet, program


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of control planes in a cache of the test's own; it is not there yet, and nothing is on PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path / "cache" / "crio-conformance" / "kubernetes"


def fill(cache: Path, *releases: str, etcd: bool = True) -> None:
    """Put control planes into the cache that fail whatever they are asked."""
    for release in releases:
        for name in ["kube-apiserver", *(["etcd"] if etcd else [])]:
            program(cache / release / "bin" / name, "exit 1")


def refusal(release: str) -> str:
    with pytest.raises(RuntimeNotFoundError) as caught:
        find_control_plane(Release(release))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("release", "there", "taken"),
    [
        pytest.param("1.36.3", "1.36.2 1.37.0", "1.36.2", id="the kubelet's own line, though another is newer"),
        pytest.param("1.36.3", "1.36.9 1.36.10", "1.36.10", id="the newest of its line, by number"),
        pytest.param("1.34.9", "1.35.1 1.36.3", "1.36.3", id="the newest else"),
        pytest.param("1.33.13", "1.36.3 1.37.0", "1.36.3", id="none that is too new"),
    ],
)
def test_the_one_that_suits_a_kubelet_best_is_taken(cache: Path, release: str, there: str, taken: str) -> None:
    fill(cache, *there.split())
    folder = cache / taken / "bin"
    assert find_control_plane(Release(release)) == ControlPlanePrograms(
        folder / "kube-apiserver", folder / "etcd", Release(taken)
    )


@pytest.mark.parametrize(
    ("release", "there", "told"),
    [
        pytest.param("1.36.3", "", "none", id="an empty cache"),
        pytest.param("1.36.3", "1.35.6", "1.35.6", id="older than the kubelet"),
        pytest.param("1.32.1", "1.36.3", "1.36.3", id="too new for the kubelet"),
        pytest.param("1.36.3", "newest", "none", id="a folder that is no release"),
    ],
)
def test_where_none_suits_the_sentence_says_what_is_there_and_what_to_do(
    cache: Path, release: str, there: str, told: str
) -> None:
    fill(cache, *there.split())
    assert refusal(release) == (
        f"there is no kube-apiserver for a kubelet {release}, neither in {cache} nor on PATH (there: {told}; it must be"
        f" of the kubelet's line, or up to 3 newer): fetch it (crio-conformance releases fetch {release}"
        " --kube-apiserver), or put it into <release>/bin there"
    )


def test_one_on_path_says_itself_which_release_it_is(cache: Path, tmp_path: Path) -> None:
    fill(cache, "1.35.1")
    server = kubelet(tmp_path / "path" / "kube-apiserver", "v1.36.4")
    program(tmp_path / "path" / "etcd")
    assert find_control_plane(Release("1.36.2")).kube_apiserver == server
    assert find_control_plane(Release("1.35.2")).release == Release("1.35.1")


def test_etcd_may_be_on_path(cache: Path, tmp_path: Path) -> None:
    fill(cache, "1.36.3", etcd=False)
    assert refusal("1.36.3") == (
        f"etcd, which kube-apiserver needs, is neither beside {cache}/1.36.3/bin/kube-apiserver nor in"
        f" {cache.parent}/etcd nor on PATH: fetch it (crio-conformance releases fetch 1.36.3 --etcd), or install it"
        " (apt install etcd-server)"
    )
    etcd = program(tmp_path / "path" / "etcd")
    found = find_control_plane(Release("1.36.3"))
    assert (found.etcd, found.folders) == (etcd, (cache / "1.36.3" / "bin", tmp_path / "path"))
    assert found.title == f"kube-apiserver 1.36.3 ({found.kube_apiserver}), etcd ({etcd})"


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        pytest.param("3.6.8 3.7.2", "3.6.8", id="the one that belongs to that Kubernetes, though another is newer"),
        pytest.param("3.4.23 3.5.24", "3.5.24", id="the newest else"),
    ],
)
def test_etcd_may_be_in_a_folder_of_its_own_in_the_cache(cache: Path, tmp_path: Path, there: str, taken: str) -> None:
    fill(cache, "1.36.3", etcd=False)
    program(tmp_path / "path" / "etcd")
    for release in (*there.split(), "newest"):
        program(cache.parent / "etcd" / release / "etcd")
    assert find_control_plane(Release("1.36.3")).etcd == cache.parent / "etcd" / taken / "etcd"
    fill(cache, "1.36.3")
    assert find_control_plane(Release("1.36.3")).etcd == cache / "1.36.3" / "bin" / "etcd", "beside it comes first"


@pytest.mark.parametrize(
    ("kubernetes", "etcd"),
    [("1.33.13", "3.5.24"), ("1.36.3", "3.6.8"), ("1.36", "3.6.8"), ("1.38.0", "3.6.8"), ("1.12.1", "3.5.24")],
)
def test_an_etcd_belongs_to_a_kubernetes(kubernetes: str, etcd: str) -> None:
    assert etcd_of(Release(kubernetes)) == Release(etcd)
