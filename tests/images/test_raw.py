"""Manifests of any bytes under any media type, and what is stored with them."""

import json

import pytest

from conformance.images.builder import Blob, image, index, layer
from conformance.images.raw import amended, raw_manifest
from conformance.registry_hosts import RegistryHost
from conformance.registry_hosts.personality import plain_registry

IMAGE = image([layer({"a": "b"})])


@pytest.mark.parametrize("data", [b"\xff", "", "<html>", "[]"])
def test_bytes_and_text_stay_as_they_are(data: bytes | str) -> None:
    made = raw_manifest(data, "text/plain")
    assert made.manifest == Blob("text/plain", data.encode() if isinstance(data, str) else data)
    assert (made.manifests(), made.blobs(), made.platform) == ((made.manifest,), (), None)


def test_members_are_added_and_replaced() -> None:
    made = amended(IMAGE, {"layers": None, "manifests": []})
    assert json.loads(made.manifest.data) == json.loads(IMAGE.manifest.data) | {"layers": None, "manifests": []}
    assert (made.manifest.media_type, made.platform) == (IMAGE.manifest.media_type, IMAGE.platform)
    assert amended(IMAGE, {}, "a/b").manifest.media_type == "a/b"


def test_what_belongs_to_it_is_stored_with_it() -> None:
    extra = Blob("a/b", b"extra")
    made = raw_manifest({"x": 1}, "a/b", IMAGE, extra=[extra])
    assert made.manifests() == (IMAGE.manifest, made.manifest)
    assert made.blobs() == (*IMAGE.blobs(), extra)
    host = RegistryHost(plain_registry("a.example"))
    host.store("a/b", made)
    assert host.origin.repositories["a/b"].manifest("latest") == made.manifest


def test_an_index_takes_it_for_the_platform_of_its_image() -> None:
    assert (
        index([amended(IMAGE, {"x": 1})]).manifest.data
        == index([amended(IMAGE, {"x": 1})], platforms=[IMAGE.platform]).manifest.data
    )
