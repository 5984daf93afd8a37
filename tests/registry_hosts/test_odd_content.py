"""A host serves any bytes under any media type, and records that it did; the same is predicted."""

import json
from collections.abc import Iterator

import pytest

from conformance.images.builder import image, index, layer
from conformance.images.raw import RawManifest, amended, raw_manifest
from conformance.model.answers import Manifest, RegistryRequest
from conformance.registry_hosts import RequestKind
from conformance.registry_hosts.host_answers import HostAnswers
from tests.registry_hosts.web_client import Web

IMAGE = image([layer({"hello": "world"})])
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
ODD = {
    "no bytes": raw_manifest("", OCI_INDEX),
    "no JSON": raw_manifest(b"\xff<html>", OCI_INDEX),
    "a list": raw_manifest("[]", OCI_INDEX),
    "nested deeply": raw_manifest("[" * 100_000, OCI_INDEX),
    "no list of manifests": raw_manifest({"manifests": 1}, OCI_INDEX),
    "manifests of text": raw_manifest({"manifests": "abc"}, OCI_INDEX),
    "an entry that is none": raw_manifest({"manifests": [None]}, OCI_INDEX),
    "a platform that is a list": raw_manifest({"manifests": [{"platform": [1]}]}, OCI_INDEX),
    "a numeric operating system": raw_manifest({"manifests": [{"platform": {"os": 1}}]}, OCI_INDEX),
}
TYPES = ["", "text/plain", "no type", "application/json; charset=utf-8", "a/b;;="]


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    with made.internet:
        yield made


@pytest.mark.parametrize("host", ["docker.io", "registry.k8s.io", "registry.example.com"])
@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_any_bytes_go_out_and_are_recorded(web: Web, content: RawManifest, host: str) -> None:
    web.internet.host(host).store("team/app", content)
    answer = web.get(web.internet.hosts[host], "team/app/manifests/latest")
    assert (answer.status, answer.body, answer.exchange.kind) == (200, content.manifest.data, RequestKind.MANIFEST)
    assert answer.exchange.note == "neither an image nor an index"
    predicted = HostAnswers(web.internet)(RegistryRequest(host, "team/app", "latest"))
    assert predicted == Manifest.parse(content.manifest.data, OCI_INDEX)


@pytest.mark.parametrize("media_type", TYPES)
def test_any_media_type_goes_out_as_it_is(web: Web, media_type: str) -> None:
    host = web.internet.host("registry.example.com")
    host.store("team/app", raw_manifest(IMAGE.manifest.data, media_type, IMAGE))
    answer = web.get(host, "team/app/manifests/latest")
    assert (answer.status, answer.headers.get("Content-Type", "")) == (200, media_type)


def test_an_index_with_a_platform_of_null_is_one_for_none(web: Web) -> None:
    host = web.internet.host("registry.example.com")
    host.store("team/app", amended(index([IMAGE]), {"manifests": [IMAGE.manifest.descriptor() | {"platform": None}]}))
    answer = web.get(host, "team/app/manifests/latest")
    assert (answer.exchange.note, json.loads(answer.body)["manifests"][0]["platform"]) == ("an index for ", None)
