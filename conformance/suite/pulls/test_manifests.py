"""Manifests that are not what they should be: under another media type, of two kinds at once, or none at all."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance import (
    Content,
    Format,
    Image,
    Platform,
    Pull,
    Reason,
    RegistryHost,
    Runtime,
    amended,
    image,
    index,
    layer,
    raw_manifest,
)

NAME = "rhuss/caikit-flan-t5-small"
HERE = Platform.host()
IMAGE = image([layer({"hello": "world"})])
OTHER = image([layer({"hello": "another world"})])
TWO_LAYERS = image([layer({"first": "layer"}), layer({"second": "layer"})])
DOCKER_IMAGE = image([layer({"hello": "world"}, format=Format.DOCKER)], format=Format.DOCKER)
INDEX = index([IMAGE])
DOCKER_LIST = index([DOCKER_IMAGE], format=Format.DOCKER)
OCI_MANIFEST, OCI_INDEX = Format.OCI.manifest_type, Format.OCI.index_type
DOCKER_MANIFEST, DOCKER_INDEX = Format.DOCKER.manifest_type, Format.DOCKER.index_type
KINDS: Mapping[str, Content] = {"image": IMAGE, "docker image": DOCKER_IMAGE, "index": INDEX, "list": DOCKER_LIST}


def under(content: Content, media_type: str) -> Content:
    """Give content whose manifest goes out under another media type."""
    return raw_manifest(content.manifest.data, media_type, content)


def entry(**members: Any) -> Content:
    """Give an index of one image with these members in its entry."""
    return amended(INDEX, {"manifests": [IMAGE.manifest.descriptor(HERE) | members]})


MISNAMED = {
    f"{kind} as {media_type or 'nothing'}": under(content, media_type)
    for kind, content in KINDS.items()
    for media_type in ("application/json", "text/plain", "", "no type", "application/octet-stream")
}
SWAPPED = {
    "OCI image as Docker's": under(IMAGE, DOCKER_MANIFEST),
    "image as index": under(IMAGE, OCI_INDEX),
    "image as list": under(IMAGE, DOCKER_INDEX),
    "index as image": under(INDEX, OCI_MANIFEST),
    "list as Docker image": under(DOCKER_LIST, DOCKER_MANIFEST),
    "image that says it is Docker's": amended(IMAGE, {"mediaType": DOCKER_MANIFEST}),
    "image that says it is an index": amended(IMAGE, {"mediaType": OCI_INDEX}),
}
AMBIGUOUS = {
    f"{kind} with {member}": amended(KINDS[kind], {member: value})
    for kind, members in {
        "image": ("manifests", "fsLayers", "history"),
        "docker image": ("manifests", "fsLayers", "history"),
        "index": ("config", "layers", "fsLayers", "history"),
        "list": ("config", "layers", "fsLayers", "history"),
    }.items()
    for member, value in {"manifests": [], "fsLayers": {}, "history": 1, "config": {}, "layers": []}.items()
    if member in members
}
SENSELESS = {
    "no bytes": raw_manifest("", OCI_MANIFEST),
    "a web page": raw_manifest("<html></html>", OCI_MANIFEST),
    "half a manifest": raw_manifest(IMAGE.manifest.data[:100], OCI_MANIFEST),
    "a list": raw_manifest("[]", OCI_MANIFEST),
    "bytes that are no text": raw_manifest(b"\xff", DOCKER_MANIFEST),
    "an index that is a list": raw_manifest("[]", OCI_INDEX),
    "a list that is no JSON": raw_manifest("{", DOCKER_INDEX),
    "a numeric operating system": entry(platform={"os": 1, "architecture": HERE.architecture}),
    "a numeric digest": entry(digest=1),
    "no digest": entry(digest=None),
    "half a digest": entry(digest="sha256:123"),
    "a text for layers": amended(IMAGE, {"layers": "none"}),
    "a layer without digest": amended(IMAGE, {"layers": [None]}),
    "a config of another size": amended(IMAGE, {"config": IMAGE.config.descriptor() | {"size": IMAGE.config.size + 1}}),
}
CONFIGS = {
    "that is no JSON": b"config",
    "that is a list": b"[]",
    "that is no bytes": b"",
    "with a numeric user": b'{"config": {"User": 1}}',
}
WRONG = MISNAMED | SWAPPED | AMBIGUOUS | SENSELESS


def with_config(data: bytes, of: Image = IMAGE) -> Content:
    """Give an image whose config is those bytes."""
    config = raw_manifest(data, Format.OCI.config_type).manifest
    members = json.loads(of.manifest.data) | {"config": config.descriptor()}
    return raw_manifest(members, OCI_MANIFEST, of, extra=(config,))


WRONG |= {f"a config {what}": with_config(data) for what, data in CONFIGS.items()}


def named(contents: Mapping[str, Content]) -> pytest.MarkDecorator:
    """Make a case of each content."""
    return pytest.mark.parametrize("content", contents.values(), ids=[each.replace(" ", "-") for each in contents])


@named(WRONG)
class TestUnreadable:
    """docker.io has a manifest, or a config, that cannot be read as what it comes as."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, content: Content) -> Pull:
        """The full name is pulled."""
        docker_io.store(NAME, content)
        return runtime.pull(f"docker.io/{NAME}")

    def test_the_error_explains_the_registry(self, pull: Pull, docker_io: RegistryHost) -> None:
        """The error says of a registry whose manifest or config cannot be read that what it gave is broken."""
        assert pull.reasons == {docker_io: Reason.BROKEN}

    def test_the_next_registry_serves(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, content: Content
    ) -> None:
        """A search registry whose manifest or config cannot be read sends the pull to the next one."""
        docker_io.store(NAME, content)
        quay_io.store(NAME, OTHER)
        pull = runtime.pull(NAME)
        assert (pull.asked, pull.image_hosts, [each.id for each in runtime.images()]) == (
            [docker_io, quay_io],
            (quay_io,),
            [OTHER.id],
        )


