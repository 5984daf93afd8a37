"""What any CRI runtime says of itself and of the images that it keeps, as the CRI (api.proto) has it."""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance import Image, ImageInfo, Pull, RegistryHost, Runtime, image, layer
from conformance.cri.v1 import api_pb2 as api

pytestmark = pytest.mark.cri


NAME = "team/app"
OTHER = "team/other"
IMAGE = image([layer({"hello": "world"})])
ANOTHER = image([layer({"hello": "there"})])
MISSING = "sha256:" + "5" * 64
UNKNOWN = {
    "tag": f"{NAME}:3",
    "digest": f"{NAME}@{MISSING}",
    "repository": "team/unknown",
}
SEMANTIC_VERSION = r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
"""Semantic Versioning 2.0.0; Go's releases bear a v before it."""
USERS = {"1000": (1000, ""), "1000:2000": (1000, ""), "0": (0, ""), "web": (None, "web"), "web:staff": (None, "web")}
"""What an image's config says, and the uid and the name of the user that this is."""


@pytest.fixture
def pull(runtime: Runtime, registry: RegistryHost) -> Pull:
    """The image is pulled by the tag 1."""
    registry.store(NAME, IMAGE, ["1", "2"])
    return runtime.pull(f"{registry}/{NAME}:1")


def status(runtime: Runtime, name: str, *, verbose: bool = False) -> api.ImageStatusResponse:
    """Look an image up, and give all that there is to say of it."""
    return runtime.client.image_status(api.ImageStatusRequest(image=api.ImageSpec(image=name), verbose=verbose))


def short(images: list[ImageInfo]) -> list[str]:
    """Name images by their tags, in order and without what comes before the last slash."""
    return sorted(tag.rpartition("/")[2] for each in images for tag in each.tags)


class TestTheRuntime:
    """What the runtime says of itself."""

    @pytest.fixture
    def version(self, runtime: Runtime) -> api.VersionResponse:
        """The answer of Version."""
        return runtime.client.version(api.VersionRequest())

    @pytest.fixture
    def conditions(self, runtime: Runtime) -> Mapping[str, bool]:
        """The conditions in the answer of Status, and whether they hold."""
        answer = runtime.client.status(api.StatusRequest())
        return {each.type: each.status for each in answer.status.conditions}

    def test_it_has_a_name_and_speaks_the_v1_api(self, version: api.VersionResponse) -> None:
        """Version gives the runtime's name, and v1 as the version of the API."""
        assert version.runtime_name
        assert version.runtime_api_version == "v1"

    def test_its_release_is_a_semantic_version(self, version: api.VersionResponse) -> None:
        """Version gives the runtime's release as a semantic version."""
        assert re.fullmatch(SEMANTIC_VERSION, version.runtime_version)

    def test_it_is_ready(self, conditions: Mapping[str, bool]) -> None:
        """Status says that the runtime is ready, and whether its network is."""
        assert conditions["RuntimeReady"]
        assert "NetworkReady" in conditions

    def test_it_tells_more_only_when_asked(self, runtime: Runtime) -> None:
        """Status has more information than the conditions when it is asked to be verbose, and else none."""
        asked, unasked = (runtime.client.status(api.StatusRequest(verbose=verbose)) for verbose in (True, False))
        assert unasked.status.conditions
        assert (bool(asked.info), bool(unasked.info)) == (True, False)


