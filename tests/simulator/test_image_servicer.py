"""What a release line answers about images: pulled, looked at, removed, and artifacts."""

import json

import grpc
import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.images.artifacts import artifact
from conformance.images.builder import Blob, Image, image, index, layer
from conformance.model.media_types import OCI_INDEX
from conformance.model.platform import Platform
from tests.simulator.served_simulator import NAME, RELEASES, Run, offered, refusal, simulated

HERE = Platform.host()

UNAUTHORIZED = (
    f"initializing source docker://quay.io/{NAME}:latest: reading manifest latest in quay.io/{NAME}: "
    "unauthorized: access to the requested resource is not authorized"
)

BOTH = f"unable to pull image or OCI artifact: pull image err: {UNAUTHORIZED}; artifact err: "
SECOND = f"reading manifest latest in quay.io/{NAME}: unauthorized: access to the requested resource is not authorized"


# Pulling


@pytest.mark.parametrize(
    ("release", "is_id"),
    [("1.31.13", False), ("1.34.11", False), ("1.35.1", False), ("1.35.6", True), ("1.36.3", True)],
)
def test_a_short_name_is_found_on_the_second_registry(release: str, is_id: bool) -> None:
    with simulated(release) as run:
        content = offered(run)
        assert run.pull(NAME) == (content.id if is_id else f"quay.io/{NAME}@{content.digest}")
        assert run.exchanges()[0] == "registry-1.docker.io/v2/ 401"
        assert run.exchanges()[-1] == f"cdn01.quay.io/v2/{NAME}/blobs/{content.blobs()[1].digest} 200"
        twice = release >= "1.33"  # a registry that failed is asked again, for an artifact
        assert run.exchanges().count("registry-1.docker.io/v2/ 401") == 1 + twice


@pytest.mark.parametrize(
    ("release", "text"),
    [
        ("1.31.13", UNAUTHORIZED),
        ("1.32.13", UNAUTHORIZED),
        ("1.33.0", f"unable to try pulling possible OCI artifact: get manifest: build image source: {SECOND}"),
        (
            "1.34.11",
            f"{BOTH}get manifest: build image source: {SECOND}",
        ),
        (
            "1.36.3",
            f"{BOTH}image reference: get manifest from ref: create image source: {SECOND}",
        ),
    ],
)
def test_the_last_registry_s_error_is_told(release: str, text: str) -> None:
    with simulated(release) as run:
        error = refusal(run.pull, NAME)
    assert (error.code, error.message) == (grpc.StatusCode.UNKNOWN, text)


def test_a_name_that_may_mean_several_is_refused_where_the_mode_says_so() -> None:
    with simulated(mode="enforcing") as run:
        offered(run)
        for call in (run.pull, run.status, run.images, run.remove):
            error = refusal(call, NAME)
            assert error.message == f"short name mode is enforcing, but image name {NAME} returns ambiguous list"
        assert run.exchanges() == []


def test_a_registry_that_is_down_has_a_code(run: Run) -> None:
    error = refusal(run.pull, f"{run.internet.refuse('down.example')}/app")
    assert (error.cri_code, error.code) == ("RegistryUnavailable", grpc.StatusCode.UNKNOWN)


# Looking


@pytest.mark.parametrize("release", RELEASES)
def test_an_image_is_found_by_all_that_names_it(release: str) -> None:
    with simulated(release) as run:
        content = offered(run)
        assert not run.status(NAME).HasField("image")
        run.pull(NAME)
        by_digest = f"quay.io/{NAME}@{content.digest}"
        for name in (NAME, f"quay.io/{NAME}:latest", by_digest, content.id, content.id[:5]):
            found = run.status(name).image
            names = [*found.repo_tags, *found.repo_digests]
            assert (found.id, names) == (content.id, [f"quay.io/{NAME}:latest", by_digest])
            assert found.HasField("spec")
            assert [each.id for each in run.images(name)] == [content.id]
        assert not run.status(f"docker.io/{NAME}").HasField("image")


def test_an_empty_name(run: Run) -> None:
    for call in (run.status, run.remove):
        assert refusal(call, "").message == "no image specified"
    assert refusal(run.pull, "").message == 'cannot parse input: "": repository name must have at least one component'


@pytest.mark.parametrize(
    ("user", "uid", "username"),
    [("", None, ""), ("1000", 1000, ""), ("0:0", 0, ""), ("web", None, "web"), ("a:b", None, "a")],
)
def test_an_image_s_user(run: Run, user: str, uid: int | None, username: str) -> None:
    content = image([layer({"f": "x"})], config={"User": user} if user else {})
    run.internet.host("quay.io").store(NAME, content)
    run.pull(f"quay.io/{NAME}")
    for found in (run.status(content.id).image, *run.images()):
        assert (found.uid.value if found.HasField("uid") else None, found.username) == (uid, username)


