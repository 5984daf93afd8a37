"""``crio-conformance releases``: what it prints, and how it ends."""

import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.commands.main import main
from tests.releases.release_server import ARCHITECTURE, ReleaseServer, script

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_an_empty_cache_says_what_to_do(release_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["releases"]) == 0
    assert capsys.readouterr().out == f"nothing is in {release_cache}: crio-conformance releases fetch latest\n"


def test_what_was_fetched_is_listed_and_removed(
    release_cache: Path, release_server: ReleaseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for build, release in (("v1.36.3", "1.36.3"), ("v1.9.1", "1.9.1"), (COMMIT, "1.37.0")):
        release_server.publish_crio(build, release)
    release_server.publish(
        f"/release/v1.36.2/bin/linux/{ARCHITECTURE}/kubelet", script("Kubernetes v1.36.2"), ".sha256"
    )
    for wanted in ("1.36.3", "v1.9.1", COMMIT):
        assert main(["releases", "fetch", wanted]) == 0
    release_server.publish(
        f"/release/v1.36.2/bin/linux/{ARCHITECTURE}/kube-apiserver", script("Kubernetes v1.36.2"), ".sha256"
    )
    release_server.publish_etcd("3.6.8")
    for program in ("kubelet", "kube-apiserver", "etcd"):
        assert main(["releases", "fetch", "1.36.2", f"--{program}"]) == 0
    crio = release_cache / "releases" / "1.36.3" / "bin" / "crio"
    assert capsys.readouterr().out.splitlines()[0] == str(crio)

    assert main(["releases"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines() if COMMIT not in line] == [
        [*title.split(), str(path)]
        for title, path in (
            ("CRI-O 1.9.1", release_cache / "releases" / "1.9.1" / "bin" / "crio"),
            ("CRI-O 1.36.3", crio),
            ("kubelet 1.36.2", release_cache / "kubelets" / "1.36.2" / "kubelet"),
            ("kube-apiserver 1.36.2", release_cache / "kubernetes" / "1.36.2" / "bin" / "kube-apiserver"),
            ("etcd 3.6.8", release_cache / "etcd" / "3.6.8" / "etcd"),
        )
    ]

    assert main(["releases", "remove", "1.36.3"]) == 0
    assert capsys.readouterr().out == f"removed: {release_cache}/releases/1.36.3\n"
    assert main(["releases", "remove", COMMIT]) == 0
    for release, program in (("1.36.2", "kubelet"), ("1.36.2", "kube-apiserver"), ("3.6.8", "etcd")):
        assert main(["releases", "remove", release, f"--{program}"]) == 0
    assert [path.name for path in release_cache.glob("*/*")] == [".lock", "1.9.1"]


def test_what_is_half_fetched_is_listed_and_removed(
    release_cache: Path, release_server: ReleaseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    release_server.publish_crio("v1.36.3", "1.36.3")
    release_server.cut = [200_000, 0]
    assert main(["releases", "fetch", "1.36.3"]) == 3
    capsys.readouterr()
    (part,) = release_cache.glob("downloads/*.part")
    assert main(["releases"]) == 0
    assert capsys.readouterr().out == f"half fetched  {part}\n"
    assert main(["releases", "remove", "*"]) == 3
    assert main(["releases", "remove", "1.36.3"]) == 0
    assert not part.exists()


def test_a_link_goes_and_what_it_leads_to_stays(release_cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "bin").mkdir(parents=True)
    (tmp_path / "mine" / "bin" / "crio").touch()
    (release_cache / "releases").mkdir(parents=True)
    (release_cache / "releases" / "1.36.3").symlink_to(tmp_path / "mine")
    assert main(["releases", "remove", "1.36.3"]) == 0
    assert list((release_cache / "releases").iterdir()) == []
    assert (tmp_path / "mine" / "bin" / "crio").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("remove 1.36.3", "CRI-O 1.36.3 is not in {}/releases (there: none): write one that is there"),
        ("remove newest", "CRI-O newest is not in {}/releases (there: none): write one that is there"),
        ("remove *", "CRI-O * is not in {}/releases (there: none): write one that is there"),
        ("remove ../x", "CRI-O ../x is not in {}/releases (there: none): write one that is there"),
        ("remove 1.36 --kubelet", "kubelet 1.36 is not in {}/kubelets (there: none): write one that is there"),
        (
            "remove 1.36 --kube-apiserver",
            "kube-apiserver 1.36 is not in {}/kubernetes (there: none): write one that is there",
        ),
        ("remove 3.6.8 --etcd", "etcd 3.6.8 is not in {}/etcd (there: none): write one that is there"),
        ("fetch 1.36.3 --crio-mirror http://127.0.0.1:1", "CRI-O 1.36.3 is not in {}/releases, and "),
    ],
)
def test_what_is_not_there_is_one_sentence(
    release_cache: Path, arguments: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["releases", *arguments.split()]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"crio-conformance releases: {sentence.format(release_cache)}")
    assert err.count("\n") == 1


def test_a_release_in_use_is_not_removed(release_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conmon = release_cache / "releases" / "1.36.3" / "bin" / "conmon"
    conmon.parent.mkdir(parents=True)
    conmon.with_name("crio").touch()
    shutil.copy(shutil.which("sh") or "", conmon)
    with subprocess.Popen([conmon], stdin=subprocess.PIPE) as process:
        assert main(["releases", "remove", "1.36.3"]) == 3
        assert conmon.exists()
        process.communicate()
    said = capsys.readouterr().err
    assert said.endswith(f"{conmon.parent.parent} is in use by process {process.pid}: let that run end first\n")
    assert main(["releases", "remove", "1.36.3"]) == 0


@pytest.mark.parametrize("option", ["--crio-mirror", "--kubernetes-mirror", "--download-proxy", ""])
def test_a_mirror_that_is_no_url_is_a_bad_option(
    option: str, release_cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRIO_CONFORMANCE_CRIO_MIRROR", "ftp://x")
    assert main(["releases", "fetch", "1.36.3", *([option, "ftp://x"] if option else [])]) == 2
    assert capsys.readouterr().err == (
        f"crio-conformance releases: {option or 'CRIO_CONFORMANCE_CRIO_MIRROR'} 'ftp://x' is no server's URL: write a"
        " URL that begins with http:// or https://\n"
    )
    assert not release_cache.exists()


@pytest.mark.parametrize(
    "arguments",
    ["fetch", "fetch 1", "fetch ../x", "fetch *", "fetch 1.36.3.4", "fetch 1\u0661.36", "remove", "sell 1.36"],
)
def test_options_that_cannot_be_used_are_refused(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["releases", *arguments.split()])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