class TestOneImage:
    """An image was pulled by tag."""

    @pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN)
    def test_an_unknown_name_finds_nothing(
        self, runtime: Runtime, pull: Pull, registry: RegistryHost, unknown: str
    ) -> None:
        """ImageStatus of a name that no image has gives no image, and no error."""
        found = runtime.status(f"{registry}/{unknown}")
        assert (found.image, found.error) == (None, None)
        assert runtime.status(pull.name).image == pull.image is not None

    @pytest.fixture(params=list(UNKNOWN))
    def listed(self, request: pytest.FixtureRequest, runtime: Runtime, pull: Pull, registry: RegistryHost) -> list[str]:
        """The images that are listed with such a name as the filter, by their tags; without one, it is one image."""
        assert runtime.images() == [pull.image]
        return short(runtime.listed(f"{registry}/{UNKNOWN[request.param]}"))

    def test_a_filter_that_no_image_passes_gives_none(self, listed: list[str]) -> None:
        """ListImages with a name as the filter that no image has gives an empty list."""
        assert listed == []

    def test_it_is_listed(self, runtime: Runtime, pull: Pull) -> None:
        """ListImages gives the image as ImageStatus does, without a filter and with its name as the filter."""
        assert runtime.images() == runtime.listed(pull.name) == [pull.image]

    def test_it_is_there_once_when_pulled_twice(self, runtime: Runtime, pull: Pull) -> None:
        """An image that is pulled again has the same ID, and is there once."""
        again = runtime.pull(pull.name)
        assert (again.image_ref, again.image, runtime.images()) == (pull.image_ref, pull.image, [pull.image])

    def test_it_has_one_id(self, runtime: Runtime, pull: Pull, registry: RegistryHost) -> None:
        """Tag, digest, ID, and what PullImage answered, find the same image."""
        assert pull.image is not None
        names = [pull.name, f"{registry}/{NAME}@{IMAGE.digest}", pull.image.id, pull.image_ref]
        assert [runtime.status(name).image for name in names] == [pull.image] * len(names)

    def test_information_is_given_when_asked(self, runtime: Runtime, pull: Pull) -> None:
        """ImageStatus has information about the image, each piece JSON, when it is asked to be verbose."""
        info = status(runtime, pull.name, verbose=True).info
        assert info
        assert all(json.loads(each) is not None for each in info.values())

    def test_no_information_is_given_unasked(self, runtime: Runtime, pull: Pull) -> None:
        """ImageStatus has no information besides the image, unless it is asked to be verbose."""
        assert pull.image is not None
        found = status(runtime, pull.name)
        assert (ImageInfo.of(found.image), dict(found.info)) == (pull.image, {})

    def test_its_size_counts_its_content(self, runtime: Runtime, registry: RegistryHost) -> None:
        """The size of an image, in bytes, is at least that of its content, here one that cannot be compressed."""
        content = hashlib.shake_256(b"noise").digest(100_000)
        registry.store(NAME, image([layer({"noise": content})]))
        pull = runtime.pull(f"{registry}/{NAME}")
        assert status(runtime, pull.name).image.size >= len(content)


@pytest.mark.parametrize("user", USERS)
def test_the_user_is_a_number_or_a_name(runtime: Runtime, registry: RegistryHost, user: str) -> None:
    """The user in an image's config is told as uid where it is a number, and as username else; never as both."""
    registry.store(NAME, image([layer({"hello": "world"})], config={"User": user}))
    found = status(runtime, runtime.pull(f"{registry}/{NAME}").name).image
    assert (found.uid.value if found.HasField("uid") else None, found.username) == USERS[user]


