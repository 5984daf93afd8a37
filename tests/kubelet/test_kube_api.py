"""What is asked of an API server, and what is read off its answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.kubelet.kube_api import ClusterError, KubeAPI, events_in_order
from conformance.kubelet.messages import Event
from tests.kubelet.fake_api_server import FakeAPIServer, serve_api


@pytest.fixture
def server() -> Iterator[FakeAPIServer]:
    with serve_api() as server:
        yield server


@pytest.fixture
def api(server: FakeAPIServer) -> Iterator[KubeAPI]:
    api = KubeAPI(server.client)
    api.create_namespace({"made-by": "us"})
    yield api
    api.close()


def pod(name: str) -> dict[str, Any]:
    volumes = [{"name": "v", "image": {"reference": "a"}}]
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c"}], "volumes": volumes}}


def test_everything_is_in_a_namespace_of_its_own(server: FakeAPIServer, api: KubeAPI) -> None:
    api.create_secret({"metadata": {"name": "s"}, "stringData": {"a": "b"}})
    api.create_pod(pod("p"))
    path = f"/api/v1/namespaces/{api.namespace}"
    assert set(server.objects) == {path, f"{path}/secrets/s", f"{path}/pods/p"}
    api.delete_pods()
    assert server.asked[-1] == ("DELETE", f"{path}/pods", {"gracePeriodSeconds": ["0"]})
    assert set(server.objects) == {path, f"{path}/secrets/s"}
    assert api.namespaces("made-by") == {api.namespace: "us"}
    api.delete_namespace(api.namespace)
    assert server.objects == {}


def test_a_pod_is_read_as_the_server_has_it(server: FakeAPIServer, api: KubeAPI) -> None:
    api.create_pod(pod("p"))
    server.objects[f"/api/v1/namespaces/{api.namespace}/pods/p"]["status"] = {"of": ["a newer release"]}
    assert api.pod("p")["status"] == {"of": ["a newer release"]}
    assert [each["metadata"]["name"] for each in api.pods()] == ["p"]
    assert api.pod("another") == {}


def test_nodes_are_read_by_name(server: FakeAPIServer, api: KubeAPI) -> None:
    server.objects["/api/v1/nodes/one"] = {"metadata": {"name": "one"}, "status": {}}
    assert api.nodes() == {"one": {"metadata": {"name": "one"}, "status": {}}}


def test_the_events_of_a_pod_are_asked_for_by_its_name(server: FakeAPIServer, api: KubeAPI) -> None:
    assert api.events("p") == []
    ((_, path, query),) = [each for each in server.asked if each[1].endswith("events")]
    assert (path, query["fieldSelector"]) == (
        f"/api/v1/namespaces/{api.namespace}/events",
        ["involvedObject.kind=Pod,involvedObject.name=p"],
    )


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ((403, b'{"kind": "Status", "message": "you may not"}'), "refuses create_namespaced_pod: you may not"),
        ((503, b"<html>"), "refuses create_namespaced_pod: 503 Service Unavailable"),
        ((200, b"<html>"), "does not answer create_namespaced_pod: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_what_is_refused_is_one_sentence(
    server: FakeAPIServer, api: KubeAPI, refusal: tuple[int, bytes], sentence: str
) -> None:
    server.refusal = refusal
    with pytest.raises(ClusterError) as caught:
        api.create_pod(pod("p"))
    assert str(caught.value) == f"the API server {sentence}"


def test_where_nobody_listens_is_one_sentence() -> None:
    with serve_api() as server:
        api = KubeAPI(server.client)
    with pytest.raises(ClusterError, match=r"^the API server does not answer list_node: .*refused"):
        api.nodes()


def event(name: str, at: int, reason: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": f"p.{name}", "creationTimestamp": f"2026-01-01T00:00:{at:02}Z"}
    return {"metadata": metadata, "reason": reason, "message": f"{reason}!", **more}


def test_events_come_in_the_order_in_which_each_first_came() -> None:
    items = [event("18a3", 2, "Failed", count=3), event("18a1", 2, "Pulling", count=2), event("ffff", 1, "Scheduled")]
    events = events_in_order(items)
    assert events == [Event("Scheduled", "Scheduled!"), Event("Pulling", "Pulling!"), Event("Failed", "Failed!")]
    assert [each.count for each in events] == [1, 2, 3]
