"""Pulls of manifests and configs that are not what they should be; texts as live releases word them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.images.builder import Content, Format, Image, image, index, layer
from conformance.images.raw import amended, raw_manifest
from conformance.model.answers import Answer, FetchedBlob, Manifest, RegistryRequest
from conformance.model.manifest_reading import NO_SINGLE_MANIFEST
from tests.model.known_answers import Known, puller, went

IMAGE = image([layer({"hello": "world"})], platform="linux/amd64")
DOCKER_IMAGE = image([layer({"hello": "world"})], platform="linux/amd64", format=Format.DOCKER)
INDEX = index([IMAGE])
LAYER = IMAGE.layers[0]
RELEASES = ("1.31.13", "1.32.2", "1.32.3", "1.33.13", "1.34.11", "1.35.6", "1.36.3")
AS_IMAGE, AS_LIST = (
    "initializing image from source docker://a/b:latest: ",
    "parsing primary manifest as list for docker://a/b:latest: ",
)


class Held(Known):
    """Answers with what a content has, as a host does that serves everything."""

    def __init__(self, content: Content) -> None:
        self.held: dict[str, Answer] = {
            each.digest: Manifest.parse(each.data, each.media_type) for each in content.manifests()
        }
        self.held |= {each.digest: FetchedBlob.of(each.data) for each in content.blobs()}
        super().__init__({"docker.io": self.held[content.digest]})

    def __call__(self, ask: RegistryRequest) -> Answer:
        if (held := self.held.get(ask.reference)) is None:
            return super().__call__(ask)
        self.asked.append(ask)
        return held


def error(content: Content, release: str) -> str:
    """Give the error of a pull."""
    return went(puller(release).pull("docker.io/a/b"), Held(content)).error


def halves(release: str, image_error: str, artifact: Mapping[str, str]) -> str:
    """Word an error as a release does that tries an artifact next; ``artifact`` has its half by the first release."""
    if release.startswith(("1.31", "1.32")):
        return image_error
    half = artifact["1.35" if release >= "1.35" else "1.33"]
    return f"unable to pull image or OCI artifact: pull image err: {image_error}; artifact err: {half}"


def ambiguous(member: str, media_type: str) -> str:
    """Word that a manifest has a member of another kind."""
    return f'rejecting ambiguous manifest, unexpected fields []string{{"{member}"}} in supposedly {media_type}'


FAULTS: dict[str, tuple[Content, str, str]] = {
    "no type": (raw_manifest(IMAGE.manifest.data, ""), AS_IMAGE, "unsupported schema version 2"),
    "no bytes": (raw_manifest("", IMAGE.manifest.media_type), AS_IMAGE, "unexpected end of JSON input"),
    "ambiguous": (
        amended(DOCKER_IMAGE, {"history": []}),
        AS_IMAGE,
        ambiguous("history", Format.DOCKER.manifest_type),
    ),
    "an ambiguous index": (
        amended(INDEX, {"layers": []}),
        AS_LIST,
        ambiguous("layers", Format.OCI.index_type),
    ),
}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("content", "begin", "fault"), FAULTS.values(), ids=FAULTS)
def test_both_halves_say_what_is_wrong(content: Content, begin: str, fault: str, release: str) -> None:
    newer = "parse manifest list" if begin is AS_LIST else "parse manifest"
    halved = {"1.33": f"parse manifest from blob: {fault}", "1.35": f"image reference: {newer}: {fault}"}
    assert error(content, release) == halves(release, begin + fault, halved)


@pytest.mark.parametrize(("release", "kind"), [("1.31.13", "index"), ("1.32.2", "manifest"), ("1.36.3", "manifest")])
def test_the_oldest_release_calls_an_image_an_index(release: str, kind: str) -> None:
    assert f"in supposedly application/vnd.oci.image.{kind}.v1+json" in error(
        amended(IMAGE, {"manifests": []}), release
    )


def with_config(document: Any, of: Image = IMAGE) -> Content:
    """Give the image with another config."""
    config = raw_manifest(json.dumps(document), Format.OCI.config_type).manifest
    members = json.loads(of.manifest.data) | {"config": config.descriptor()}
    return raw_manifest(members, of.manifest.media_type, of, extra=[config])


def unpacked(*digests: str, of: Image = IMAGE) -> Content:
    """Give the image with a config that says so of its layers."""
    return with_config(json.loads(of.config.data) | {"rootfs": {"type": "layers", "diff_ids": digests}}, of)


WHICH = f'layer 0 (blob "{LAYER.blob.digest}"/""/"{LAYER.diff_id}")'
MISMATCH = f"""writing blob: {WHICH} does not match config's DiffID "sha256:no\""""
NESTED = "Unexpectedly received a manifest list instead of a manifest for a single image"
ENCRYPTED = amended(IMAGE, {"layers": [LAYER.blob.descriptor() | {"mediaType": f"{Format.OCI.layer_type}+encrypted"}]})
CONTENTS: dict[str, tuple[Content, str]] = {
    "a list for a config": (
        with_config([]),
        "parsing image configuration: json: cannot unmarshal array into Go value of type v1.Image",
    ),
    "another size": (
        amended(IMAGE, {"config": IMAGE.config.descriptor() | {"size": 1}}),
        "writing blob: blob size mismatch",
    ),
    "another kind": (
        amended(IMAGE, {"mediaType": Format.OCI.index_type}),
        f"committing the finished image: parsing manifest: {NO_SINGLE_MANIFEST}",
    ),
    "encrypted": (
        ENCRYPTED,
        f"decrypting layer {LAYER.blob.digest}: missing private key needed for decryption:\n",
    ),
    "unpacked": (unpacked("sha256:no"), MISMATCH),
    "an index in an index": (
        index([INDEX], platforms=[IMAGE.platform]),
        f"copying system image from manifest list: {NESTED}",
    ),
}


