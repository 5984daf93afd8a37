"""Registries in containers for tests, and a Docker engine that is none: an HTTP server on a Unix socket."""

import http.server
import os
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.registry_containers.engine import RegistryContainerError
from conformance.registry_containers.registry_container import RegistryContainer
from conformance.registry_containers.registry_image import BASE, BASE_VARIABLE


def base() -> str:
    """Give the base image that tests build from, as a run would choose it."""
    return os.environ.get(BASE_VARIABLE) or BASE


@contextmanager
def registry(way: str, files: Mapping[str, bytes] | None = None) -> Iterator[RegistryContainer]:
    """Start a registry; the test is skipped where no container can be had."""
    try:
        made = RegistryContainer(way, files, base())
    except RegistryContainerError as error:
        pytest.skip(str(error))
    with made:
        yield made


MISSING = (404, b'{"message": "No such image"}')


class _Engine(socketserver.ThreadingUnixStreamServer):
    """Answers every request alike."""

    daemon_threads = True


@contextmanager
def fake_engine(path: Path, answers: Mapping[str, tuple[int, bytes]]) -> Iterator[None]:
    """Serve on that socket; ``answers`` by the end of the path that is asked, and what has none is not found."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def address_string(self) -> str:
            return "socket"

        def log_message(self, *_: Any) -> None:
            pass

        def answer(self) -> None:
            asked = self.path.partition("?")[0]
            status, body = next((told for end, told in answers.items() if asked.endswith(end)), MISSING)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 (http.server's names)

    with _Engine(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
