"""An API proxy: what a kubelet on a node asks goes through to an API server that this process reaches.

The kubelet is shown only the pods of one namespace, and knows no key to the cluster.
"""

import asyncio
import json
import secrets
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, Self

import aiohttp
import trustme
from aiohttp import web
from kubernetes.client import ApiClient
from yarl import URL

PODS = "/api/v1/pods"
OF_A_CONNECTION = frozenset(
    {"connection", "host", "keep-alive", "transfer-encoding", "content-length", "authorization"}
)
"""Fields of requests and answers that are of one connection, or of whom one asks as, and not passed on."""
NO_LIMIT = aiohttp.ClientTimeout(total=None)
"""A watch is answered for as long as it lasts."""
AT_ONCE = 0.01
"""How long answers under way are waited for at the end, in seconds; to aiohttp 0 is for ever."""


class APIProxy:
    """Serves on ``handle``, a bound socket, and asks the API server that ``client`` asks, as whoever that is known as.

    Of pods in all namespaces only those in ``namespace`` are shown. ``kubeconfig`` (JSON) is for who may ask here.
    """

    def __init__(self, handle: socket.socket, client: ApiClient, namespace: str) -> None:
        self._configuration = client.configuration
        self._only = f"metadata.namespace={namespace}"
        self._token = secrets.token_urlsafe()
        address, port = handle.getsockname()
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(address).configure_cert(context)
        self.kubeconfig = self._kubeconfig(f"https://{address}:{port}", authority)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="API proxy", daemon=True)
        self._thread.start()
        self._run(self._start(handle, context))

    def _kubeconfig(self, url: str, authority: trustme.CA) -> str:
        cluster = {"server": url, "certificate-authority-data": b64encode(authority.cert_pem.bytes()).decode()}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "joined", "cluster": cluster}],
                "users": [{"name": "node", "user": {"token": self._token}}],
                "contexts": [{"name": "joined", "context": {"cluster": "joined", "user": "node"}}],
                "current-context": "joined",
            }
        )

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _start(self, handle: socket.socket, context: ssl.SSLContext) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=_client_context(self._configuration), limit=0),
            timeout=NO_LIMIT,
            auto_decompress=False,
            skip_auto_headers=["User-Agent", "Accept-Encoding", "Content-Type"],
        )
        application = web.Application(client_max_size=0)
        application.router.add_route("*", "/{path:.*}", self._forward)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=AT_ONCE)
        await self._runner.setup()
        await web.SockSite(self._runner, handle, ssl_context=context).start()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in OF_A_CONNECTION}
        if token := self._configuration.api_key.get("authorization", ""):
            headers["Authorization"] = token
        try:
            async with self._session.request(
                request.method, self._url(request), headers=headers, data=await request.read() or None
            ) as answer:
                return await _passed_on(request, answer)
        except aiohttp.ClientError as error:
            return web.Response(status=HTTPStatus.BAD_GATEWAY, text=str(error))

    def _url(self, request: web.Request) -> URL:
        """Give the URL behind; of pods in all namespaces only those of the one are asked for."""
        url = URL(self._configuration.host.rstrip("/") + request.raw_path, encoded=True)
        if request.path != PODS:
            return url
        selected = url.query.get("fieldSelector", "")
        return url.update_query(fieldSelector=f"{selected},{self._only}" if selected else self._only)

    def close(self) -> None:
        """Serve no more."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        await self._runner.cleanup()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for each in under_way:
            each.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def _passed_on(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Pass an answer on as it comes, piece by piece: that of a watch has no end."""
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in OF_A_CONNECTION]
    passed = web.StreamResponse(status=answer.status, reason=answer.reason)
    passed.headers.extend(headers)
    if answer.content_length is not None:
        passed.content_length = answer.content_length
    await passed.prepare(request)
    async for piece in answer.content.iter_any():
        await passed.write(piece)
    await passed.write_eof()
    return passed


def _client_context(configuration: Any) -> ssl.SSLContext | bool:
    """Give the TLS of who asks as the official client does, by that one's files."""
    if not configuration.verify_ssl:
        return False
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file or None)
    return context