@pytest.mark.parametrize("release", ["1.33.13", "1.36.3"])
@pytest.mark.parametrize(("content", "words"), CONTENTS.values(), ids=CONTENTS)
def test_what_an_image_is_made_of(content: Content, words: str, release: str) -> None:
    assert f"pull image err: {words}; artifact err: " in error(content, release)


def test_an_encrypted_layer_is_fetched_although_the_store_has_it() -> None:
    rules = puller("1.36.3")
    rules.layers.add(LAYER.blob.digest)
    assert "decrypting layer" in went(rules.pull("docker.io/a/b"), Held(ENCRYPTED)).error


def test_a_layer_of_the_store_is_compared_with_the_config() -> None:
    rules = puller("1.36.3")
    went(rules.pull("docker.io/a/b"), Held(amended(IMAGE, {"mediaType": Format.OCI.index_type})))
    error = went(rules.pull("docker.io/a/b"), Held(unpacked("sha256:no"))).error
    reused = f"trying to reuse blob {LAYER.blob.digest} at destination: "
    assert f"pull image err: {reused}{MISMATCH.removeprefix('writing blob: ')}; artifact err: " in error


@pytest.mark.parametrize("content", [unpacked(), unpacked(""), unpacked(LAYER.diff_id, "more"), with_config({})])
def test_a_config_may_say_nothing_of_the_layers(content: Content) -> None:
    assert error(content, "1.36.3") == ""


@pytest.mark.parametrize(("release", "words"), [("1.31.13", ""), ("1.32.2", ""), ("1.32.3", MISMATCH)])
def test_layers_are_compared_with_the_config_since_1_32_3(release: str, words: str) -> None:
    assert error(unpacked("sha256:no"), release) == words


COMPARED = pytest.mark.parametrize(("release", "is_taken"), [("1.31.13", True), ("1.32.2", True), ("1.32.3", False)])


@COMPARED
def test_a_layer_that_the_store_has_is_compared_since_1_32_3(release: str, is_taken: bool) -> None:
    rules = puller(release)
    assert went(rules.pull("docker.io/a/b"), Held(IMAGE)).image is not None
    rules.layers.add(LAYER.blob.digest)
    again = Held(unpacked("sha256:no"))
    text = went(rules.pull("docker.io/a/c"), again).error
    reused = f"trying to reuse blob {LAYER.blob.digest} at destination: {WHICH} does not match config's DiffID"
    assert text == "" if is_taken else reused in text
    assert LAYER.blob.digest not in [each.reference for each in again.asked]


@pytest.mark.parametrize("release", ["1.31.13", "1.36.3"])
def test_an_encrypted_layer_is_not_reused(release: str) -> None:
    rules = puller(release)
    rules.layers.add(LAYER.blob.digest)
    known = Held(CONTENTS["encrypted"][0])
    assert "missing private key" in went(rules.pull("docker.io/a/b"), known).error
    assert LAYER.blob.digest in [each.reference for each in known.asked]


TWO_LAYERS = image([LAYER, layer({"second": "layer"})], platform="linux/amd64")
SECOND = TWO_LAYERS.layers[1].blob.digest
ONLY_ONE = "image config has only 1 DiffID values, but a layer with index 1 exists"


@COMPARED
def test_a_config_speaks_of_every_layer_or_of_none_since_1_32_3(release: str, is_taken: bool) -> None:
    known = Held(unpacked(LAYER.diff_id, of=TWO_LAYERS))
    text = went(puller(release).pull("docker.io/a/b"), known).error
    assert text == "" if is_taken else f"partial pull of blob {SECOND}: {ONLY_ONE}" in text
    assert (SECOND in [each.reference for each in known.asked]) is is_taken


def test_a_layer_of_which_the_config_does_not_speak_is_not_reused() -> None:
    rules = puller("1.36.3")
    assert went(rules.pull("docker.io/a/b"), Held(TWO_LAYERS)).image is not None
    rules.layers |= {LAYER.blob.digest, SECOND}
    text = went(rules.pull("docker.io/a/c"), Held(unpacked(LAYER.diff_id, of=TWO_LAYERS))).error
    assert f"pull image err: trying to reuse blob {SECOND} at destination: {ONLY_ONE}; artifact err: " in text


@pytest.mark.parametrize(("release", "is_taken"), [("1.31.13", False), ("1.34.11", False), ("1.35.6", True)])
def test_docker_s_zstd_layers_since_1_35(release: str, is_taken: bool) -> None:
    zstd = DOCKER_IMAGE.layers[0].blob.descriptor() | {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.zstd"}
    assert (error(amended(DOCKER_IMAGE, {"layers": [zstd]}), release) == "") is is_taken
