"""An API server that only pretends: it keeps what it is given below ``/api/v1``, and says nothing but that."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kubernetes.client import ApiClient
from kubernetes.client import Configuration as ClientConfiguration


class FakeAPIServer:
    """``objects`` are what it holds, by path; ``asked`` the requests, each a method, a path and the query."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.objects: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []
        self.refusal: tuple[int, bytes] | None = None

    @property
    def client(self) -> ApiClient:
        return ApiClient(ClientConfiguration(host=self.url, no_proxy="*", retries=False))

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Answer a request."""
        url = urlsplit(target)
        self.asked.append((method, url.path, parse_qs(url.query)))
        if self.refusal:
            return self.refusal
        if method == "POST":
            made = json.loads(body)
            self.objects[f"{url.path}/{made['metadata']['name']}"] = made
            return 201, body
        below = [each for path, each in self.objects.items() if path.rpartition("/")[0] == url.path]
        found = self.objects.get(url.path) or ({"kind": "List", "items": below} if below else None)
        if method == "DELETE":
            self.objects = {path: each for path, each in self.objects.items() if not path.startswith(url.path)}
            return 200, b'{"kind": "Status", "status": "Success"}'
        if found is None and not url.path.endswith(("pods", "nodes", "events", "namespaces")):
            return 404, b'{"kind": "Status", "status": "Failure", "message": "there is none", "code": 404}'
        return 200, json.dumps(found or {"kind": "List", "items": []}).encode()


@contextmanager
def serve_api() -> Iterator[FakeAPIServer]:
    """Serve one on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = served.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            """Answer."""
            self._do()

        def do_POST(self) -> None:
            """Answer."""
            self._do()

        def do_DELETE(self) -> None:
            """Answer."""
            self._do()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = FakeAPIServer(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
