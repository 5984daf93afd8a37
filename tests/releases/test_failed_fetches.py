"""What cannot be had, or is not what it should be: one sentence, and nothing that anybody would use."""

import resource
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.releases import program_version
from conformance.releases.download import DownloadError
from conformance.releases.download_options import DownloadOptions
from conformance.releases.fetching import fetch_crio, fetch_etcd, fetch_kubelet
from tests.releases.fetches import COMMIT, UPSTREAM, left, refusal
from tests.releases.release_server import ARCHITECTURE, ReleaseServer, bundle, script, tar

# What cannot be had


def test_no_server_is_one_sentence(release_cache: Path) -> None:
    url = f"http://127.0.0.1:1/artifacts/cri-o.{ARCHITECTURE}.v1.36.3.tar.gz.sha256sum"
    assert refusal("1.36.3", DownloadOptions(crio_mirror="http://127.0.0.1:1/")) == (
        f"CRI-O 1.36.3 is not in {release_cache}/releases, and {url} cannot be had (Connection refused): go"
        " online, or name a proxy (--download-proxy) or a mirror (--crio-mirror)"
    )
    assert left(release_cache) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (DownloadOptions("http://nowhere.invalid"), "cannot be had ("),
        (
            DownloadOptions("http://mirror.example", download_proxy="http://127.0.0.1:1"),
            "(through the proxy: Connection refused)",
        ),
    ],
)
def test_a_mirror_that_is_none_is_one_sentence(
    release_cache: Path, release_server: ReleaseServer, options: DownloadOptions, why: str
) -> None:
    del release_server  # there is no proxy in the environment
    assert why in refusal("1.36.3", options)
    assert left(release_cache) == []


@pytest.mark.parametrize("wanted", ["1.36", "latest"])
def test_offline_what_is_here_is_said_to_be_here(
    release_cache: Path, release_server: ReleaseServer, wanted: str
) -> None:
    for release in ("1.36.3", "1.9.1", "1.36.2"):
        release_server.publish_crio(f"v{release}", release)
        fetch_crio(release, UPSTREAM)
    told = refusal(wanted, DownloadOptions("http://127.0.0.1:1"))
    assert told.startswith(
        "CRI-O 1.36.3 is here, and whether there is a newer one cannot be asked: http://127.0.0.1:1/latest-1."
    )
    assert f"CRI-O 1.35 is not in {release_cache}/releases, and " in refusal(
        "1.35", DownloadOptions("http://127.0.0.1:1")
    )
    release_server.files["/latest-1.36.txt"] = b"v1.36.4"
    assert refusal("1.36").startswith(f"CRI-O 1.36.4 is not in {release_cache}/releases, and ")


@pytest.mark.parametrize("wanted", ["1.36", "1.36.3"])
def test_a_cache_is_made_only_when_something_comes(release_cache: Path, wanted: str) -> None:
    refusal(wanted, DownloadOptions("http://127.0.0.1:1"))
    assert not release_cache.parent.exists()


@pytest.mark.parametrize("wanted", ["1.36.9", "1.99", "latest", "main", COMMIT])
def test_what_is_not_published_is_one_sentence(release_cache: Path, release_server: ReleaseServer, wanted: str) -> None:
    told = refusal(wanted)
    assert told.startswith(f"CRI-O {wanted} is not in {release_cache}/releases, and {release_server.url}/")
    assert told.endswith(f" is not there (HTTP 404): write a release that is published for {ARCHITECTURE}")
    assert left(release_cache) == []


def test_forbidden_is_what_a_bucket_says_that_may_not_be_listed(
    release_cache: Path, release_server: ReleaseServer
) -> None:
    del release_cache
    release_server.files["/latest-1.36.txt"] = b"v1.36.3"
    release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.statuses = [200, 403]
    assert fetch_crio("latest", UPSTREAM).parent.parent.name == "1.36.3"
    release_server.statuses = [403]
    assert f" is not there, or forbidden (HTTP 403): write a release that is published for {ARCHITECTURE}" in refusal(
        "1.36.9"
    )


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("1.36", "/latest-1.36.txt"),
        ("main", "/latest-bundle-main.txt"),
        ("1.36.3", f"/artifacts/cri-o.{ARCHITECTURE}.v1.36.3.tar.gz.sha256sum"),
    ],
)
def test_a_page_in_place_of_the_server_is_recognised(
    release_cache: Path, release_server: ReleaseServer, wanted: str, path: str
) -> None:
    release_server.files[path] = b"<html>../../log in"
    told = refusal(wanted)
    assert f"{release_server.url}{path} " in told
    assert told.endswith(": is that the right server?")
    assert left(release_cache) == []


