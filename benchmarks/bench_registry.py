"""How fast the registry side of a world answers, and which share of a pull that is.

The pretend internet is served from one process and asked from another: first for manifests over one TLS connection
that is kept open, then for all that a client wants for one pull (a new TLS connection, ping, token, manifest, and
config and layer by way of the host's blob server). ``--pull`` is what a whole pull costs on a live CRI-O: while the
registry side is a small share of that, it is not what a run waits for.
"""

import argparse
import http.client
import json
import multiprocessing
import socket
import ssl
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

from conformance.registry_hosts import Internet
from conformance.registry_hosts.internet import authority
from conformance.registry_hosts.personality import WELL_KNOWN

HOST = "docker.io"
SERVER = WELL_KNOWN[HOST].servers[0]
REALM = WELL_KNOWN[HOST].realm
REPOSITORY = "rhuss/caikit-flan-t5-small"


class Measured(NamedTuple):
    """What was measured: how often in all, and how long all of it took, in seconds."""

    name: str
    times: int
    seconds: float

    @property
    def milliseconds(self) -> float:
        """How long one took, in milliseconds."""
        return 1000 * self.seconds / self.times


class Client:
    """Asks the servers of the internet, whose names are at these ports of 127.0.0.1."""

    def __init__(self, ports: Mapping[str, int], certificate: str) -> None:
        self.ports = ports
        self.context = ssl.create_default_context(cadata=certificate)

    def connect(self, name: str) -> http.client.HTTPSConnection:
        """Open a TLS connection to a server."""
        connection = http.client.HTTPSConnection(name, context=self.context)
        plain = socket.create_connection(("127.0.0.1", self.ports[name]))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = self.context.wrap_socket(plain, server_hostname=name)
        return connection

    def get(self, connection: http.client.HTTPSConnection, url: str, token: str = "") -> tuple[int, str, bytes]:
        """Ask for one thing; give status, ``Location`` and body."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        return response.status, response.headers.get("Location", ""), response.read()

    def token(self) -> str:
        """Fetch a token, over a connection of its own."""
        connection = self.connect(urlsplit(REALM).netloc)
        _, _, body = self.get(connection, f"{REALM}?service={HOST}&scope=repository:{REPOSITORY}:pull")
        connection.close()
        return str(json.loads(body)["token"])


def manifests(client: Client, count: int) -> Measured:
    """Measure manifests over one connection."""
    token = client.token()
    connection = client.connect(SERVER)
    begin = time.perf_counter()
    for _ in range(count):
        status, _, _ = client.get(connection, f"/v2/{REPOSITORY}/manifests/latest", token)
        _expect(status, 200)
    seconds = time.perf_counter() - begin
    connection.close()
    return Measured("manifest, connection kept", count, seconds)


def pulls(client: Client, count: int) -> Measured:
    """Measure what the registry side does for a pull."""
    begin = time.perf_counter()
    for _ in range(count):
        _pull(client)
    return Measured("pull-like sequence", count, time.perf_counter() - begin)


def _pull(client: Client) -> None:
    """Ask what a client asks for one pull of one image with one layer."""
    connection = client.connect(SERVER)
    _expect(client.get(connection, "/v2/")[0], 401)
    token = client.token()
    status, _, body = client.get(connection, f"/v2/{REPOSITORY}/manifests/latest", token)
    _expect(status, 200)
    manifest = json.loads(body)
    store: http.client.HTTPSConnection | None = None
    for blob in (manifest["config"], *manifest["layers"]):
        status, location, _ = client.get(connection, f"/v2/{REPOSITORY}/blobs/{blob['digest']}", token)
        _expect(status, 307)
        store = store or client.connect(urlsplit(location).netloc)
        status, _, data = client.get(store, location)
        _expect(status, 200)
        _expect(len(data), blob["size"])
    connection.close()
    if store is not None:
        store.close()


def _expect(seen: int, wanted: int) -> None:
    """Stop when the registry does not answer as it should: then there is nothing to measure."""
    if seen != wanted:
        msg = f"the registry answered {seen} where {wanted} was expected"
        raise SystemExit(msg)


def serve(pipe: Connection, size: int) -> None:
    """Serve one image on docker.io; say where the servers are, and stop when the pipe says so."""
    bound: dict[str, int] = {}

    def bind(kind: str, address: str, _: int) -> socket.socket:
        """Give a socket on a free port of this machine."""
        handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        handle.bind(("127.0.0.1", 0))
        if kind == "tcp":
            bound[address] = handle.getsockname()[1]
        return handle

    with Internet(bind) as internet:
        host = internet.host(HOST)
        host.offer(REPOSITORY, files={"weights": Random(1).randbytes(size)})  # noqa: S311 (bytes that do not compress)
        places = (line.split() for line in internet.hosts_file.splitlines())
        pipe.send(({name: bound[address] for address, name in places}, authority().cert_pem.bytes().decode()))
        pipe.recv()


def measure(arguments: argparse.Namespace) -> list[Measured]:
    """Start the server in a process of its own, and ask it."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there, arguments.layer))
    server.start()
    try:
        client = Client(*here.recv())
        return [manifests(client, arguments.manifests), pulls(client, arguments.pulls)]
    finally:
        here.send(None)
        server.join()


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifests", type=int, default=2000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--pulls", type=int, default=200, metavar="N", help="how many sequences (default: %(default)s)")
    parser.add_argument("--layer", type=int, default=1 << 16, metavar="BYTES", help="its size (default: %(default)s)")
    parser.add_argument("--pull", type=float, default=45.0, metavar="MS", help="a pull's cost (default: %(default)s)")
    arguments = parser.parse_args()
    measured = measure(arguments)
    print(f"{'':<28}{'count':>8}{'per second':>12}{'ms each':>10}{f'of {arguments.pull:g} ms':>12}")
    for each in measured:
        share = each.milliseconds / arguments.pull
        print(
            f"{each.name:<28}{each.times:>8}{1000 / each.milliseconds:>12.0f}{each.milliseconds:>10.2f}{share:>12.1%}"
        )


if __name__ == "__main__":
    main()
