"""A run about a cluster that already runs: pytest inside the world of one, which it reaches as it would any other."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.kubelet.kubelet_cluster import KubeletCluster, world_cluster
from conformance.kubelet.traces import LABEL
from conformance.model.registries import Registry
from conformance.releases.control_plane_programs import find_control_plane
from conformance.releases.installation import RuntimeNotFoundError, find_crio
from conformance.releases.kubelet_binary import find_kubelet
from conformance.runtime import pod_images
from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import start_in_world

pytestmark = [
    pytest.mark.usefixtures("namespaces"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has containers"),
]
ROOT = Path(__file__).parent.parent
REGISTRY = "127.0.0.1:5000"
SECONDS = 300.0


@pytest.fixture
def cluster() -> Iterator[KubeletCluster]:
    """A cluster whose node is ready, and speaks plain HTTP to an address that nobody listens on yet."""
    configuration = Configuration(
        registries=(Registry(prefix=REGISTRY, location=REGISTRY, insecure=True),), network="bridge"
    )
    try:
        installation = find_crio("auto")
        binary = find_kubelet(None, installation.release)
        if binary is None:
            pytest.skip("there is no kubelet in the cache folder")
        programs = find_control_plane(binary.release)
    except RuntimeNotFoundError as error:
        pytest.skip(str(error))
    visible = [*binary.folders, *programs.folders, ROOT, Path(sys.prefix), Path(sys.base_prefix)]
    with start_in_world(installation, configuration, visible) as crio:
        if why := crio.why_lacking("bridge"):
            pytest.skip(f"the node does not become ready: {why}")
        pod_images.offer(crio.internet)  # the pause image, which every node can have
        with world_cluster(crio, programs, binary).at_work() as cluster:
            yield cluster


def is_ready(cluster: KubeletCluster) -> bool:
    conditions = cluster.api.nodes()[cluster.node]["status"]["conditions"]
    return ("Ready", "True") in {(each["type"], each["status"]) for each in conditions}


def test_what_needs_no_node_of_ours_is_told_of_it(cluster: KubeletCluster) -> None:
    assert cluster.wait(lambda: is_ready(cluster), 30)
    node = cluster.kubelet.crio.node
    kubeconfig = node.folder / "kubeconfig"
    kubeconfig.write_text(cluster.server.kubeconfig)
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--stories", "none"]
    options = ["--cluster", str(kubeconfig), "--cluster-registry", REGISTRY, "--pyargs", "conformance.suite.kubelet"]
    xml = node.folder / "junit.xml"
    tmpdir = node.folder / "tmp"
    tmpdir.mkdir()
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"HOME": str(node.folder), "TMPDIR": str(tmpdir)}
    process = node.spawn([*command, f"--junitxml={xml}", *options], environment, "pytest.log")
    cluster.wait(lambda: process.wait(0), SECONDS)
    log = process.log.read_text()
    assert process.status() == 0, log
    assert "on the node node (Kubernetes" in log
    assert "cluster is somebody's" in log, "and why others were not run"
    passed = [line for line in log.splitlines() if " passed" in line]
    assert int(passed[-1].split(" passed")[0].split()[-1]) >= 9, log
    assert cluster.api.namespaces(LABEL), "it made a namespace of its own"
    assert cluster.api.pods() == [], "and left the others alone"