@pytest.mark.parametrize(
    ("fetch", "marker", "told"),
    [
        (fetch_crio, "latest-1.53.txt", "v1.36.3"),
        (fetch_kubelet, "release/stable-1.53.txt", "v1.36.3"),
        (fetch_crio, "latest-1.53.txt", "v1.5.3"),
    ],
)
def test_a_release_of_another_line_is_not_taken(
    release_cache: Path,
    release_server: ReleaseServer,
    fetch: Callable[[str, DownloadOptions], Path],
    marker: str,
    told: str,
) -> None:
    release_server.files[f"/{marker}"] = told.encode()
    release_server.publish_crio(told, told[1:])
    with pytest.raises(DownloadError) as caught:
        fetch("1.53", UPSTREAM)
    assert str(caught.value).endswith(
        f"/{marker} says {told}, which is not of the line 1.53: is that the right server?"
    )
    assert left(release_cache) == []


@pytest.mark.parametrize("login", ["user:secret", "user:sec@ret", "us/ret"])
def test_no_login_is_in_the_sentence(release_cache: Path, login: str) -> None:
    del release_cache
    told = refusal("1.36.3", DownloadOptions(f"http://{login}@127.0.0.1:1"))
    assert "and http://***@127.0.0.1:1/artifacts/" in told
    assert "ret" not in told


@pytest.mark.parametrize("proxy", ["http://user:sec/ret@127.0.0.1:1", "http://user:secret@[::1", "user:secret@:"])
def test_no_login_of_a_proxy_in_the_environment_is_in_the_sentence(
    release_cache: Path, release_server: ReleaseServer, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    del release_cache, release_server
    monkeypatch.setenv("http_proxy", proxy)
    told = refusal("1.36.3", DownloadOptions("http://mirror.example"))
    assert "ret" not in told
    assert "user:sec" not in told


def test_a_server_that_fails_is_one_sentence(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.statuses = [401]
    assert refusal("1.36.3").endswith(".sha256sum answers 401 Unauthorized: try again later, or a mirror")
    assert left(release_cache) == []


def test_a_flipped_byte_is_found(release_cache: Path, release_server: ReleaseServer) -> None:
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    sound = release_server.files[path]
    release_server.files[path] = sound[:99] + bytes([sound[99] ^ 1]) + sound[100:]
    assert f"and {release_server.url}{path} came with SHA-256 " in refusal("1.36.3")
    assert left(release_cache) == [], "what is broken is not gone on with"
    release_server.files[path] = sound
    fetch_crio("1.36.3", UPSTREAM)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bundle("1.36.2"), "is not used: it is CRI-O 1.36.2: is that the right server?"),
        (
            tar({"cri-o/bin/crio": script("Podman 4.3")}),
            "is not used: bin/crio is no CRI-O (to --version it says 'Podman 4.3'): is that the right server?",
        ),
        (
            tar({"cri-o/README": b""}),
            "is not used: bin/crio cannot be run (No such file or directory): is that the right server?",
        ),
        (
            tar({"cri-o/bin/crio": b""}),
            "is not used: bin/crio cannot be run (Exec format error): is that the right server?",
        ),
        (
            tar({"cri-o/bin/crio": tarfile.TarInfo("cri-o/bin/crio")}),
            "is not used: bin/crio cannot be run (Permission denied): is that the right server?",
        ),
        (
            tar({"cri-o/bin/crio": script("crio version 1.36.3")}),
            "is not used: bin/pinns, which CRI-O needs, is not in it",
        ),
        (b"<html>", "is not used: it is no gzipped tar that can be read (not a gzip file)"),
        (bundle("1.36.3")[:-99], "is not used: it is no gzipped tar that can be read ("),
    ],
)
def test_what_is_no_such_cri_o_is_not_used(
    release_cache: Path, release_server: ReleaseServer, content: bytes, why: str
) -> None:
    release_server.publish(f"/artifacts/cri-o.{ARCHITECTURE}.v1.36.3.tar.gz", content)
    assert why in refusal("1.36.3")
    assert left(release_cache) == []


def test_a_program_that_does_not_answer_is_not_used(
    release_cache: Path, release_server: ReleaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_version, "SECONDS", 0.1)
    path = f"/artifacts/cri-o.{ARCHITECTURE}.v1.36.3.tar.gz"
    release_server.publish(path, tar({"cri-o/bin/crio": b"#!/bin/sh\nexec /bin/sleep 1000\n"}))
    assert refusal("1.36.3").endswith(
        "bin/crio does not answer --version within 0 s, so it is no CRI-O: is that the right server?"
    )
    path = f"/release/v1.36.2/bin/linux/{ARCHITECTURE}/kubelet"
    release_server.publish(path, b"#!/bin/sh\nexec /bin/sleep 1000\n", ".sha256")
    with pytest.raises(DownloadError, match=r"so it is no kubelet: is that the right server\?$"):
        fetch_kubelet("1.36.2", UPSTREAM)
    assert left(release_cache) == []


