"""A proxy between a kubelet and an API server: what goes through, what is shown, and who may ask."""

import json
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from http.client import HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from kubernetes.client import ApiClient
from kubernetes.client import Configuration as ClientConfiguration

from conformance.kubelet.api_proxy import APIProxy
from conformance.registry_hosts.internet import loopback
from tests.kubelet.fake_api_server import FakeAPIServer, serve_api

PATIENCE = 20.0


@pytest.fixture
def server() -> Iterator[FakeAPIServer]:
    with serve_api() as serving:
        yield serving


@pytest.fixture
def proxy(server: FakeAPIServer) -> Iterator[APIProxy]:
    with APIProxy(loopback("tcp", "", 0), server.client, "ours") as serving:
        yield serving


def ask(proxy: APIProxy, method: str, target: str, body: object = None, *, token: str | None = None) -> HTTPResponse:
    """Ask as a kubelet does, by the kubeconfig that there is for it."""
    config: dict[str, Any] = json.loads(proxy.kubeconfig)
    cluster = config["clusters"][0]["cluster"]
    url = urlsplit(cluster["server"])
    context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
    connection = HTTPSConnection(str(url.hostname), url.port, context=context, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {token or config['users'][0]['user']['token']}", "Accept": "application/json"}
    connection.request(method, target, json.dumps(body).encode() if body else None, headers)
    return connection.getresponse()


def test_what_is_asked_and_answered_goes_through(server: FakeAPIServer, proxy: APIProxy) -> None:
    node = {"metadata": {"name": "node"}}
    made = ask(proxy, "POST", "/api/v1/nodes", node)
    assert (made.status, json.loads(made.read())) == (201, node)
    assert json.loads(ask(proxy, "GET", "/api/v1/nodes/node?resourceVersion=0").read()) == node
    assert ask(proxy, "GET", "/api/v1/secrets/none").status == 404
    assert server.asked == [
        ("POST", "/api/v1/nodes", {}),
        ("GET", "/api/v1/nodes/node", {"resourceVersion": ["0"]}),
        ("GET", "/api/v1/secrets/none", {}),
    ]


@pytest.mark.parametrize(
    ("query", "selected"),
    [("", "metadata.namespace=ours"), ("?fieldSelector=spec.nodeName%3Dn", "spec.nodeName=n,metadata.namespace=ours")],
)
def test_only_pods_of_the_namespace_are_shown(
    server: FakeAPIServer, proxy: APIProxy, query: str, selected: str
) -> None:
    assert ask(proxy, "GET", f"/api/v1/pods{query}").status == 200
    assert ask(proxy, "GET", "/api/v1/namespaces/ours/pods?watch=1").status == 200
    assert [query for _, _, query in server.asked] == [{"fieldSelector": [selected]}, {"watch": ["1"]}]


def test_who_has_another_token_learns_nothing(server: FakeAPIServer, proxy: APIProxy) -> None:
    answer = ask(proxy, "GET", "/api/v1/nodes", token="guessed")
    assert (answer.status, answer.read(), server.asked) == (401, b"", [])


def test_a_server_that_is_gone_is_told() -> None:
    with serve_api() as gone:
        client = gone.client
    with APIProxy(loopback("tcp", "", 0), client, "ours") as proxy:
        assert ask(proxy, "GET", "/api/v1/nodes").status == 502


class Watched(BaseHTTPRequestHandler):
    """Answers a watch: an event at once, and the next when that was seen."""

    seen = threading.Event()
    over = threading.Event()
    asked_as: str | None = None

    def do_GET(self) -> None:
        Watched.asked_as = self.headers["Authorization"]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"first\n")
        self.wfile.flush()
        if self.seen.wait(PATIENCE):
            self.wfile.write(b"second\n")
            self.over.wait(PATIENCE)


def test_a_watch_is_passed_on_as_it_comes_and_asked_for_as_the_client() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Watched) as behind:
        threading.Thread(target=behind.serve_forever, daemon=True).start()
        configuration = ClientConfiguration(
            host=f"http://127.0.0.1:{behind.server_port}", api_key={"authorization": "Bearer key"}
        )
        with APIProxy(loopback("tcp", "", 0), ApiClient(configuration), "ours") as proxy:
            answer = ask(proxy, "GET", "/api/v1/pods?watch=1")
            assert answer.readline() == b"first\n"
            Watched.seen.set()
            assert answer.readline() == b"second\n"
            begin = time.monotonic()
        assert time.monotonic() - begin < PATIENCE / 2, "nobody waits for its end"
        Watched.over.set()
        behind.shutdown()
    assert Watched.asked_as == "Bearer key"
