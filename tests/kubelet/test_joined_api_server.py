"""Joining somebody's cluster with a node of ours, and leaving it as it was."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes.client import ApiClient
from kubernetes.client import Configuration as ClientConfiguration

from conformance.kubelet.joined_api_server import JoinedAPIServer, kubeconfig_for
from conformance.kubelet.traces import LABEL
from conformance.node.maker import is_gone, this_maker
from tests.kubelet.fake_api_server import FakeAPIServer, serve_api

GONE = f"{Path('/proc/self/ns/pid').stat().st_ino}-4194305-1"
"""A process that there cannot be: its number is beyond the greatest."""


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
    with JoinedAPIServer(server.client, "https://192.0.2.1:6443") as joined:
        joined.admit("conformance-x")
        assert names(server, "namespaces") == [joined.api.namespace]
        node = server.objects["/api/v1/nodes/conformance-x"]
        assert node["spec"]["taints"] == [{"key": "crio-conformance", "effect": "NoExecute"}]
        assert node["metadata"]["labels"] == {LABEL: this_maker()}, "and none that a DaemonSet selects"
        assert not joined.registers
    assert server.objects == {}


def test_what_killed_runs_left_goes_and_what_others_have_stays(server: FakeAPIServer) -> None:
    assert is_gone(GONE)
    labelled(server, GONE)
    labelled(server, this_maker())
    theirs = set(server.objects) - {each for each in server.objects if each.endswith(("-0", "-1"))}
    with JoinedAPIServer(server.client, "https://192.0.2.1:6443") as joined:
        assert set(server.objects) - {f"/api/v1/namespaces/{joined.api.namespace}"} == theirs
    assert set(server.objects) == theirs


def test_a_kubelet_is_known_by_what_the_client_is_known_by(tmp_path: Path) -> None:
    configuration = ClientConfiguration(host="https://127.0.0.1:39001")
    for name in ("ssl_ca_cert", "cert_file", "key_file"):
        (tmp_path / name).write_text(name)
        setattr(configuration, name, str(tmp_path / name))
    written = json.loads(kubeconfig_for(ApiClient(configuration), "https://192.0.2.1:6443"))
    cluster, user = written["clusters"][0]["cluster"], written["users"][0]["user"]
    assert (cluster["server"], cluster["tls-server-name"]) == ("https://192.0.2.1:6443", "127.0.0.1")
    held = [cluster["certificate-authority-data"], user["client-certificate-data"], user["client-key-data"]]
    assert [b64decode(each).decode() for each in held] == ["ssl_ca_cert", "cert_file", "key_file"]
    assert "token" not in user
    configuration = ClientConfiguration(host="https://api.example:6443", api_key={"authorization": "Bearer secret"})
    written = json.loads(kubeconfig_for(ApiClient(configuration), "https://192.0.2.1:6443"))
    assert written["users"][0]["user"] == {"token": "secret"}
    assert "certificate-authority-data" not in written["clusters"][0]["cluster"]
