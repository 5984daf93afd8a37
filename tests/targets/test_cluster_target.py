"""What ``--cluster`` names: sentences for what cannot be, and the node of somebody's cluster that a run is about."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.model.release import Release
from conformance.releases.installation import Installation, RuntimeNotFoundError
from conformance.releases.kubelet_binary import NodesKubelet
from conformance.runtime.cluster_runtime import ClusterRuntime
from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import CapabilityError, RuntimeFailedError
from conformance.targets.cluster_target import ClusterTarget, ClusterToJoin, find_cluster
from conformance.targets.node_containers import ContainerTarget
from conformance.targets.run import Run, RunError
from tests.kubelet.fake_api_server import FakeAPIServer, serve_api


@pytest.fixture
def server() -> Iterator[FakeAPIServer]:
    with serve_api() as server:
        yield server


@pytest.fixture
def kubeconfig(server: FakeAPIServer, tmp_path: Path) -> Path:
    """The kubeconfig of that server, as JSON, which is YAML."""
    path = tmp_path / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server.url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(content))
    return path


def add_node(server: FakeAPIServer, name: str, runtime: str, *, ready: bool = True) -> None:
    info = dict.fromkeys(("architecture", "bootID", "kernelVersion", "kubeProxyVersion", "machineID"), "")
    info |= dict.fromkeys(("operatingSystem", "osImage", "systemUUID"), "")
    info |= {"containerRuntimeVersion": runtime, "kubeletVersion": "v1.36.2"}
    conditions = [{"type": "Ready", "status": str(ready)}]
    server.objects[f"/api/v1/nodes/{name}"] = {
        "metadata": {"name": name},
        "status": {"nodeInfo": info, "conditions": conditions},
    }


def refusal(kubeconfig: Path, registry: str = "") -> str:
    with pytest.raises(RuntimeNotFoundError) as caught:
        find_cluster(kubeconfig, registry)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def run_refusal(runtime: str | None, **options: Any) -> str:
    with pytest.raises(RunError) as caught:
        Run(runtime, **options)
    return str(caught.value)


# What cannot be


def test_a_cluster_in_a_world_is_made_around_a_crio() -> None:
    sentence = "--cluster world is made around a CRI-O, not the simulator of CRI-O 1.36: add --runtime with one"
    assert run_refusal("simulator:1.36", cluster="world") == sentence


def test_no_cluster_is_made_on_a_node_that_is_no_world(monkeypatch: pytest.MonkeyPatch) -> None:
    installation = Installation(Path("crio"), Path("pinns"), Path("conmon"), Path("runc"), Release("1.36.3"))
    target = ContainerTarget([], installation)
    monkeypatch.setattr("conformance.targets.run.choose_target", lambda *_: target)
    monkeypatch.setattr(ContainerTarget, "own_kubelet", None)
    sentence = "--cluster world is made in a world, and a node container is none: name its kubeconfig"
    assert run_refusal("container:one", cluster="world") == sentence


@pytest.mark.parametrize("status", [403, 201])
def test_a_cluster_in_which_no_node_may_be_made_is_not_joined(
    monkeypatch: pytest.MonkeyPatch, server: FakeAPIServer, kubeconfig: Path, status: int
) -> None:
    installation = Installation(Path("crio"), Path("pinns"), Path("conmon"), Path("runc"), Release("1.36.3"))
    monkeypatch.setattr("conformance.targets.run.choose_target", lambda *_: ContainerTarget([], installation))
    kubelet = NodesKubelet(Path("/usr/bin/kubelet"), Release("1.36.3"))
    monkeypatch.setattr(ContainerTarget, "own_kubelet", kubelet)
    if status == 201:
        run = Run("container:one", cluster=str(kubeconfig))
        assert (run.kubelet, run.cluster) == (kubelet, ClusterToJoin(kubeconfig))
        assert [(method, path, query) for method, path, query in server.asked] == [
            ("POST", "/api/v1/nodes", {"dryRun": ["All"]})
        ]
        return
    server.refusal = (status, b"{}")
    sentence = f"--cluster {kubeconfig}: no node can be made there (Forbidden): name the kubeconfig of a user who"
    assert run_refusal("container:one", cluster=str(kubeconfig)).startswith(sentence)


def test_an_empty_one_is_told() -> None:
    sentence = "--cluster is empty, as an unset variable is: give it a value, or leave it out"
    assert run_refusal("simulator", cluster="") == sentence


def test_somebodys_cluster_has_a_crio_of_its_own(kubeconfig: Path) -> None:
    sentence = f"--cluster {kubeconfig} is about the CRI-O of that cluster's node: leave --runtime out"
    more = ", or let it name node containers of that cluster (container:NAME)"
    assert run_refusal("simulator", cluster=str(kubeconfig)) == sentence + more


def test_a_registry_is_for_somebodys_cluster() -> None:
    sentence = "--cluster-registry is for somebody's cluster: add --cluster with a kubeconfig"
    assert run_refusal("simulator", cluster_registry="192.0.2.7:5000") == sentence
    sentence = "--cluster-registry is for somebody's cluster: leave it out: node containers have all registries"
    assert run_refusal("container:one", cluster="x", cluster_registry="192.0.2.7:5000") == sentence


def test_what_is_no_kubeconfig_is_told(tmp_path: Path) -> None:
    remedy = r"write the path of a kubeconfig, or world$"
    with pytest.raises(RunError, match=rf"^--cluster {tmp_path}/none cannot be used \(.*\): {remedy}"):
        Run(None, cluster=str(tmp_path / "none"))


@pytest.mark.parametrize("text", ["clusters: [", "hello", "- 1", "clusters: 3", "clusters: [3]", "current-context: 3"])
def test_what_is_some_other_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    assert refusal(path).startswith(f"--cluster {path} cannot be used (")


def test_a_cluster_that_does_not_answer_is_told(server: FakeAPIServer, kubeconfig: Path) -> None:
    server.refusal = (403, b"{}")
    sentence = "its API server does not say which nodes there are (Forbidden)"
    assert refusal(kubeconfig) == f"--cluster {kubeconfig}: {sentence}"


def test_without_a_crio_that_is_ready_the_nodes_are_told(server: FakeAPIServer, kubeconfig: Path) -> None:
    assert refusal(kubeconfig).endswith("no node of it is ready and runs CRI-O (there: none)")
    add_node(server, "a", "containerd://1.7.2")
    add_node(server, "b", "cri-o://1.36.3", ready=False)
    told = "a: containerd://1.7.2, b: cri-o://1.36.3, not ready"
    assert refusal(kubeconfig).endswith(f"no node of it is ready and runs CRI-O (there: {told})")


@pytest.mark.parametrize(
    "address", ["5000", "host:5000", "0.0.0.0:5000", "192.0.2.7", "192.0.2.7:", "192.0.2.7:65536", "192.0.2.7:0"]
)
def test_a_registry_is_at_an_address_that_others_reach(kubeconfig: Path, address: str) -> None:
    sentence = f"--cluster-registry {address!r} is no address: write one of this machine and a port, 192.0.2.7:5000"
    assert refusal(kubeconfig, address) == sentence


# The node, and its runtime


def test_the_first_node_that_is_ready_and_runs_crio_is_taken(server: FakeAPIServer, kubeconfig: Path) -> None:
    add_node(server, "c", "cri-o://1.36.3")
    add_node(server, "b", "cri-o://1.35.6")
    add_node(server, "a", "cri-o://1.34.1", ready=False)
    target = find_cluster(kubeconfig, "127.0.0.1:5000")
    assert (target.node, target.release, target.kubernetes) == ("b", Release("1.35.6"), Release("1.36.2"))
    assert target.title == "CRI-O 1.35.6"
    assert "on the node b (Kubernetes 1.36.2)" in target.header
    assert target.properties["node"] == "b"


def test_its_registry_listens_at_the_address_and_is_gone_with_the_run(free_port: int) -> None:
    address = f"127.0.0.1:{free_port}"
    target = ClusterTarget(Path("k"), "n", Release("1.36.3"), Release("1.36.2"), address)
    for _ in range(2):
        with target.start(Configuration()) as runtime:
            assert str(runtime.registry) == address
            with pytest.raises(RuntimeFailedError, match=rf"^--cluster-registry {address}: nobody can listen there"):
                target.start(Configuration())


def test_without_a_registry_a_case_that_needs_one_is_told() -> None:
    with ClusterRuntime("CRI-O", Release("1.36.3"), Configuration()) as runtime:
        with pytest.raises(CapabilityError, match="no address of this machine was given"):
            _ = runtime.registry
        assert "somebody's" in runtime.why_lacking("cri")


@pytest.fixture
def free_port() -> int:
    with socket.socket() as handle:
        handle.bind(("127.0.0.1", 0))
        return int(handle.getsockname()[1])
