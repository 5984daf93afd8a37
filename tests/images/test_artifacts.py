"""Artifacts as bytes, by the OCI image-spec v1.1, "Guidelines for Artifact Usage"."""

import json
from typing import Any

import pytest

from conformance.images.artifacts import EMPTY, TITLE, TYPE, Artifact, artifact
from conformance.images.builder import Blob, index
from conformance.model.answers import Manifest
from conformance.model.platform import Platform
from conformance.registry_hosts import Internet, loopback

HELM = Blob("application/vnd.cncf.helm.config.v1+json", b'{"name": "a"}')


def manifest(made: Artifact) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(made.manifest.data)
    return content


def test_it_is_an_image_manifest_with_an_empty_config_and_a_type() -> None:
    made = artifact({"a": "1"})
    assert made.manifest.media_type == manifest(made)["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest(made)["artifactType"] == TYPE
    assert manifest(made)["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": 2,
    }
    assert made.digest == f"sha256:{made.id}"


def test_every_file_is_a_layer_as_it_is() -> None:
    files: dict[str, bytes | str] = {"b": b"\0", "a/c": "two"}
    made = artifact(files)
    assert [each["annotations"] for each in manifest(made)["layers"]] == [{TITLE: "b"}, {TITLE: "a/c"}]
    assert [each["digest"] for each in manifest(made)["layers"]] == [each.digest for each in made.layers]
    assert [each.data for each in made.blobs()] == [b"{}", b"\0", b"two"]


def test_titles_may_be_missing_or_given_twice() -> None:
    made = artifact([("a", "1"), ("", "2"), ("a", "1")])
    assert [each.get("annotations") for each in manifest(made)["layers"]] == [{TITLE: "a"}, None, {TITLE: "a"}]
    assert len(made.blobs()) == 3, "each once"


def test_a_config_of_its_own_may_stand_for_the_type() -> None:
    made = artifact({}, artifact_type="", config=HELM, annotations={"a": "b"})
    assert set(manifest(made)) == {"schemaVersion", "mediaType", "config", "layers", "annotations"}
    assert made.blobs() == (HELM,)


def test_a_registry_has_it_and_an_index_of_it() -> None:
    with Internet(loopback) as internet:
        host = internet.host("quay.io")
        made = artifact({"a": "1"})
        both = index([made], platforms=[Platform("linux", "arm64")])
        host.store("a/b", both)
        held = host.origin.repositories["a/b"]
        assert (held.manifest("latest"), held.manifest(made.digest)) == (both.manifest, made.manifest)
        assert set(held.blobs) == {EMPTY.digest, made.layers[0].digest}


@pytest.mark.parametrize("title", [TITLE, "org.cncf.model.filepath"])
def test_the_model_reads_what_it_needs_of_it(title: str) -> None:
    made = artifact({"a": "123", "": "4"})
    data = made.manifest.data.replace(TITLE.encode(), title.encode())
    parsed = Manifest.parse(data, made.manifest.media_type)
    assert (parsed.titles, parsed.size, parsed.artifact_type, parsed.is_image) == (("a", ""), 4, TYPE, False)
