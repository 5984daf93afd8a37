"""Fetching from a server of the test's own: which release, and what becomes of a break."""

import subprocess
from pathlib import Path

import pytest

from conformance.model.release import Release
from conformance.releases.cache import cached_programs, remove_release
from conformance.releases.download import BLOCK
from conformance.releases.download_options import DownloadOptions
from conformance.releases.fetching import fetch_crio, fetch_etcd, fetch_kube_apiserver
from conformance.releases.installation import find_crio, must_be_fetched
from conformance.releases.obtaining import obtain_crio, obtain_kubelet
from tests.releases.fetches import COMMIT, UPSTREAM, left, refusal
from tests.releases.release_server import ARCHITECTURE, ReleaseServer, script

# What is fetched


def test_a_release_is_fetched_whole_and_all_in_it_is_used(release_cache: Path, release_server: ReleaseServer) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    crio = fetch_crio("1.36.3", UPSTREAM)
    folder = release_cache / "releases" / "1.36.3"
    assert crio == folder / "bin" / "crio"
    found = find_crio("1.36.3", "crun")
    assert {each.parent for each in (found.crio, found.pinns, found.conmon, found.oci_runtime)} == {folder / "bin"}
    assert found.folders == (folder / "bin", folder / "cni-plugins"), "seen in a world, wherever the cache is"
    assert (found.release, found.oci_runtime_version) == (Release("1.36.3"), "crun 1.0")
    assert (folder / "etc" / "10-crio.conf").read_text() == "[crio]\n"
    assert release_server.asked == [(f"{path}.sha256sum", ""), (path, "")]
    assert left(release_cache) == ["releases/1.36.3"]


def test_what_is_here_is_used_without_a_network(release_cache: Path, release_server: ReleaseServer) -> None:
    del release_cache
    release_server.publish_crio("v1.36.3", "1.36.3")
    fetch_crio("1.36.3", UPSTREAM)
    release_server.asked.clear()
    assert [obtain_crio(each, UPSTREAM) for each in ("1.36.3", "1.36", "auto", "./crio")] == [
        "1.36.3",
        "1.36",
        "auto",
        "./crio",
    ]
    fetch_crio("v1.36.3", UPSTREAM)
    assert release_server.asked == []


