"""What hosts do with their origin, whichever that is."""

from collections.abc import Iterator

import pytest

from conformance.images.builder import Blob, image, layer
from conformance.registry_client.push_client import PushClient, PushRefusedError, RegistryAccess
from conformance.registry_hosts import Internet, loopback
from conformance.registry_hosts.origin import MemoryOrigin, OriginError
from conformance.registry_hosts.origins import use_memory_origins, use_registry_origins
from conformance.registry_hosts.registry_origin import RegistryOrigin
from tests.registry_hosts.web_client import Web

NOBODY = RegistryAccess("http://127.0.0.1:1", "robot", "secret-password")


class Broken(MemoryOrigin):
    async def manifest(self, name: str, reference: str) -> Blob | None:
        raise OriginError(f"no {reference} of {name}, nor anything")

    async def blob(self, name: str, digest: str) -> Blob | None:
        raise OriginError(f"no {digest} of {name}, nor anything")


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    with made.internet:
        yield made


def test_an_origin_that_fails_is_on_record(web: Web) -> None:
    host = web.internet.host("quay.io")
    host.origin = Broken()
    host.offer("team/app")
    answer = web.get(host, "team/app/manifests/latest")
    assert answer.error == (502, "UNKNOWN", "no latest of team/app, nor anything")
    assert (answer.exchange.status, answer.exchange.note) == (502, "no latest of team/app, nor anything")
    asked = web.ask("https://cdn01.quay.io/v2/team/app/blobs/sha256:0", token=web.token(host, "team/app"))
    assert asked.error == (502, "UNKNOWN", "no sha256:0 of team/app, nor anything")


def test_an_internet_has_the_origins_in_use_when_it_is_made() -> None:
    use_registry_origins(NOBODY, "main")
    try:
        first = Internet(loopback)
    finally:
        use_memory_origins()
    with first, Internet(loopback) as second:
        assert isinstance(first.host("quay.io").origin, RegistryOrigin)
        assert isinstance(first.host("other.example.com").origin, RegistryOrigin)
        assert isinstance(second.host("quay.io").origin, MemoryOrigin)


def test_what_could_not_be_pushed_is_not_there() -> None:
    use_registry_origins(NOBODY, "main")
    try:
        internet = Internet(loopback)
    finally:
        use_memory_origins()
    with internet:
        host = internet.host("quay.io")
        for _ in range(2):  # it is not remembered as pushed either
            with pytest.raises(OriginError, match="was not answered") as caught:
                host.store("team/app", image([layer({"a": "b"})]))
            assert NOBODY.password not in str(caught.value)
        assert host.origin.repositories == {}


def test_a_refusal_says_what_the_registry_said() -> None:
    body = b'{"errors": [{"code": "DENIED", "message": "not you"}]}'
    assert str(PushRefusedError("PUT /v2/a", 403, body)) == "PUT /v2/a was answered with 403 (DENIED: not you)"
    for strange in (b"", b"[]", b'{"errors": []}', b'{"errors": [{}]}', b"\xff"):
        assert str(PushRefusedError("PUT /v2/a", 500, strange)) == "PUT /v2/a was answered with 500"


def test_a_password_is_in_no_representation() -> None:
    assert NOBODY.password not in repr(NOBODY) + repr(vars(PushClient(NOBODY)))
