"""The fixtures of cases, users' own among them.

``runtime``, ``startup_error``, ``pod``, ``teller``, ``kubelet``, ``cluster``, ``node``, ``docker_io``, ``quay_io``,
``registry_k8s_io``, ``ghcr_io``, ``registry``, ``internet``, ``release``; ``containers`` and ``bridge``, which
only say what a case needs; and ``configuration``, which a case overrides to have CRI-O configured otherwise.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from conformance.plugin.lifecycle import run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.evidence.evidence import Cursor
    from conformance.kubelet import Pod
    from conformance.kubelet.api_server import APIServer
    from conformance.kubelet.cluster import Cluster
    from conformance.kubelet.pod_teller import PodTeller
    from conformance.kubelet.process import KubeletProcess
    from conformance.model.release import Release
    from conformance.node import Node
    from conformance.registry_hosts import Internet, RegistryHost
    from conformance.runtime.cluster_runtime import ClusterRuntime
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.node_inspector import NodeInspector
    from conformance.runtime.runtime import Runtime
    from conformance.targets.cluster_target import ClusterToJoin
    from conformance.targets.run import Run
    from conformance.targets.target import Target

CURSOR: pytest.StashKey[tuple[Runtime, Cursor]] = pytest.StashKey()
"""Where a case keeps its runtime, and the place in the records at which it began."""

BROKEN: pytest.StashKey[bool] = pytest.StashKey()
"""Whether a case failed on a live runtime, which no other case gets then."""


@pytest.fixture
def configuration() -> Configuration:
    """How CRI-O is configured for a case: docker.io and quay.io in the search list, tried in that order."""
    from conformance.runtime.configuration import Configuration

    return Configuration()


@pytest.fixture
def runtime(request: pytest.FixtureRequest, configuration: Configuration) -> Iterator[Runtime]:
    """A running CRI-O, or other runtime, with that configuration and an empty store, in a world of its own."""
    run = run_of(request.config)
    if why := _silent(request.node, run.target):
        pytest.skip(why)
    running = run.pool.get(configuration)
    request.node.stash[CURSOR] = (running, running.evidence.cursor())
    yield running
    try:
        running.reset()
    except BaseException:
        running.dirty = True
        raise
    if request.node.stash.get(BROKEN, False):
        running.dirty = True


@pytest.fixture
def startup_error(request: pytest.FixtureRequest, configuration: Configuration) -> str:
    """What the runtime says when it does not start with that configuration; empty where it starts."""
    from conformance.runtime.runtime import RuntimeFailedError

    run = run_of(request.config)
    if why := _silent(request.node, run.target) or run.target.unstartable_reason:
        pytest.skip(why)
    try:
        run.pool.get(configuration)
    except RuntimeFailedError as error:
        return str(error)
    return ""


def _silent(item: pytest.Item, target: Target) -> str:
    """Say why a case does not speak of what the run is about; nothing where it does."""
    if target.marker and item.get_closest_marker(target.marker) is None:
        return target.unmarked_reason
    from packaging.specifiers import InvalidSpecifier

    for mark in item.iter_markers("releases"):
        try:
            if not target.is_crio_within(mark.args[0]):
                return f"speaks of CRI-O {mark.args[0]}: {mark.args[1]}"
        except InvalidSpecifier:
            pytest.fail(f"the mark releases has {mark.args[0]!r}: write a range such as >=1.35,<1.37", pytrace=False)
    return ""


@pytest.fixture
def release(runtime: Runtime) -> Release:
    """The CRI-O release that is running."""
    return runtime.release


@pytest.fixture
def internet(runtime: Runtime) -> Internet:
    """The internet around CRI-O; ``internet.host(name)`` gives any registry host."""
    _needs(runtime, "registries")
    return runtime.internet


@pytest.fixture
def docker_io(internet: Internet) -> RegistryHost:
    """The registry host docker.io, with nothing to offer yet."""
    return internet.host("docker.io")


@pytest.fixture
def quay_io(internet: Internet) -> RegistryHost:
    """The registry host quay.io, with nothing to offer yet."""
    return internet.host("quay.io")


@pytest.fixture
def registry_k8s_io(internet: Internet) -> RegistryHost:
    """The registry host registry.k8s.io, with nothing to offer yet but what pods need."""
    return internet.host("registry.k8s.io")


@pytest.fixture
def ghcr_io(internet: Internet) -> RegistryHost:
    """The registry host ghcr.io, with nothing to offer yet."""
    return internet.host("ghcr.io")


@pytest.fixture
def registry(runtime: Runtime) -> RegistryHost:
    """A registry host that any runtime can pull from by its full name, with nothing to offer yet."""
    return runtime.registry


@pytest.fixture
def node(runtime: Runtime, containers: None) -> NodeInspector:
    """The machine below the runtime, as its administrator sees it."""
    del containers
    from conformance.runtime.crio import Crio
    from conformance.runtime.node_inspector import NodeInspector

    if not isinstance(runtime, Crio):
        pytest.skip(f"needs the capability configurable: {runtime.why_lacking('configurable')}")
    return NodeInspector(runtime)


@pytest.fixture
def kubelet(request: pytest.FixtureRequest, runtime: Runtime, containers: None) -> Iterator[KubeletProcess]:
    """A real kubelet that runs static pods on the CRI-O of that configuration."""
    del containers
    from conformance.kubelet.process import shared_kubelet
    from conformance.runtime.crio import Crio

    run = run_of(request.config)
    if run.kubelet is None or not isinstance(runtime, Crio):
        pytest.skip(f"needs the capability kubelet: {run.why_lacking('kubelet', runtime)}")
    with shared_kubelet(runtime, run.kubelet).at_work() as kubelet:
        yield kubelet


@pytest.fixture
def cluster(request: pytest.FixtureRequest, runtime: Runtime, containers: None) -> Iterator[Cluster]:
    """A cluster whose node runs pods on the CRI-O of that configuration."""
    del containers
    with _shared_cluster(run_of(request.config), runtime).at_work() as cluster:
        yield cluster


def _shared_cluster(run: Run, runtime: Runtime) -> Cluster:
    """Give the cluster of a runtime: one in its world, one that it joins, or one that it is a node of."""
    from conformance.runtime.cluster_runtime import ClusterRuntime
    from conformance.runtime.crio import Crio

    if isinstance(runtime, ClusterRuntime):
        return _somebodys_cluster(run.target, runtime)
    if run.cluster is None or run.kubelet is None:
        pytest.skip(f"needs the capability cluster: {run.why_lacking('cluster', runtime)}")
    from conformance.kubelet.kubelet_cluster import joined_cluster, world_cluster
    from conformance.releases.control_plane_programs import ControlPlanePrograms

    assert isinstance(runtime, Crio)  # noqa: S101 (containers run on no other)
    if isinstance(run.cluster, ControlPlanePrograms):
        return world_cluster(runtime, run.cluster, run.kubelet)
    return joined_cluster(runtime, partial(_join, run.cluster, runtime.node), run.kubelet)


def _join(cluster: ClusterToJoin, node: Node) -> APIServer:
    """Join somebody's cluster with a node."""
    from conformance.kubelet.joined_api_server import JoinedAPIServer
    from conformance.targets.cluster_target import client_of

    return JoinedAPIServer(client_of(cluster.kubeconfig), node)


