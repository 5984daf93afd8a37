"""The runs of pytest on a cluster: the suite on its nodes' CRI-O, and what the cluster itself tells."""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.children import run_to_end
from conformance.kind.kind_cluster import KindCluster

PYTEST = (sys.executable, "-m", "pytest", "--pyargs", "conformance.suite")


def run_on_nodes(cluster: KindCluster, results: Path, arguments: Sequence[str]) -> int:
    """Run the suite on the nodes that it may have for itself, a worker for each; give pytest's exit code.

    They join the cluster, which is the third that tells of pods.
    """
    nodes = cluster.workers
    which = ["--runtime", f"container:{','.join(nodes)}", "-n", str(len(nodes)), "--max-worker-restart=0"]
    which.append(f"--cluster={cluster.kubeconfig}")  # of what follows a blank pytest takes a path for its own
    return run_to_end([*PYTEST, *which, f"--junitxml={results / 'junit_nodes.xml'}", *arguments])


def run_on_cluster(cluster: KindCluster, results: Path, arguments: Sequence[str]) -> int:
    """Run what a cluster tells of nodes as they are, and give pytest's exit code.

    A registry of the run listens on this machine's address on the nodes' network.
    """
    registry = f"{cluster.gateway}:{_free_port(cluster.gateway)}"
    cluster.let_pull_from(registry)
    which = [f"--cluster={cluster.kubeconfig}", "--cluster-registry", registry, "-n", "0", "-m", "cluster"]
    return run_to_end([*PYTEST, *which, f"--junitxml={results / 'junit_cluster.xml'}", *arguments])


def exit_code(codes: Sequence[int]) -> int:
    """Give the one exit code of several runs: the first that is neither success nor "no cases", else the best."""
    told = [code for code in codes if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}]
    return told[0] if told else min(codes)


def _free_port(address: str) -> int:
    with socket.socket() as tried:
        tried.bind((address, 0))
        return int(tried.getsockname()[1])
