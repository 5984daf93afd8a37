"""The hosts of an internet without a world around it, reached by the way that it tells."""

import http.client
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conformance.registry_hosts import Exchange, Internet, NameLookup, RegistryHost, loopback
from conformance.registry_hosts.internet import Transport
from conformance.registry_hosts.personality import WELL_KNOWN
from tests.registry_hosts.web_client import SECONDS, trusting


@pytest.fixture
def internet() -> Iterator[Internet]:
    with Internet(loopback) as made:
        yield made


def connect(internet: Internet, server: str, port: int) -> socket.socket:
    address = internet.bound_address(server, port)
    assert address is not None
    return socket.create_connection(address, SECONDS)


def get(internet: Internet, server: str, path: str, *, port: int = 443, context: ssl.SSLContext | None = None) -> int:
    connection = http.client.HTTPConnection(server, port)
    plain = connect(internet, server.partition(":")[0], port)
    connection.sock = context.wrap_socket(plain, server_hostname=server) if context else plain
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def refused(internet: Internet, server: str, port: int) -> bool:
    try:
        connect(internet, server, port).close()
    except ConnectionRefusedError:
        return True
    return False


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("server", [server for each in WELL_KNOWN.values() for server in each.servers])
def test_every_server_is_reached_where_it_is_bound(internet: Internet, server: str) -> None:
    assert get(internet, server, "/v2/", context=trusting()) in {200, 401}
    assert internet.bound_address(server.upper(), 443) == internet.bound_address(server, 443)


def test_servers_of_one_host_share_an_address_and_hosts_do_not(internet: Internet) -> None:
    assert internet.bound_address("quay.io", 443) == internet.bound_address("cdn01.quay.io", 443)
    assert internet.bound_address("quay.io", 443) != internet.bound_address("ghcr.io", 443)


def test_a_name_that_nobody_knows_has_no_address_and_is_on_record(internet: Internet) -> None:
    assert internet.bound_address("Registry.Nowhere.example", 443) is None
    (record,) = internet.recorder.since(0)
    assert (type(record), record.host) == (NameLookup, "registry.nowhere.example")


def test_nobody_listens_on_another_port_or_a_host_that_refuses(internet: Internet) -> None:
    internet.refuse("down.example.com")
    for server, port in (("quay.io", 80), ("quay.io", 5000), ("down.example.com", 443), ("down.example.com", 80)):
        assert refused(internet, server, port)
    assert internet.recorder.since(0) == ()


def test_what_nobody_looks_up_is_not_on_record(internet: Internet) -> None:
    for server in ("127.0.0.9", "::1", "localhost"):
        assert refused(internet, server, 443)
    assert internet.recorder.since(0) == ()


def test_a_host_may_have_a_port_of_its_own(internet: Internet) -> None:
    host = internet.host("registry.example.com:5000")
    other = internet.host("registry.example.com")
    host.offer("app")
    for server, port, status in (("registry.example.com:5000", 5000, 200), ("registry.example.com", 443, 404)):
        connection = http.client.HTTPSConnection(server, context=trusting())
        plain = connect(internet, "registry.example.com", port)
        connection.sock = trusting().wrap_socket(plain, server_hostname="registry.example.com")
        connection.request("GET", "/v2/app/manifests/latest")
        assert connection.getresponse().status == status
        connection.close()
    assert [record.host for record in internet.recorder.since(0)] == [host, other]
    assert internet.host("localhost:5000") == "localhost:5000"
    assert not refused(internet, "localhost", 5000)


def test_plain_http_is_spoken_on_80_and_443_refuses(internet: Internet) -> None:
    host = internet.plain_http("registry.example.com")
    host.offer("app")
    assert get(internet, host, "/v2/app/manifests/latest", port=80) == 200
    assert refused(internet, host, 443)


def test_a_host_may_speak_plain_http_beside_tls_until_it_is_gone(internet: Internet) -> None:
    host = internet.host("registry.example.com")
    internet.add_plain_http(host)
    host.offer("app")
    assert get(internet, host, "/v2/app/manifests/latest", port=80) == 200
    spoken = [found[1] for port in (80, 443) if (found := internet.endpoint(host, port))]
    assert spoken == [Transport.PLAIN_HTTP, Transport.TLS]
    (record,) = internet.recorder.since(0)
    assert isinstance(record, Exchange)
    assert record.scheme == "http"
    internet.clear()
    internet.host("registry.example.com")
    assert refused(internet, "registry.example.com", 80)