def test_who_wants_to_know_more_is_told_the_config(run: Run) -> None:
    content = image([layer({"f": "x"})], config={"Labels": {"a": "ö"}, "Env": ["A=b"], "User": "7", "Own": 1})
    run.internet.host("quay.io").store(NAME, content)
    run.pull(f"quay.io/{NAME}")
    assert not run.status(content.id).info
    info = run.status(content.id, verbose=True).info["info"]
    told = json.loads(info)
    assert info.startswith('{"labels":{"a":"ö"},"imageSpec":{"created":')
    assert list(told["imageSpec"]["config"]) == ["User", "Env", "Labels"]
    assert told["imageSpec"]["rootfs"]["type"] == "layers"


def test_sizes_are_those_of_a_live_cri_o(run: Run) -> None:
    """Measured on 1.31.13 and 1.36.3: layers unpacked, the config, the manifest twice, the index."""
    content, both = offered(run), [image([layer({"f": "x"})], platform=each) for each in (HERE.foreign(), HERE)]
    listed = index(both)
    run.internet.host("quay.io").store("team/index", listed)
    for name, each, more in ((NAME, content, 0), ("team/index", both[1], len(listed.manifest.data))):
        run.pull(f"quay.io/{name}")
        size = 10240 + each.blobs()[0].size + 2 * each.manifest.size + more
        assert run.status(f"quay.io/{name}").image.size == size
    info = run.client.image_fs_info(api.ImageFsInfoRequest())
    assert info.image_filesystems == info.container_filesystems
    assert info.image_filesystems[0].fs_id.mountpoint == "/var/lib/containers/storage/overlay-images"
    assert info.image_filesystems[0].used_bytes.value == sum(each.size for each in run.images())


def test_annotations_are_those_of_an_oci_manifest(run: Run) -> None:
    content = offered(run)
    manifest = json.loads(content.manifest.data) | {"annotations": {"a": "b"}}
    data = json.dumps(manifest).encode()
    repository = run.internet.host("quay.io").origin.repository(NAME)
    blob = Blob(content.manifest.media_type, data)
    repository.manifests[blob.digest] = blob
    repository.tags["latest"] = blob.digest
    run.pull(f"quay.io/{NAME}")
    assert run.status(content.id).image.spec.annotations == {"a": "b"}
    entry = {"digest": blob.digest, "mediaType": blob.media_type, "size": blob.size, "platform": HERE.as_json()}
    listed = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    above = Blob(OCI_INDEX, json.dumps(listed).encode())
    repository.manifests[above.digest] = above
    repository.tags["latest"] = above.digest
    run.pull(f"quay.io/{NAME}")
    assert run.status(content.id).image.spec.annotations == {}


# Removing


def test_an_image_goes_with_its_last_name_or_by_its_id(run: Run) -> None:
    host = run.internet.host("quay.io")
    content = host.offer(NAME, tags=["1", "2"])
    assert isinstance(content, Image)
    for tag in ("1", "2"):
        run.pull(f"quay.io/{NAME}:{tag}")
    run.remove(f"quay.io/{NAME}:1")
    assert run.status(content.id).image.repo_tags == [f"quay.io/{NAME}:2"]
    run.remove(content.id)
    assert run.images() == []
    run.remove(content.id)
    run.remove(NAME)


def test_layers_that_are_there_are_not_fetched_again(run: Run) -> None:
    content = offered(run)
    run.pull(NAME)
    before = len(run.exchanges())
    run.pull(f"quay.io/{NAME}")
    fetched = run.exchanges()[before:]
    assert any(content.blobs()[0].digest in each for each in fetched)
    assert not any(content.blobs()[1].digest in each for each in fetched)
    run.remove(NAME)
    run.pull(f"quay.io/{NAME}")
    assert content.blobs()[1].digest in run.exchanges()[-1]


# Artifacts


@pytest.mark.parametrize(
    ("release", "pinned"), [("1.33.13", True), ("1.35.1", True), ("1.35.6", False), ("1.36.3", False)]
)
def test_an_artifact_is_told_as_it_is(release: str, pinned: bool) -> None:
    with simulated(release) as run:
        content = artifact({"a": "1234", "b": "56"})
        run.internet.host("quay.io").store(NAME, content)
        run.pull(f"quay.io/{NAME}")
        found = run.status(f"quay.io/{NAME}", verbose=True)
        assert found.image == api.Image(
            id=content.id,
            repo_tags=[f"quay.io/{NAME}:latest"],
            repo_digests=[f"quay.io/{NAME}@{content.digest}"],
            size=6,
            pinned=pinned,
        )
        assert not found.info
        assert run.images() == [found.image]


def test_an_artifact_is_gone_when_it_was_removed_or_forgotten(run: Run) -> None:
    run.internet.host("quay.io").store(NAME, artifact({"a": "1"}))
    run.pull(f"quay.io/{NAME}")
    run.remove(f"quay.io/{NAME}")
    assert run.images() == []
    run.pull(f"quay.io/{NAME}")
    run.served.forget()
    assert run.images() == []
