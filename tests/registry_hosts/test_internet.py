import dataclasses
import gc
import http.client
import socket
import ssl
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.rcode
import pytest

from conformance.registry_hosts import Exchange, Internet, NameLookup, RequestKind
from conformance.registry_hosts.personality import WELL_KNOWN
from tests.registry_hosts.web_client import SECONDS, Web, Wires, trusting

SERVERS = [server for personality in WELL_KNOWN.values() for server in personality.servers]


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    with made.internet:
        yield made


def addresses(reply: dns.message.Message) -> list[str]:
    return [str(record) for answer in reply.answer for record in answer]


@pytest.mark.parametrize("name", SERVERS)
def test_every_server_has_a_name_and_an_address(web: Web, name: str) -> None:
    reply = web.wires.resolve(name)
    (address,) = addresses(reply)
    assert address.startswith("127.0.")
    assert f"{address} {name}\n" in web.internet.hosts_file
    assert addresses(web.wires.resolve(name.upper())) == [address]
    assert web.internet.recorder.since(0) == ()


def test_hosts_have_addresses_of_their_own(web: Web) -> None:
    first = {addresses(web.wires.resolve(personality.servers[0]))[0] for personality in WELL_KNOWN.values()}
    assert len(first) == len(WELL_KNOWN)


def test_a_known_name_has_no_address_of_another_family(web: Web) -> None:
    reply = web.wires.resolve("quay.io", "AAAA")
    assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, [])


def test_an_unknown_name_is_denied_and_on_record_once(web: Web) -> None:
    for record, recorded in (("AAAA", 0), ("A", 1)):
        reply = web.wires.resolve("registry.nowhere.example", record)
        assert (reply.rcode(), reply.answer) == (dns.rcode.NXDOMAIN, [])
        assert web.internet.recorder.position() == recorded
    lookups = [dataclasses.replace(each, at=0) for each in web.internet.recorder.since(0)]
    assert lookups == [NameLookup(host="registry.nowhere.example", at=0)]


def test_garbage_does_not_stop_the_name_server(web: Web) -> None:
    thrown: list[Any] = []
    web.internet._loop.set_exception_handler(lambda _, context: thrown.append(context))
    query = dns.message.make_query("quay.io", "A").to_wire()
    answer = dns.message.make_response(dns.message.from_wire(query)).to_wire()
    nothing = dns.message.Message().to_wire()
    port = next(port for (kind, _), port in web.wires.ports.items() if kind == "udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in (b"", b"\0", b"\xff" * 600, query[:-1], query + b"\0", answer, nothing):
            sender.sendto(datagram, ("127.0.0.1", port))
    assert addresses(web.wires.resolve("quay.io"))  # it comes after them in the same queue
    assert thrown == []


@pytest.mark.parametrize("name", SERVERS)
def test_every_server_s_certificate_is_valid_for_its_name(web: Web, name: str) -> None:
    with web.wires.connect(name) as tls:
        certificate = tls.getpeercert()
    assert certificate is not None
    assert ("DNS", name) in certificate["subjectAltName"]


def test_a_certificate_is_valid_for_no_other_host(web: Web) -> None:
    port = web.wires.ports["tcp", addresses(web.wires.resolve("quay.io"))[0]]
    with (
        socket.create_connection(("127.0.0.1", port), SECONDS) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        trusting().wrap_socket(plain, server_hostname="registry-1.docker.io")


def test_a_host_may_be_added_later(web: Web) -> None:
    assert web.wires.resolve("registry.example.com").rcode() == dns.rcode.NXDOMAIN
    host = web.internet.host("registry.example.com")
    assert web.internet.host("registry.example.com") is host
    image = host.offer("team/app")
    answer = web.get(host, "team/app/manifests/latest")
    assert (answer.status, answer.body) == (200, image.manifest.data)
    assert "registry.example.com" in web.internet.hosts_file


def test_a_refusing_host_has_a_name_and_nobody_behind_it(web: Web) -> None:
    web.internet.refuse("registry.example.com")
    (address,) = addresses(web.wires.resolve("registry.example.com"))
    assert ("tcp", address) not in web.wires.ports


def test_clearing_makes_every_host_forget(web: Web) -> None:
    hosts = [web.internet.host(name) for name in WELL_KNOWN]
    for host in hosts:
        host.offer("team/app")
        host.require_login("team/private")
    web.internet.clear()
    assert [host.origin.repositories for host in hosts] == [{}, {}, {}, {}]
    assert web.get(hosts[0], "team/app/manifests/latest").status == 401


def test_exchanges_are_recorded_in_order_and_without_passwords(web: Web) -> None:
    host = web.internet.host("quay.io")
    host.offer("team/app")
    login = host.require_login("team/app")
    mark = web.internet.recorder.position()
    token = web.token(host, "team/app", login)
    web.ask("https://quay.io/v2/team/app/manifests/latest", token=token)
    web.ask("https://quay.io/v2/team/app/manifests/latest", login=login)
    records = web.internet.recorder.since(mark)
    assert all(isinstance(each, Exchange) for each in records)
    seen = [(each.kind, each.status, each.user, each.path) for each in records if isinstance(each, Exchange)]
    path = "/v2/team/app/manifests/latest"
    assert seen == [
        (RequestKind.TOKEN, 200, "robot", "/v2/auth"),
        (RequestKind.MANIFEST, 200, "robot", path),
        (RequestKind.MANIFEST, 200, "robot", path),
    ]
    assert [each.at for each in records] == sorted(each.at for each in records)
    assert login.password not in repr(records)
    assert token not in repr(records)


def test_one_connection_serves_several_requests(web: Web) -> None:
    connection = http.client.HTTPSConnection("quay.io", context=trusting())
    connection.sock = tls = web.wires.connect("quay.io")
    for _ in range(3):
        connection.request("GET", "/v2/")
        assert connection.getresponse().read()
        assert connection.sock is tls
    connection.close()


def test_closing_is_clean_and_waits_for_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()  # what other tests have left is none of this one's
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wires = Wires()
        internet = Internet(wires.bind)
        lasting = http.client.HTTPSConnection("quay.io", context=trusting())
        lasting.sock = wires.connect("quay.io")
        lasting.request("GET", "/v2/")
        lasting.getresponse().read()
        idle = wires.connect("ghcr.io")
        begun = wires.connect("docker.io")
        begun.sendall(b"GET /v2/ HTTP/1.1\r\nHost: ")
        thread = internet._thread
        closing = threading.Thread(target=internet.close)
        closing.start()
        closing.join(SECONDS)
        assert not closing.is_alive(), "closing waits for connections that clients keep open"
        assert not thread.is_alive()
        assert [handle.fileno() for handle in wires.sockets] == [-1] * len(wires.sockets)
        for client in (lasting, idle, begun):
            client.close()
        del internet
        gc.collect()
    assert unraisable == []
