"""A client inside the pretend internet, whose sockets are bound to free ports of this machine."""

import http.client
import json
import socket
import ssl
import urllib.parse
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import dns.message
import dns.query

from conformance.registry_hosts import Exchange, Internet, Login, RegistryHost
from conformance.registry_hosts.internet import authority

SECONDS = 10


@cache
def trusting() -> ssl.SSLContext:
    """Trust the internet's authority, and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


@dataclass(frozen=True)
class Answer:
    """An answer, and what was on record when its first line arrived."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    exchange: Exchange

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        (error,) = self.json["errors"]
        return self.status, error["code"], error["message"]


@dataclass
class Wires:
    """Binds the internet's sockets to free ports of this machine, and reaches them by the names of the internet."""

    ports: dict[tuple[str, str], int] = field(default_factory=dict)
    sockets: list[socket.socket] = field(default_factory=list)

    def bind(self, kind: str, address: str, port: int) -> socket.socket:
        assert port == {"tcp": 443, "udp": 53}[kind]
        handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        handle.bind(("127.0.0.1", 0))
        self.ports[kind, address] = handle.getsockname()[1]
        self.sockets.append(handle)
        return handle

    def resolve(self, name: str, record: str = "A") -> dns.message.Message:
        port = next(port for (kind, _), port in self.ports.items() if kind == "udp")
        return dns.query.udp(dns.message.make_query(name, record), "127.0.0.1", timeout=SECONDS, port=port)

    def connect(self, name: str) -> ssl.SSLSocket:
        port = self.ports["tcp", str(self.resolve(name).answer[0][0])]
        return trusting().wrap_socket(socket.create_connection(("127.0.0.1", port), SECONDS), server_hostname=name)


class Web:
    """An HTTP client inside the internet."""

    def __init__(self) -> None:
        self.wires = Wires()
        self.internet = Internet(self.wires.bind)

    def ask(
        self, url: str, *, method: str = "GET", token: str = "", login: Login | None = None, auth: str = ""
    ) -> Answer:
        parts = urllib.parse.urlsplit(url)
        if login:
            auth = "Basic " + b64encode(f"{login.user}:{login.password}".encode()).decode()
        headers = {"Authorization": f"Bearer {token}" if token else auth} if token or auth else {}
        mark = self.internet.recorder.position()
        connection = http.client.HTTPSConnection(parts.netloc, context=trusting())
        connection.sock = self.wires.connect(parts.netloc)
        try:
            connection.request(method, urllib.parse.urlunsplit(("", "", *parts[2:])), headers=headers)
            response = connection.getresponse()
            (exchange,) = self.internet.recorder.since(mark)
            assert isinstance(exchange, Exchange)
            return Answer(response.status, response.headers, response.read(), exchange)
        finally:
            connection.close()

    def token(self, host: RegistryHost, name: str, login: Login | None = None) -> str:
        personality = host.personality
        if not personality.realm:
            return ""
        query = urllib.parse.urlencode({"service": personality.service, "scope": f"repository:{name}:pull"})
        answer = self.ask(f"{personality.realm}?{query}", login=login)
        assert answer.status in {200, 401, 403}, answer
        return str(answer.json.get("token", ""))

    def get(self, host: RegistryHost, path: str, *, method: str = "GET", login: Login | None = None) -> Answer:
        """Ask as a client does: with a token where the host wants one, and following redirects."""
        token = self.token(
            host, path.partition("/manifests/")[0].partition("/blobs/")[0].removesuffix("/tags/list"), login
        )
        answer = self.ask(f"https://{host.personality.servers[0]}/v2/{path}", method=method, token=token)
        while answer.status in {302, 307}:
            answer = self.ask(answer.headers["Location"], method=method)
        return answer