READABLE: Mapping[str, Content] = {
    "with parameters": under(IMAGE, f"{OCI_MANIFEST}; charset=utf-8"),
    "in capitals": under(IMAGE, OCI_MANIFEST.upper()),
    "without its own media type": amended(IMAGE, {"mediaType": None}),
    "with another one of its own": amended(IMAGE, {"mediaType": "application/x"}),
    "of another schema version": amended(IMAGE, {"schemaVersion": 1}),
    "with an empty member of another kind": amended(IMAGE, {"manifests": None}),
    "with members in capitals": raw_manifest(
        IMAGE.manifest.data.replace(b'"config"', b'"Config"'), OCI_MANIFEST, IMAGE
    ),
    "with layers of a made-up type": amended(
        IMAGE, {"layers": [each.blob.descriptor() | {"mediaType": "application/x"} for each in IMAGE.layers]}
    ),
    "in an index without a platform": entry(platform=None),
    "in an index with one in capitals": entry(platform={"OS": HERE.os, "Architecture": HERE.architecture}),
}


@named(READABLE)
def test_what_can_be_read_is_taken(runtime: Runtime, docker_io: RegistryHost, content: Content) -> None:
    """An image that is written in an odd way, but can be read as what it comes as, is pulled."""
    docker_io.store(NAME, content)
    pull = runtime.pull(f"docker.io/{NAME}")
    assert pull.image is not None
    assert pull.image.id == IMAGE.id


def test_a_docker_image_is_not_taken_for_one_of_oci(runtime: Runtime, docker_io: RegistryHost) -> None:
    """A Docker image that comes as one of OCI is refused as no image."""
    docker_io.store(NAME, under(DOCKER_IMAGE, OCI_MANIFEST))
    pull = runtime.pull(f"docker.io/{NAME}")
    assert (pull.succeeded, runtime.images()) == (False, [])


def test_an_index_in_an_index_is_refused(runtime: Runtime, docker_io: RegistryHost) -> None:
    """Where an index names another index for this machine, nothing is stored, and the error says what is broken."""
    docker_io.store(NAME, index([INDEX], platforms=[HERE]))
    pull = runtime.pull(f"docker.io/{NAME}")
    assert (pull.succeeded, runtime.images()) == (False, [])


EMPTY: Mapping[str, Content] = {
    "no list": amended(INDEX, {"manifests": None}),
    "nothing": amended(INDEX, {"manifests": []}),
    "no platform in a Docker list": index([DOCKER_IMAGE], format=Format.DOCKER, platforms=[None]),
    "half a platform": entry(platform={"os": HERE.os}),
    "an empty platform": entry(platform={}),
}


@named(EMPTY)
def test_an_index_without_a_platform_of_ours(runtime: Runtime, docker_io: RegistryHost, content: Content) -> None:
    """An index that says of no image that it is for this machine has none, as one for other machines only."""
    docker_io.store(NAME, content)
    assert runtime.pull(f"docker.io/{NAME}").reasons == {docker_io: Reason.NO_MATCHING_PLATFORM}


