"""A control plane in a world, shown with programs that only pretend."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.kubelet import control_plane
from conformance.kubelet.control_plane import ADDRESS, PORT, ControlPlane
from conformance.model.release import Release
from conformance.node import NodeError, World
from conformance.releases.control_plane_programs import ControlPlanePrograms
from conformance.runtime.runtime import RuntimeFailedError
from tests.node.world_traces import PYTHON, PYTHON_HOME, mentioning

pytestmark = pytest.mark.usefixtures("namespaces")
FAKE = f"#!{PYTHON} -I\n{Path(__file__).with_name('fake_kube_apiserver.py').read_text()}"
SLEEPS = "#!/bin/sh\nexec sleep 1001\n"


@pytest.fixture
def world(own_tmpdir: Path, tmp_path: Path) -> Iterator[World]:
    """A world; nothing is left of it."""
    with World(visible=[tmp_path, PYTHON_HOME]) as world:
        yield world
    assert mentioning(f"{own_tmpdir}/crio-conformance") == []


def programs(folder: Path, *, etcd: str = SLEEPS, kube_apiserver: str = FAKE) -> ControlPlanePrograms:
    for name, script in (("etcd", etcd), ("kube-apiserver", kube_apiserver)):
        path = folder / name
        path.write_text(script)
        path.chmod(0o755)
    return ControlPlanePrograms(folder / "kube-apiserver", folder / "etcd", Release("1.36.3"))


def failure(made: ControlPlanePrograms, world: World) -> str:
    with pytest.raises(RuntimeFailedError) as caught:
        ControlPlane(made, world)
    assert mentioning(str(made.etcd.parent)) == [], "nothing of it runs"
    return str(caught.value)


def test_it_is_asked_inside_the_world_with_a_token_of_its_own(world: World, tmp_path: Path) -> None:
    with ControlPlane(programs(tmp_path), world) as made:
        assert set(made.api.nodes()) == {"conformance"}
        config = json.loads(made.kubeconfig)
        assert config["clusters"][0]["cluster"]["server"] == f"https://{ADDRESS}:{PORT}"
        tokens = (world.folder / "control-plane" / "tokens.csv").read_text()
        assert f'{config["users"][0]["user"]["token"]},node,node,"system:masters"\n' in tokens
        made.check()
    with pytest.raises(NodeError):
        world.connect(ADDRESS, PORT)


def test_its_certificate_is_signed_by_an_authority_that_nobody_else_has(world: World, tmp_path: Path) -> None:
    with ControlPlane(programs(tmp_path), world):
        authority = world.folder / "control-plane" / "authority.pem"
        context = ssl.create_default_context(cafile=str(authority))
        with context.wrap_socket(world.connect(ADDRESS, PORT), server_hostname=ADDRESS) as handle:
            assert handle.version() == "TLSv1.3"
        strange = ssl.create_default_context()
        with world.connect(ADDRESS, PORT) as plain, pytest.raises(ssl.SSLCertVerificationError):
            strange.wrap_socket(plain, server_hostname=ADDRESS)


@pytest.mark.parametrize(
    ("scripts", "sentence"),
    [
        ({"kube_apiserver": "#!/bin/sh\necho Error: unknown flag: --etcd-servers; exit 1\n"}, "kube-apiserver"),
        ({"etcd": "#!/bin/sh\necho Error: unknown flag: --etcd-servers; exit 1\n"}, "etcd"),
    ],
)
def test_one_that_ends_is_told_with_its_last_words(
    world: World, tmp_path: Path, scripts: dict[str, str], sentence: str
) -> None:
    made = programs(tmp_path, **{"kube_apiserver": SLEEPS, **scripts})
    assert failure(made, world) == f"{sentence} of Kubernetes 1.36.3 ended: Error: unknown flag: --etcd-servers"


def test_one_that_never_answers_is_given_up(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_plane, "READY_SECONDS", 0.2)
    said = failure(programs(tmp_path, kube_apiserver=SLEEPS), world)
    assert said.startswith("kube-apiserver 1.36.3 was not ready after 0 s: the API server does not answer create_")
