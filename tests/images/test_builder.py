"""Blobs, images and indexes, in both formats."""

import hashlib
import json
from typing import Any

import pytest

from conformance.images.builder import (
    Blob,
    Format,
    image,
    index,
    layer,
)
from conformance.model.platform import Platform
from tests.images.hello_image import AMD64, ARM64, hello, parsed, sha256


def test_a_blob_s_digest_and_size_are_those_of_its_bytes() -> None:
    blob = Blob("text/plain", b"hello")
    assert blob.digest == sha256(b"hello")
    assert blob.descriptor() == {"mediaType": "text/plain", "digest": sha256(b"hello"), "size": 5}


def test_a_descriptor_says_platform_and_annotations_where_given() -> None:
    descriptor = Blob("text/plain", b"").descriptor(ARM64, {"a": "b"})
    assert descriptor["size"] == 0
    assert descriptor["platform"] == {"os": "linux", "architecture": "arm64", "variant": "v8"}
    assert descriptor["annotations"] == {"a": "b"}


def test_the_same_image_made_twice_has_the_same_digests() -> None:
    first = hello(platform=AMD64, config={"Cmd": ["a"], "Env": ["b=c"]})
    second = hello(platform="linux/amd64", config={"Env": ["b=c"], "Cmd": ["a"]})
    assert first == second
    assert first.digest == second.digest == sha256(first.manifest.data)
    assert first.id == hashlib.sha256(first.config.data).hexdigest()
    assert hello(platform=AMD64).digest != first.digest


@pytest.mark.parametrize(
    ("format", "manifest", "listing", "config", "tar"),
    [
        (
            Format.OCI,
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip",
        ),
        (
            Format.DOCKER,
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
    ],
)
def test_each_format_has_its_media_types(format: Format, manifest: str, listing: str, config: str, tar: str) -> None:  # noqa: A002
    made = hello(format=format)
    names = index([made], format=format)
    assert made.manifest.media_type == parsed(made.manifest)["mediaType"] == manifest
    assert names.manifest.media_type == parsed(names.manifest)["mediaType"] == listing
    assert parsed(names.manifest)["manifests"][0]["mediaType"] == manifest
    assert made.config.media_type == parsed(made.manifest)["config"]["mediaType"] == config
    assert {descriptor["mediaType"] for descriptor in parsed(made.manifest)["layers"]} == {tar}
    assert {used.blob.media_type for used in made.layers} == {tar}
    assert layer({}, format=format).blob.media_type == tar


def test_a_manifest_names_config_and_layers_in_order() -> None:
    made = hello(annotations={"a": "b"})
    manifest = parsed(made.manifest)
    assert manifest["schemaVersion"] == 2
    assert manifest["annotations"] == {"a": "b"}
    assert manifest["config"]["digest"] == sha256(made.config.data)
    assert manifest["config"]["size"] == len(made.config.data)
    assert [d["digest"] for d in manifest["layers"]] == [sha256(used.blob.data) for used in made.layers]
    assert [blob.digest for blob in made.blobs()] == [made.config.digest, *(d["digest"] for d in manifest["layers"])]
    assert made.manifests() == (made.manifest,)


def test_a_config_says_platform_diff_ids_and_what_to_run() -> None:
    made = hello(platform="linux/arm64/v8", config={"User": "nobody"})
    assert made.platform == ARM64
    assert parsed(made.config) == {
        "os": "linux",
        "architecture": "arm64",
        "variant": "v8",
        "created": "1970-01-01T00:00:00Z",
        "config": {"User": "nobody"},
        "rootfs": {"type": "layers", "diff_ids": [used.diff_id for used in made.layers]},
    }


def test_an_image_is_for_this_machine_unless_told_otherwise() -> None:
    assert hello().platform == Platform.host()
    assert parsed(hello().config)["architecture"] == Platform.host().architecture


def test_json_is_canonical() -> None:
    data = hello(annotations={"é": "ü"}).manifest.data
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("make", [hello, lambda **o: index([hello()], **o)], ids=["image", "index"])
def test_docker_has_no_annotations(make: Any) -> None:
    with pytest.raises(ValueError, match="no annotations"):
        make(format=Format.DOCKER, annotations={"a": "b"})


def test_a_layer_used_twice_is_stored_once() -> None:
    made = layer({"a": ""})
    twice = image([made, made])
    assert len(parsed(twice.manifest)["layers"]) == 2
    assert len(twice.blobs()) == 2


def test_an_index_names_each_image_with_its_platform() -> None:
    children = [hello(platform=AMD64), hello(platform=ARM64)]
    made = index(children, annotations={"a": "b"})
    assert made.digest == sha256(made.manifest.data)
    assert parsed(made.manifest)["annotations"] == {"a": "b"}
    assert [(d["digest"], d["size"], d["platform"]) for d in parsed(made.manifest)["manifests"]] == [
        (child.digest, len(child.manifest.data), child.platform.as_json()) for child in children
    ]


def test_an_index_may_lie() -> None:
    honest = hello(platform=AMD64)
    made = index([honest, honest], platforms=[ARM64, None])
    claims = [descriptor.get("platform") for descriptor in parsed(made.manifest)["manifests"]]
    assert claims == [ARM64.as_json(), None]
    assert made.images == (honest, honest)
    assert parsed(honest.config)["architecture"] == "amd64"


def test_an_index_needs_a_claim_for_each_image() -> None:
    with pytest.raises(ValueError, match="2 images need as many platforms, not 1"):
        index([hello(), hello()], platforms=[AMD64])


def test_a_nested_index_gives_all_its_manifests_children_first_and_all_blobs_once() -> None:
    amd, arm = hello(platform=AMD64), hello(platform=ARM64)
    inner = index([amd])
    outer = index([inner, arm, amd])
    assert outer.manifests() == (amd.manifest, inner.manifest, arm.manifest, outer.manifest)
    assert set(outer.blobs()) == {*amd.blobs(), *arm.blobs()}
    assert len(outer.blobs()) == 4
    assert "platform" not in parsed(outer.manifest)["manifests"][0]