def test_a_line_is_its_newest_release(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.4", "1.36.4")
    release_server.files["/latest-1.36.txt"] = b"v1.36.4\n"
    assert obtain_crio("1.36", UPSTREAM) == str(release_cache / "releases" / "1.36.4" / "bin" / "crio")
    assert find_crio("1.36").release == Release("1.36.4")


def test_the_latest_is_that_of_the_newest_line_that_has_one(release_cache: Path, release_server: ReleaseServer) -> None:
    del release_cache
    for line in ("1.36", "1.37", "1.38", "1.40"):
        release_server.files[f"/latest-{line}.txt"] = f"v{line}.1".encode()
    release_server.publish_crio("v1.38.1", "1.38.1")
    assert find_crio(obtain_crio("latest", UPSTREAM)).release == Release("1.38.1")
    assert must_be_fetched("latest"), "there may be a newer one by now"


def test_main_is_its_newest_build_and_no_release(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio(COMMIT, "1.38.0")
    release_server.files["/latest-bundle-main.txt"] = f"{COMMIT}\n".encode()
    crio = obtain_crio("main", UPSTREAM)
    assert crio == str(release_cache / "releases" / f"commit-{COMMIT}" / "bin" / "crio")
    release_server.asked.clear()
    assert find_crio(obtain_crio(COMMIT, UPSTREAM)).crio == find_crio(crio).crio
    assert release_server.asked == []
    assert must_be_fetched("1.38")


def test_a_kubelet_is_fetched_likewise(release_cache: Path, release_server: ReleaseServer) -> None:
    path = release_server.publish(
        f"/release/v1.36.2/bin/linux/{ARCHITECTURE}/kubelet", script("Kubernetes v1.36.2"), ".sha256"
    )
    release_server.files["/release/stable-1.36.txt"] = release_server.files["/release/stable.txt"] = b"v1.36.2"
    kubelet = str(release_cache / "kubelets" / "1.36.2" / "kubelet")
    assert [obtain_kubelet(each, UPSTREAM) for each in ("1.36", "1.36.2", "latest")] == [kubelet, "1.36.2", kubelet]
    assert subprocess.check_output([kubelet, "--version"], text=True) == "Kubernetes v1.36.2\n"
    assert len(release_server.ranges(path)) == 1
    assert left(release_cache) == ["kubelets/1.36.2"]


def test_an_api_server_is_fetched_from_where_kubelets_are(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish(
        f"/release/v1.36.2/bin/linux/{ARCHITECTURE}/kube-apiserver", script("Kubernetes v1.36.2"), ".sha256"
    )
    path = fetch_kube_apiserver("1.36.2", UPSTREAM)
    assert path == release_cache / "kubernetes" / "1.36.2" / "bin" / "kube-apiserver"
    assert subprocess.check_output([path, "--version"], text=True) == "Kubernetes v1.36.2\n"
    assert [(each.title, each.path) for each in cached_programs()] == [("kube-apiserver 1.36.2", path)]
    remove_release("kube-apiserver", "1.36.2")
    assert left(release_cache) == []


@pytest.mark.parametrize("wanted", ["3.6.8", "v3.6.8", "1.36.3", "1.36", "latest"])
def test_an_etcd_is_fetched_by_its_release_or_by_kubernetes_s(
    release_cache: Path, release_server: ReleaseServer, wanted: str
) -> None:
    path = release_server.publish_etcd("3.6.8")
    release_server.cut = [3 * BLOCK + 1]
    etcd = fetch_etcd(wanted, UPSTREAM)
    assert etcd == release_cache / "etcd" / "3.6.8" / "etcd"
    assert subprocess.check_output([etcd, "--version"], text=True) == "etcd Version: 3.6.8\n"
    assert release_server.ranges(path) == ["", f"bytes={3 * BLOCK}-"]
    assert [(each.title, each.path) for each in cached_programs()] == [("etcd 3.6.8", etcd)]
    release_server.asked.clear()
    assert (fetch_etcd(wanted, UPSTREAM), release_server.asked) == (etcd, [])
    remove_release("etcd", "3.6.8")
    assert left(release_cache) == []


def test_progress_is_told(
    release_cache: Path, release_server: ReleaseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    fetch_crio("1.36.3", UPSTREAM)
    out, err = capsys.readouterr()
    assert out == ""
    assert f"fetching CRI-O 1.36.3 from {release_server.url}/artifacts/cri-o.{ARCHITECTURE}.v1.36.3.tar.gz\n" in err
    assert "CRI-O 1.36.3: 100%" in err
    assert err.endswith(f"CRI-O 1.36.3 is in {release_cache}/releases/1.36.3, its checksum verified\n")


def test_a_mirror_s_login_is_not_told(
    release_cache: Path, release_server: ReleaseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del release_cache
    release_server.publish_crio("v1.36.3", "1.36.3")
    url = release_server.url.replace("://", "://user:secret@")
    fetch_crio("1.36.3", DownloadOptions(url))
    told = capsys.readouterr().err
    assert f"fetching CRI-O 1.36.3 from {release_server.url.replace('://', '://***@')}/artifacts/" in told
    assert "secret" not in told


def test_mirrors_and_proxies_may_be_options(
    release_cache: Path, release_server: ReleaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    for name in ("CRIO_CONFORMANCE_CRIO_MIRROR", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    asked = "http://mirror.example"
    release_server.files = {
        asked + path: content for path, content in release_server.files.items()
    }  # as proxies are asked
    fetch_crio("1.36.3", DownloadOptions(crio_mirror=asked, download_proxy=release_server.url))
    assert left(release_cache) == ["releases/1.36.3"]


# Breaks


def test_a_break_is_gone_on_after(release_cache: Path, release_server: ReleaseServer) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.cut = [3 * BLOCK + 1, 2 * BLOCK + 1]
    fetch_crio("1.36.3", UPSTREAM)
    assert release_server.ranges(path) == ["", f"bytes={3 * BLOCK}-", f"bytes={5 * BLOCK}-"]
    assert left(release_cache) == ["releases/1.36.3"]


def test_a_server_without_ranges_is_asked_for_all_of_it(release_cache: Path, release_server: ReleaseServer) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.takes_ranges, release_server.cut = False, [3 * BLOCK]
    fetch_crio("1.36.3", UPSTREAM)
    assert release_server.ranges(path) == ["", f"bytes={3 * BLOCK}-"]
    assert left(release_cache) == ["releases/1.36.3"]


def test_a_server_that_tells_no_length_is_fetched_from(
    release_cache: Path, release_server: ReleaseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Google's storage of what is stored compressed (cloud.google.com/storage/docs/transcoding)."""
    release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.takes_ranges = release_server.tells_lengths = False
    fetch_crio("1.36.3", UPSTREAM)
    assert "CRI-O 1.36.3: 1.20MB [" in capsys.readouterr().err
    assert left(release_cache) == ["releases/1.36.3"]


@pytest.mark.parametrize("ranges", [True, False])
def test_where_no_attempt_gets_further_the_next_run_does(
    release_cache: Path, release_server: ReleaseServer, *, ranges: bool
) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.takes_ranges, release_server.cut = ranges, [3 * BLOCK, 0] if ranges else [3 * BLOCK, 3 * BLOCK]
    told = refusal("1.36.3")
    assert told.startswith(
        f"CRI-O 1.36.3 is not in {release_cache}/releases, and {release_server.url}{path} cannot be had ("
    )
    assert told.endswith("): go online, or name a proxy (--download-proxy) or a mirror (--crio-mirror)")
    (part,) = release_cache.glob("downloads/*.part")
    assert part.stat().st_size == 3 * BLOCK
    fetch_crio("1.36.3", UPSTREAM)
    assert release_server.ranges(path)[-1] == f"bytes={3 * BLOCK}-"
    assert left(release_cache) == ["releases/1.36.3"]


@pytest.mark.parametrize("more", [b"", b"?"])
def test_what_was_all_there_needs_no_more(release_cache: Path, release_server: ReleaseServer, more: bytes) -> None:
    """Killed just before it was verified; or something else wrote to it."""
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.cut = [0]
    refusal("1.36.3")
    (part,) = release_cache.glob("downloads/*.part")
    part.write_bytes(release_server.files[path] + more)
    release_server.asked.clear()
    fetch_crio("1.36.3", UPSTREAM)
    assert len(release_server.ranges(path)) == 1 + len(more)


def test_what_is_half_fetched_of_a_file_that_was_replaced_goes(
    release_cache: Path, release_server: ReleaseServer
) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.cut = [3 * BLOCK, 0]
    refusal("1.36.3")
    release_server.publish(path, release_server.files[path] + b"\0")
    fetch_crio("1.36.3", UPSTREAM)
    assert release_server.ranges(path)[-1] == ""
    assert left(release_cache) == ["releases/1.36.3"]


def test_a_busy_server_is_asked_again(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.statuses = [503]
    fetch_crio("1.36.3", UPSTREAM)
    assert (release_server.statuses, left(release_cache)) == ([], ["releases/1.36.3"])
