"""Where a node image comes from: the engine has it, the cache folder does, or it is built of a bundle."""

from pathlib import Path

import pytest

from conformance.kind.kind_tools import KindError
from conformance.kind.node_image import NodeImage, default_node_image, obtain_node_image
from conformance.releases.download import DownloadError
from conformance.releases.download_options import DownloadOptions
from tests.kind.conftest import Machine
from tests.releases.release_server import ARCHITECTURE, ReleaseServer, serve_releases

CONTEXT = Path(__file__).parents[2] / "fixtures" / "node"
IMAGE = NodeImage("1.36.3", "1.36.1")


def obtain(machine: Machine, *, mirror: str = "http://127.0.0.1:1", context: Path = CONTEXT) -> list[str]:
    obtain_node_image(machine.tools, IMAGE, context, DownloadOptions(crio_mirror=mirror))
    return machine.log(but_for="image ls")


def test_one_that_the_engine_has_is_taken(machine: Machine) -> None:
    machine.write("images", f"{IMAGE.name}\n")
    assert obtain(machine) == []


def test_one_in_the_cache_folder_is_loaded(machine: Machine) -> None:
    IMAGE.archive.parent.mkdir(parents=True)
    IMAGE.archive.write_text(f"{IMAGE.name}\n")
    assert obtain(machine) == [f"docker load --input {IMAGE.archive}"]
    IMAGE.archive.write_text("another\n")
    machine.write("images", "")
    with pytest.raises(KindError, match=rf"{IMAGE.archive} holds no {IMAGE.name} .*: remove it"):
        obtain(machine)


def test_else_it_is_built_of_a_bundle(machine: Machine) -> None:
    machine.write("build", 'for last in "$@"; do :; done; cd "$last" && echo * >"$FAKE/built"\n')
    with serve_releases() as server:
        server.publish_crio(f"v{IMAGE.crio}", IMAGE.crio)
        (line,) = obtain(machine, mirror=server.url)
    bundle = f"cri-o.{ARCHITECTURE}.v1.36.3.tar.gz"
    options = f"--build-arg BASE=kindest/node:v1.36.1 --build-arg BUNDLE={bundle}"
    assert line.startswith(f"docker build --tag localhost/crio-conformance-node:1.36.3-1.36.1 {options} /")
    assert set(machine.lines("built")) == {"Dockerfile", "crio.conf.d", "crio.service.d", "kubelet", bundle}
    assert not Path(line.rpartition(" ")[2]).exists()
    assert [*(IMAGE.archive.parents[1] / "downloads").glob("*.part")] == []


def test_a_bundle_that_was_changed_on_the_way_is_built_into_nothing(machine: Machine) -> None:
    with serve_releases() as server:
        path = server.publish_crio(f"v{IMAGE.crio}", IMAGE.crio)
        server.files[path] = server.files[path][:-1] + b"!"
        with pytest.raises(DownloadError, match=r"the bundle of CRI-O 1\.36\.3 is needed, and .* came with SHA-256"):
            obtain(machine, mirror=server.url)
    assert machine.log(but_for="image ls") == []


def test_offline_is_one_sentence(machine: Machine) -> None:
    with pytest.raises(
        DownloadError, match=r"the bundle of CRI-O 1\.36\.3 is needed, and .*: go online, or name a proxy"
    ):
        obtain(machine)


def test_an_engine_that_cannot_build_is_one_sentence(machine: Machine, release_server: ReleaseServer) -> None:
    machine.write("build", "exit 1\n")
    release_server.publish_crio(f"v{IMAGE.crio}", IMAGE.crio)
    with pytest.raises(KindError, match=r"`docker build` of localhost/.* fails, as it says above: go online"):
        obtain(machine, mirror=release_server.url)


def test_a_folder_that_is_none_of_ours_is_told(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(KindError, match=r"Dockerfile cannot be read .*: let --node name this project's fixtures/node"):
        obtain(machine, context=tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(KindError, match="names no releases of CRI-O and Kubernetes"):
        default_node_image(tmp_path)


def test_the_default_is_the_newest_in_the_cache_folder_or_what_the_dockerfile_says(machine: Machine) -> None:
    del machine
    assert default_node_image(CONTEXT) == IMAGE
    for crio, kubernetes in (("1.36.3", "1.36.9"), ("1.36.3", "1.36.10"), ("1.9.0", "1.9.0")):
        made = NodeImage(crio, kubernetes)
        made.archive.parent.mkdir(parents=True, exist_ok=True)
        made.archive.touch()
    (made.archive.parent / "node-x.tar").touch()
    assert default_node_image(CONTEXT) == NodeImage("1.36.3", "1.36.10")
