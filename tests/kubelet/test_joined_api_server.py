"""Joining somebody's cluster with a node of ours, and leaving it as it was."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.kubelet.joined_api_server import JoinedAPIServer
from conformance.kubelet.traces import LABEL
from conformance.node.maker import is_gone, this_maker
from conformance.registry_hosts.internet import loopback
from tests.kubelet.fake_api_server import FakeAPIServer, serve_api

GONE = f"{Path('/proc/self/ns/pid').stat().st_ino}-4194305-1"
"""A process that there cannot be: its number is beyond the greatest."""
ON = cast("Any", SimpleNamespace(bind=loopback))
"""A node in this machine's network, with any port."""


@pytest.fixture
def server() -> Iterator[FakeAPIServer]:
    with serve_api() as serving:
        yield serving


def labelled(server: FakeAPIServer, maker: str) -> None:
    """Let there be a node and a namespace of such a maker."""
    for kind in ("nodes", "namespaces"):
        name = f"conformance-{len(server.objects)}"
        server.objects[f"/api/v1/{kind}/{name}"] = {"metadata": {"name": name, "labels": {LABEL: maker}}}


def names(server: FakeAPIServer, kind: str) -> list[str]:
    return [path.rpartition("/")[2] for path in server.objects if path.startswith(f"/api/v1/{kind}/")]


def test_it_has_a_namespace_and_a_node_to_which_nobody_elses_pods_come(server: FakeAPIServer) -> None:
    with JoinedAPIServer(server.client, ON) as joined:
        joined.admit("conformance-x")
        assert names(server, "namespaces") == [joined.api.namespace]
        node = server.objects["/api/v1/nodes/conformance-x"]
        assert node["spec"]["taints"] == [{"key": "crio-conformance", "effect": "NoExecute"}]
        assert node["metadata"]["labels"] == {LABEL: this_maker()}, "and none that a DaemonSet selects"
        assert not joined.registers
    assert server.objects == {}


def test_pods_that_others_bind_to_the_node_go_with_it(server: FakeAPIServer) -> None:
    with JoinedAPIServer(server.client, ON) as joined:
        joined.admit("conformance-x")
        server.objects["/api/v1/pods/theirs"] = {"metadata": {"name": "theirs", "namespace": "kube-system"}}
    asked = [(method, path) for method, path, _ in server.asked]
    assert ("DELETE", "/api/v1/namespaces/kube-system/pods/theirs") in asked
    assert [query for _, path, query in server.asked if path == "/api/v1/pods"] == [
        {"fieldSelector": ["spec.nodeName=conformance-x"]}
    ]


def test_what_killed_runs_left_goes_and_what_others_have_stays(server: FakeAPIServer) -> None:
    assert is_gone(GONE)
    labelled(server, GONE)
    labelled(server, this_maker())
    theirs = set(server.objects) - {each for each in server.objects if each.endswith(("-0", "-1"))}
    with JoinedAPIServer(server.client, ON) as joined:
        assert set(server.objects) - {f"/api/v1/namespaces/{joined.api.namespace}"} == theirs
    assert set(server.objects) == theirs
