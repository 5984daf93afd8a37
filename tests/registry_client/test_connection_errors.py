"""Servers that give no answer, in Go's words."""

import asyncio
import socket
from contextlib import closing

from conformance.model.answers import NoResponse
from conformance.model.reason import Reason
from conformance.registry_client import PullClient
from tests.registry_client.scripted_registry import ASK, HOST


def failing(answer: bytes | None, *, scheme: str = "http", options: dict[str, float] | None = None) -> NoResponse:
    """Ask a server that sends ``answer`` to whatever it is sent and closes; ``None``: it sends nothing for long."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is None:
            await asyncio.sleep(5)
        writer.write(answer or b"")
        await writer.drain()
        await reader.read(1 << 16)
        writer.close()

    async def ask() -> object:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        other = ("127.0.0.1", 1)
        client = PullClient(
            resolve=lambda _, port: address if (port == 80) is (scheme == "http") else other,
            **(options or {}),  # type: ignore[arg-type]
        )
        try:
            return await client.send_request(ASK._replace(insecure=scheme == "http"))
        finally:
            await client.close()
            server.close()

    failed = asyncio.run(ask())
    assert isinstance(failed, NoResponse)
    assert (failed.step, failed.url, failed.refused) == ("ping", f"{scheme}://{HOST}/v2/", False)
    return failed


def test_a_server_that_hangs_up() -> None:
    assert failing(b"").words == "EOF"


def test_a_server_that_hangs_up_in_the_middle() -> None:
    assert failing(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123").words == "unexpected EOF"


def test_a_server_that_speaks_something_else() -> None:
    assert failing(b"SSH-2.0-x\r\n\r\n").words.startswith("net/http: HTTP/1.x transport connection broken: ")


def test_a_server_that_hangs_up_on_tls() -> None:
    assert failing(b"", scheme="https").words in {"EOF", "read: connection reset by peer"}


def test_a_server_that_does_not_finish_its_handshake() -> None:
    failed = failing(None, scheme="https", options={"timeout": 0.1})
    assert failed.words.startswith("dial tcp 127.0.0.1:")
    assert failed.words.endswith(": i/o timeout")


def test_the_system_s_resolver_is_asked_where_none_is_given() -> None:
    client = PullClient(name_server="192.0.2.1:53")

    async def ask(host: str) -> object:
        try:
            return await client.send_request(ASK._replace(host=host))
        finally:
            await client.close()

    nobody = asyncio.run(ask("nobody.invalid"))
    assert isinstance(nobody, NoResponse)
    assert nobody.words.startswith("dial tcp: lookup nobody.invalid on 192.0.2.1:53: ")
    with closing(socket.socket()) as handle:
        handle.bind(("127.0.0.1", 0))
        port = handle.getsockname()[1]
        refused = asyncio.run(ask(f"127.0.0.1:{port}"))
    assert isinstance(refused, NoResponse)
    assert (refused.words, refused.refused, refused.reason) == (
        f"dial tcp 127.0.0.1:{port}: connect: connection refused",
        True,
        Reason.UNREACHABLE,
    )