def test_a_folder_that_is_in_the_way_is_named(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    folder = release_cache / "releases" / "1.36.3"
    (folder / "mine").mkdir(parents=True)
    assert refusal("1.36.3").endswith(f"{folder} is there, without bin/crio: remove that folder")
    assert [path.name for path in folder.iterdir()] == ["mine"]


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 120,000 bytes: what a full disk is, but for the error's name (setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_one_sentence(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    told = refusal("1.36.3")
    assert told.endswith(" cannot be written (File too large): make room; the next run goes on where this one ended")
    assert [path.name.partition("-")[0] for path in release_cache.glob("*/*")] == [".lock", "CRI"]


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_is_full_when_it_is_unpacked_is_one_sentence(
    release_cache: Path, release_server: ReleaseServer
) -> None:
    packed = tar({"cri-o/bin/crio": b"#!/bin/sh\n" + bytes(200_000)})
    release_server.publish(f"/artifacts/cri-o.{ARCHITECTURE}.v1.36.3.tar.gz", packed)
    assert refusal("1.36.3").endswith("/releases/1.36.3 cannot be made (File too large): make room, or mend its rights")
    assert [path.name.partition("-")[0] for path in release_cache.glob("*/*")] == [".lock", "CRI"]


# Signatures

COSIGN = """#!/bin/sh
echo "$*" > {folder}/arguments
echo "not what was signed" >&2
exit {code}
"""


def cosign(folder: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a cosign on PATH that writes down what it was asked."""
    path = folder / "cosign"
    path.write_text(COSIGN.format(folder=folder, code=code))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "arguments"


def test_the_signature_is_verified_where_there_is_a_cosign(
    release_cache: Path,
    release_server: ReleaseServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = cosign(tmp_path, 0, monkeypatch)
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.files[f"{path}.bundle"] = b"{}"
    fetch_crio("1.36.3", UPSTREAM)
    asked = arguments.read_text().split()
    assert asked[0] == "verify-blob"
    assert asked[1].startswith(f"{release_cache}/downloads/CRI-O-1.36.3-")
    assert asked[2] == "--bundle"
    assert asked[3].endswith("/signed.bundle")
    assert (
        "--certificate-identity=https://github.com/cri-o/packaging/.github/workflows/obs.yml@refs/heads/main" in asked
    )
    assert capsys.readouterr().err.endswith("its checksum and its signature verified\n")
    assert left(release_cache) == ["releases/1.36.3"]


def test_a_signature_that_is_not_right_or_not_there_is_one_sentence(
    release_cache: Path, release_server: ReleaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosign(tmp_path, 1, monkeypatch)
    path = release_server.publish_crio("v1.36.3", "1.36.3")
    assert f"{release_server.url}{path}.bundle is not there (HTTP 404)" in refusal("1.36.3")
    release_server.files[f"{path}.bundle"] = b"{}"
    assert refusal("1.36.3").endswith("its signature is not right, says cosign (not what was signed): it is not used")
    assert left(release_cache) == []


def test_a_cache_that_cannot_be_written_to_is_one_sentence(release_cache: Path, release_server: ReleaseServer) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    release_cache.parent.mkdir()
    release_cache.touch()
    assert refusal("1.36.3").endswith(
        f"{release_cache}/downloads cannot be made (Not a directory): let XDG_CACHE_HOME name a folder of your own"
    )
    assert [path.name for path in release_cache.parent.iterdir()] == ["crio-conformance"]


def test_a_kubelet_s_sentence_names_its_own_mirror(release_cache: Path) -> None:
    with pytest.raises(DownloadError, match=r"^kubelet 1\.36 is not in .*/kubelets, and .*\(--kubernetes-mirror\)$"):
        fetch_kubelet("1.36", UPSTREAM)
    assert left(release_cache) == []


def test_what_is_wrong_with_an_etcd_is_one_sentence(release_cache: Path, release_server: ReleaseServer) -> None:
    def refused(wanted: str) -> str:
        with pytest.raises(DownloadError) as caught:
            fetch_etcd(wanted, UPSTREAM)
        assert left(release_cache) == []
        return str(caught.value).replace(release_server.url, "").replace(f"{release_cache}/", "")

    lacking = "etcd 3.6.8 is not in etcd, and "
    path = release_server.publish_etcd("3.6.8")
    name = path.rpartition("/")[2]
    sums = release_server.files["/v3.6.8/SHA256SUMS"]
    release_server.files[path] += b"\0"
    assert refused("1.36.3").startswith(f"{lacking}{path} came with SHA-256 ")
    release_server.files["/v3.6.8/SHA256SUMS"] = sums.replace(name.encode(), b"another.tar.gz")
    assert refused("3.6.8") == f"{lacking}/v3.6.8/SHA256SUMS has no SHA-256 of {name}: is that the right server?"
    release_server.files = {}
    assert refused("3.6.8") == (
        f"{lacking}/v3.6.8/SHA256SUMS is not there (HTTP 404): write a release that is published for {ARCHITECTURE}"
    )
    for wanted in ("3.6", "main", COMMIT):
        assert refused(wanted) == (
            f"etcd {wanted} is not in etcd, and no etcd is called so: write a release of etcd (3.6.8), or of Kubernetes"
            " (1.36.3, 1.36)"
        )
    with pytest.raises(DownloadError, match=r"^etcd 3\.6\.8 is not in .*/etcd, and .*\(--etcd-mirror\)$"):
        fetch_etcd("1.36", DownloadOptions(etcd_mirror="http://127.0.0.1:1"))
