"""Registry hosts under addresses: what they say of each other, and what is recorded."""

import base64
import json
import socket
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from conformance.images.builder import Image
from conformance.model.answers import HostAddress, Manifest, NoResponse, RegistryRequest
from conformance.registry_hosts import Exchange
from conformance.registry_hosts.host_answers import HostAnswers
from conformance.runtime.redirected_internet import RedirectedInternet
from conformance.runtime.runtime import CapabilityError


def bind(address: str) -> socket.socket:
    handle = socket.socket()
    handle.bind((address, 0))
    return handle


@pytest.fixture
def internet() -> Iterator[RedirectedInternet]:
    with RedirectedInternet(bind) as found:
        yield found


def get(url: str, authorization: str = "") -> bytes:
    with urlopen(Request(url, headers={"Authorization": authorization} if authorization else {})) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


def test_a_pull_goes_from_server_to_server_and_is_recorded_by_their_names(internet: RedirectedInternet) -> None:
    host = internet.host("docker.io")
    image = host.offer("team/app")
    login = host.require_login("team/app")
    basic = "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    token = json.loads(get(f"{host.personality.realm}?scope=repository:team/app:pull", basic))["token"]
    at = internet.addresses["docker.io"]
    assert isinstance(image, Image)
    assert get(f"http://{at}/v2/team/app/blobs/{image.config.digest}", f"Bearer {token}") == image.config.data
    asked = [each for each in internet.recorder.since(0) if isinstance(each, Exchange)]
    assert [(each.host, each.server, each.status) for each in asked] == [
        ("docker.io", "auth.docker.io", 200),
        ("docker.io", "registry-1.docker.io", 307),
        ("docker.io", "production.cloudflare.docker.com", 200),
    ]


def test_servers_of_one_domain_share_an_address(internet: RedirectedInternet) -> None:
    """To which a client shows its token, and to no other (Go net/http)."""
    quay_io, docker_io = (internet.host(name).personality for name in ("quay.io", "docker.io"))
    assert [each.partition(":")[0] for each in quay_io.servers] == ["127.0.0.1"] * 2
    assert docker_io.blobs.partition(":")[0] != docker_io.servers[0].partition(":")[0] == "127.0.0.1"


def test_the_model_asks_by_address(internet: RedirectedInternet) -> None:
    internet.host("quay.io").offer("team/app")
    internet.refuse("down.example")
    down = internet.addresses["down.example"]
    answers = HostAnswers(internet)
    found = answers(RegistryRequest(internet.addresses["quay.io"], "team/app", "latest", insecure=True))
    assert isinstance(found, Manifest)
    refused = answers(RegistryRequest(down, "team/app", "latest", insecure=True))
    assert isinstance(refused, NoResponse)
    assert refused.words == f"dial tcp {down}: connect: connection refused"
    address = answers(RegistryRequest("docker.io", "", "", lookup=True))
    assert isinstance(address, HostAddress)
    assert not address.loopback


def test_each_that_refuses_has_an_address_of_its_own(internet: RedirectedInternet) -> None:
    names = [internet.refuse(name) for name in ("one.example", "two.example")]
    assert len({internet.addresses[name] for name in names}) == 2
    internet.clear()
    assert "one.example" not in internet.addresses


def test_how_a_host_is_spoken_to_cannot_be_arranged(internet: RedirectedInternet) -> None:
    for arrange in (internet.plain_http, internet.untrusted):
        with pytest.raises(CapabilityError, match=r"needs the capability hermetic: own\.example is to be spoken to in"):
            arrange("own.example")
    with pytest.raises(CapabilityError, match="with and without TLS"):
        internet.add_plain_http(internet.host("quay.io"))