class TestTwoNames:
    """One image was pulled by two tags."""

    @pytest.fixture
    def pulls(self, runtime: Runtime, pull: Pull, registry: RegistryHost) -> list[Pull]:
        """Both."""
        second = runtime.pull(f"{registry}/{NAME}:2")
        assert second.image is not None
        return [pull, second]

    def test_it_is_one_image_with_both(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """One image that is pulled by two tags is one image, with both as its names."""
        assert [sorted(each.tags) for each in runtime.images()] == [[pull.name for pull in pulls]]

    @pytest.fixture
    def left(self, runtime: Runtime, pulls: list[Pull]) -> list[str]:
        """What is left, by its tags, when the image is removed by one of them."""
        runtime.remove(pulls[0].name)
        return short(runtime.images())

    @pytest.mark.upstream("kubernetes/kubernetes#135710")
    def test_removing_it_by_one_removes_it(self, left: list[str]) -> None:
        """RemoveImage by one of an image's tags removes the image, with all its tags."""
        assert left == []

    def test_removing_it_by_id_removes_it(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """RemoveImage by ID removes the image, with all its tags."""
        assert pulls[0].image is not None
        runtime.remove(pulls[0].image.id)
        assert (runtime.images(), [runtime.status(each.name).image for each in pulls]) == ([], [None, None])


class TestTwoImages:
    """Two images are there, with a layer in common or none."""

    @pytest.fixture(params=[(IMAGE, ANOTHER), (IMAGE, image([*IMAGE.layers, *ANOTHER.layers]))], ids=["apart", "akin"])
    def pulls(self, request: pytest.FixtureRequest, runtime: Runtime, registry: RegistryHost) -> list[Pull]:
        """Both are pulled."""
        images: tuple[Image, Image] = request.param
        for name, each in zip((NAME, OTHER), images, strict=True):
            registry.store(name, each)
        return [runtime.pull(f"{registry}/{name}") for name in (NAME, OTHER)]

    def test_both_are_listed(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """ListImages gives every image."""
        listed = {each.tags: each for each in runtime.images()}
        assert listed == {(f"{pull.name}:latest",): pull.image for pull in pulls}

    @pytest.fixture
    def listed(self, runtime: Runtime, pulls: list[Pull]) -> list[list[str]]:
        """The images that are listed with each of the two names as the filter, by their tags."""
        return [short(runtime.listed(pull.name)) for pull in pulls]

    def test_a_filter_gives_the_image_of_that_name(self, listed: list[list[str]]) -> None:
        """ListImages with a name as the filter gives the image that has it, and no other."""
        assert listed == [["app:latest"], ["other:latest"]]

    def test_removing_one_leaves_the_other(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """RemoveImage removes the image that it names, and leaves the other as it was."""
        before = status(runtime, pulls[1].name).image.size
        assert before > 0
        runtime.remove(pulls[0].name)
        assert (runtime.status(pulls[0].name).image, runtime.images()) == (None, [pulls[1].image])
        assert status(runtime, pulls[1].name).image.size == before

    def test_a_tag_that_moves_names_the_new_image(
        self, runtime: Runtime, pulls: list[Pull], registry: RegistryHost
    ) -> None:
        """A tag that has moved and is pulled again names the new image, and no longer the old one."""
        third = image([layer({"hello": "again"})])
        registry.store(NAME, third)
        moved = runtime.pull(pulls[0].name)
        named = [each for each in runtime.images() if f"{registry}/{NAME}:latest" in each.tags]
        assert moved.image is not None
        assert (named, moved.image.id.removeprefix("sha256:")) == ([moved.image], third.id)


class TestRemoved:
    """An image was pulled by tag, and is removed."""

    @pytest.mark.parametrize("by", ["tag", "ID"])
    def test_it_is_gone(self, runtime: Runtime, pull: Pull, by: str) -> None:
        """What was removed, by its tag or its ID, is found no more, is not listed, and can be removed again."""
        assert pull.image is not None
        name = pull.name if by == "tag" else pull.image.id
        runtime.remove(name)
        assert (runtime.images(), runtime.status(pull.name).image, runtime.status(name).image) == ([], None, None)
        runtime.remove(name)

    @pytest.fixture(params=["digest", "answer"])
    def left(self, request: pytest.FixtureRequest, runtime: Runtime, pull: Pull, registry: RegistryHost) -> list[str]:
        """What is left, by its tags, when the image is removed by its digest, or by what PullImage answered."""
        name = pull.image_ref if request.param == "answer" else f"{registry}/{NAME}@{IMAGE.digest}"
        assert runtime.status(name).image == pull.image is not None
        runtime.remove(name)
        return short(runtime.images())

    def test_it_is_removed_by_what_finds_it(self, left: list[str]) -> None:
        """RemoveImage removes an image by its digest, and by what PullImage answered, as ImageStatus finds it."""
        assert left == []

    @pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN)
    def test_what_never_was_can_be_removed(
        self, runtime: Runtime, pull: Pull, registry: RegistryHost, unknown: str
    ) -> None:
        """RemoveImage of a name that no image has is no error, and removes nothing."""
        runtime.remove(f"{registry}/{unknown}")
        assert runtime.images() == [pull.image]

    def test_it_can_be_pulled_again(self, runtime: Runtime, pull: Pull) -> None:
        """An image that was removed can be pulled again, and is the same."""
        runtime.remove(pull.name)
        assert runtime.pull(pull.name).image == pull.image is not None


def test_the_file_system_of_images_is_told(runtime: Runtime, pull: Pull) -> None:
    """ImageFsInfo names the folder of every file system that has images, with bytes, inodes and the time of both."""
    assert pull.succeeded
    found = runtime.client.image_fs_info(api.ImageFsInfoRequest()).image_filesystems
    assert found
    for each in found:
        assert Path(each.fs_id.mountpoint).is_absolute()
        assert each.HasField("used_bytes")
        assert each.HasField("inodes_used")
        assert 0 < each.timestamp <= time.time_ns()
