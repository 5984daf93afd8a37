"""A registry that answers by a script, over HTTP without TLS, and records the requests that it was sent."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from aiohttp import web

from conformance.model.answers import Answer, Login, RegistryRequest
from conformance.registry_client import PullClient
from conformance.registry_hosts import Internet
from conformance.registry_hosts.internet import authority

HOST = "r.example"
ASK = RegistryRequest(HOST, "team/app", "latest", insecure=True, opens=True)
LOGIN = Login("me", "secret")
BASIC = "Basic " + b64encode(b"me:secret").decode()
MANIFEST = b'{"schemaVersion": 2, "config": {"digest": "sha256:c", "mediaType": "m"}, "layers": []}'
PING, WHERE = f"{HOST}/v2/", f"{HOST}/v2/team/app/manifests/latest"


class Sent(NamedTuple):
    host: str
    path: str
    authorization: str

    @property
    def url(self) -> str:
        return f"{self.host}{self.path}"


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}


Script = Callable[[Sent], Reply]
TOKEN = Reply(200, b'{"token": "t"}')


@dataclass
class Scripted:
    """All names lead to one HTTP server on port 80; nobody listens on 443."""

    script: Script
    options: Mapping[str, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.sent.append(Sent(request.host, request.path_qs, request.headers.get("Authorization", "")))
        status, body, headers = self.script(self.sent[-1])
        return web.Response(status=status, body=body, headers=dict(headers))

    def ask(self, *asks: RegistryRequest) -> list[Answer]:
        return asyncio.run(self._ask(asks))

    async def _ask(self, asks: tuple[RegistryRequest, ...]) -> list[Answer]:
        application = web.Application()
        application.router.add_route("*", "/{rest:.*}", self.handle)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        (address,) = runner.addresses

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        client = PullClient(
            resolve=lambda _name, port: address if port == 80 else ("127.0.0.1", 1), sleep=sleep, **self.options
        )
        try:
            return [await client.send_request(ask) for ask in asks]
        finally:
            await client.close()
            await runner.cleanup()


@contextmanager
def asking(internet: Internet, **options: Any) -> Iterator[Callable[..., list[Answer]]]:
    """Ask a pretend internet, each time with a client of its own."""

    def shown(name: str, port: int) -> tuple[str, int] | None:
        door = internet.endpoint(name, port)
        return (door[0], port) if door else None

    async def ask(asks: tuple[RegistryRequest, ...]) -> list[Answer]:
        client = PullClient(
            resolve=internet.bound_address, shown=shown, authority=authority().cert_pem.bytes(), **options
        )
        try:
            return [await client.send_request(each) for each in asks]
        finally:
            await client.close()

    yield lambda *asks: asyncio.run(ask(asks))


def wanting(realm: str = f"http://{HOST}/token", **parameters: str) -> Reply:
    told = {"realm": realm, "service": "its own", **parameters}
    return Reply(401, headers={"WWW-Authenticate": "Bearer " + ",".join(f'{k}="{v}"' for k, v in told.items())})


def by_path(**replies: Reply) -> Script:
    """Answer by the last word of the path; ``v2`` is the ping."""

    def script(sent: Sent) -> Reply:
        return replies.get(urlsplit(sent.path).path.strip("/").rpartition("/")[2], Reply(200, MANIFEST))

    return script
