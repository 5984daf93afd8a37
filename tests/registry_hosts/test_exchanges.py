"""What an exchange keeps of a request: enough to tell two requests apart, and no secret."""

import http.client
from collections.abc import Iterator, Mapping

import pytest

from conformance.registry_hosts import Exchange, Internet, loopback
from tests.registry_hosts.web_client import Web

SECRET = "the-secret"
MANIFEST = "/v2/app/manifests/latest"


@pytest.fixture
def internet() -> Iterator[Internet]:
    with Internet(loopback) as internet:
        yield internet


def asked_plainly(internet: Internet, path: str, headers: Mapping[str, str]) -> Exchange:
    """Ask a registry without TLS, and give what it recorded."""
    address = internet.bound_address("plain.example.com", 80)
    assert address is not None
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", path, headers={"Host": "plain.example.com", **headers})
    connection.getresponse().read()
    connection.close()
    (exchange,) = internet.recorder.since(0)
    assert isinstance(exchange, Exchange)
    return exchange


def test_a_registry_without_tls_is_asked_by_http(internet: Internet) -> None:
    internet.plain_http("plain.example.com").offer("app")
    exchange = asked_plainly(internet, f"{MANIFEST}?ns=docker.io", {"Accept": "a/b", "X-Other": "c"})
    assert exchange.url == f"http://plain.example.com{MANIFEST}?ns=docker.io"
    assert exchange.headers["accept"] == "a/b"
    assert "x-other" not in exchange.headers


@pytest.mark.parametrize("credentials", [f"Bearer {SECRET}", f"Basic {SECRET}", SECRET])
def test_credentials_are_kept_by_their_kind_alone(internet: Internet, credentials: str) -> None:
    internet.plain_http("plain.example.com").offer("app")
    exchange = asked_plainly(internet, MANIFEST, {"Authorization": credentials, "Range": "bytes=5-"})
    assert exchange.headers["range"] == "bytes=5-"
    assert SECRET not in repr(exchange)
    assert exchange.headers["authorization"] in {"Bearer", "Basic", "?"}


def test_a_token_is_asked_for_with_its_scope() -> None:
    web = Web()
    try:
        host = web.internet.host("quay.io")
        host.offer("team/app")
        login = host.require_login("team/app")
        mark = web.internet.recorder.position()
        web.token(host, "team/app", login)
        (exchange,) = web.internet.recorder.since(mark)
        assert isinstance(exchange, Exchange)
        assert (exchange.scheme, exchange.scopes) == ("https", ("repository:team/app:pull",))
        assert login.password not in repr(exchange)
    finally:
        web.internet.close()