def _somebodys_cluster(target: Target, runtime: ClusterRuntime) -> Cluster:
    """Give a cluster that already runs; what is in the way of its pods is no case's fault, and ends the run."""
    from conformance.kubelet.kube_api import ClusterError, KubeAPI
    from conformance.kubelet.somebodys_cluster import SomebodysCluster
    from conformance.runtime.runtime import RuntimeFailedError
    from conformance.targets.cluster_target import ClusterTarget, client_of

    assert isinstance(target, ClusterTarget)  # noqa: S101 (which started the runtime)
    try:
        return runtime.attach(
            target.node,
            lambda _: SomebodysCluster(KubeAPI(client_of(target.kubeconfig)), target.node, target.kubernetes, runtime),
        )
    except (ClusterError, RuntimeFailedError) as error:
        pytest.exit(f"--cluster {target.kubeconfig}: {error}", returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(params=["sync", "kubelet", "cluster"])
def teller(request: pytest.FixtureRequest, runtime: Runtime, containers: None) -> Iterator[PodTeller]:
    """Who runs pods and tells of them: our pod sync, a kubelet with static pods, a cluster; a case for each."""
    del containers
    if request.param != "sync":
        yield request.getfixturevalue(request.param)
        return
    _needs(runtime, "cri")
    from conformance.kubelet.synced_pods import PodSyncTeller

    kubelet = run_of(request.config).kubelet
    with PodSyncTeller(runtime, kubelet.release if kubelet else runtime.release) as syncing:
        yield syncing


@pytest.fixture
def containers(runtime: Runtime) -> None:
    """Nothing; a case that takes it looks into running containers."""
    _needs(runtime, "containers")


@pytest.fixture
def bridge(runtime: Runtime, containers: None) -> None:
    """Nothing; a case that takes it has pods on a network of their own."""
    del containers
    _needs(runtime, "bridge")


def _needs(runtime: Runtime, capability: str) -> None:
    """Skip a case whose runtime lacks a capability."""
    if why := runtime.why_lacking(capability):
        pytest.skip(f"needs the capability {capability}: {why}")


@pytest.fixture
def pod(runtime: Runtime) -> Iterator[Pod]:
    """A pod on the host's network; on the simulator, pods are records."""
    _needs(runtime, "pods")
    from conformance.kubelet import Pod

    with Pod(runtime) as pod:
        yield pod