def test_plain_http_on_a_port_of_its_own_is_no_tls(internet: Internet) -> None:
    host = internet.plain_http("registry.example.com:5000")
    assert refused(internet, "registry.example.com", 80)
    with pytest.raises(ssl.SSLError), connect(internet, "registry.example.com", 5000) as plain:
        trusting().wrap_socket(plain, server_hostname="registry.example.com")
    assert internet.plain_http("registry.example.com:5000") is host


def test_a_certificate_may_be_one_that_nobody_trusts(internet: Internet) -> None:
    host = internet.untrusted("registry.example.com")
    host.offer("app")
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        get(internet, host, "/v2/", context=trusting())
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    assert get(internet, host, "/v2/app/manifests/latest", context=careless) == 200


@pytest.mark.parametrize("first", ["host", "plain_http", "untrusted"])
@pytest.mark.parametrize("second", ["host", "plain_http", "untrusted"])
def test_a_host_is_spoken_to_in_one_way_until_the_internet_is_cleared(
    internet: Internet, first: str, second: str
) -> None:
    host: RegistryHost = getattr(internet, first)("registry.example.com")
    if first == second:
        assert getattr(internet, second)("registry.example.com") is host
    else:
        with pytest.raises(ValueError, match=r"^registry\.example\.com is a registry host that speaks"):
            getattr(internet, second)("registry.example.com")
    internet.clear()
    again: RegistryHost = getattr(internet, second)("registry.example.com")
    assert again is not host
    assert refused(internet, again, 443) is (second == "plain_http")


def test_a_well_known_host_speaks_tls(internet: Internet) -> None:
    with pytest.raises(ValueError, match="speaks TLS, not plain HTTP"):
        internet.plain_http("docker.io")


def test_clearing_makes_added_hosts_vanish_and_well_known_ones_stay(internet: Internet) -> None:
    addresses = {name: internet.bound_address(name, 443) for name in WELL_KNOWN}
    hosts_file = internet.hosts_file
    for make in (internet.host, internet.plain_http, internet.untrusted, internet.refuse):
        make(f"{make.__name__}.example.com".replace("_", "-"))
    added = internet.bound_address("host.example.com", 443)
    assert added is not None
    plain = socket.create_connection(added, SECONDS)
    with trusting().wrap_socket(plain, server_hostname="host.example.com") as lasting:
        internet.clear()
        assert ended(lasting)
    for name in ("host", "plain-http", "untrusted", "refuse"):
        assert internet.bound_address(f"{name}.example.com", 443) is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(added, SECONDS)
    assert {name: internet.bound_address(name, 443) for name in WELL_KNOWN} == addresses
    assert internet.hosts_file == hosts_file


def test_what_refuses_listens_to_nobody_even_after_others_came(internet: Internet) -> None:
    internet.refuse("down.example.com")
    before = internet.bound_address("down.example.com", 443)
    for number in range(20):
        internet.host(f"host-{number}.example.com")
    assert internet.bound_address("down.example.com", 443) == before
    assert refused(internet, "down.example.com", 443)


SCRIPT = """
import os, socket
from conformance.registry_hosts import Internet, loopback
Internet(loopback).close()  # what is imported late must be there before: root's own Python is no other user's
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with Internet(loopback) as internet:
    internet.host("a.example.com"), internet.plain_http("b.example.com"), internet.untrusted("c.example.com:5000")
    for server, port in (("a.example.com", 443), ("b.example.com", 80), ("c.example.com", 5000), ("quay.io", 443)):
        socket.create_connection(internet.bound_address(server, port)).close()
    internet.clear()
    print(os.getuid() == 0, internet.bound_address("a.example.com", 443))
"""


def test_an_ordinary_user_may_have_one_too() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("False None\n", "")


@pytest.mark.parametrize("name", ["not a host!!", "", "quay.io/team", "https://quay.io"])
def test_what_is_no_host_is_refused_in_a_sentence(internet: Internet, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(repr(name))} is no registry host: write its name as quay.io, "):
        internet.host(name)