def with_unpacked(layers: list[str], of: Image = IMAGE) -> Content:
    """Give an image whose config says that its layers have those digests once they are unpacked."""
    document = json.loads(of.config.data) | {"rootfs": {"type": "layers", "diff_ids": layers}}
    return with_config(json.dumps(document).encode(), of)


@pytest.fixture
def mismatched(runtime: Runtime, docker_io: RegistryHost) -> Pull:
    """An image is pulled whose config says something else of its layer."""
    docker_io.store(NAME, with_unpacked([f"sha256:{'0' * 64}"]))
    return runtime.pull(f"docker.io/{NAME}")


def test_a_layer_must_be_what_the_config_says_of_it(mismatched: Pull, runtime: Runtime) -> None:
    """An image whose layer is not what its config says that it is unpacked is not stored."""
    assert (mismatched.asked, mismatched.succeeded, runtime.images()) == (["docker.io"], False, [])


@pytest.fixture
def reusing(runtime: Runtime, docker_io: RegistryHost) -> Pull:
    """The same, when its layer is in the store already, by another image."""
    docker_io.store("rhuss/another", IMAGE)
    assert runtime.pull("docker.io/rhuss/another").succeeded
    docker_io.store(NAME, with_unpacked([f"sha256:{'0' * 64}"]))
    return runtime.pull(f"docker.io/{NAME}")


def test_a_layer_in_the_store_must_be_what_the_config_says_of_it(reusing: Pull, runtime: Runtime) -> None:
    """An image is not stored either whose config is wrong about a layer that another image has brought."""
    stored = [registry for each in runtime.images() for registry in each.tags]
    is_fetched = IMAGE.layers[0].blob.digest in reusing.blobs
    assert (is_fetched, reusing.succeeded, stored) == (False, False, ["docker.io/rhuss/another:latest"])


@pytest.fixture
def incomplete(runtime: Runtime, docker_io: RegistryHost) -> Pull:
    """An image is pulled whose config has a digest for one of its two layers."""
    docker_io.store(NAME, with_unpacked([TWO_LAYERS.layers[0].diff_id], TWO_LAYERS))
    return runtime.pull(f"docker.io/{NAME}")


def test_a_config_speaks_of_every_layer_or_of_none(incomplete: Pull, runtime: Runtime) -> None:
    """An image whose config says what some of its layers are unpacked, and not what all are, is not stored."""
    assert (incomplete.asked, incomplete.succeeded, runtime.images()) == (["docker.io"], False, [])


@pytest.mark.parametrize("layers", [[], [""], [IMAGE.layers[0].diff_id, "more"]], ids=["nothing", "no-digest", "more"])
def test_a_config_may_say_nothing_of_the_layers(runtime: Runtime, docker_io: RegistryHost, layers: list[str]) -> None:
    """An image whose config says nothing of its layers, or of more than there are, is pulled."""
    docker_io.store(NAME, with_unpacked(layers))
    assert runtime.pull(f"docker.io/{NAME}").image_hosts == (docker_io,)


@pytest.mark.parametrize("before", [[], ["docker.io/rhuss/another:latest"]], ids=["new", "in-the-store"])
def test_an_encrypted_layer_needs_a_key(runtime: Runtime, docker_io: RegistryHost, before: list[str]) -> None:
    """An image with a layer that is said to be encrypted is not stored without a key, whatever the store has of it."""
    (only,) = IMAGE.layers
    docker_io.store("rhuss/another", IMAGE)
    assert all(runtime.pull(each).succeeded for each in before)
    encrypted = only.blob.descriptor() | {"mediaType": f"{Format.OCI.layer_type}+encrypted"}
    docker_io.store(NAME, amended(IMAGE, {"layers": [encrypted]}))
    pull = runtime.pull(f"docker.io/{NAME}")
    stored = [tag for each in runtime.images() for tag in each.tags]
    assert (only.blob.digest in pull.blobs, pull.succeeded, stored) == (True, False, before)


@pytest.mark.releases(">=1.35", "containers/image 5.37 takes such a layer in a Docker image")
def test_a_docker_image_may_have_layers_compressed_with_zstd(runtime: Runtime, docker_io: RegistryHost) -> None:
    """A Docker image with a layer that is said to be compressed with zstd is pulled."""
    zstd = DOCKER_IMAGE.layers[0].blob.descriptor() | {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.zstd"}
    docker_io.store(NAME, amended(DOCKER_IMAGE, {"layers": [zstd]}))
    assert runtime.pull(f"docker.io/{NAME}").image_hosts == (docker_io,)
