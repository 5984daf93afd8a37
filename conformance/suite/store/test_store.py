"""Images in the store: the names by which they are found, listed and removed."""

from pathlib import Path

import pytest

from conformance import (
    CallError,
    Exchange,
    ImageInfo,
    ImageStatusResult,
    Pull,
    RegistryHost,
    RequestKind,
    Runtime,
    image,
    index,
    layer,
)

NAME = "rhuss/caikit-flan-t5-small"
IMAGE = image([layer({"hello": "world"})])
ANOTHER = image([layer({"hello": "there"})])
INDEX = index([IMAGE])
MISSING = "sha256:" + "5" * 64
WRITTEN = {
    "full": f"docker.io/{NAME}",
    "full-tag": f"docker.io/{NAME}:latest",
    "full-digest": f"docker.io/{NAME}@{IMAGE.digest}",
    "full-tag-and-digest": f"docker.io/{NAME}:latest@{IMAGE.digest}",
    "short": NAME,
    "short-tag": f"{NAME}:latest",
    "short-digest": f"{NAME}@{IMAGE.digest}",
    "id": IMAGE.id,
    "id-of-12": IMAGE.id[:12],
    "id-of-3": IMAGE.id[:3],
}
OTHERS = {
    "other-tag": f"docker.io/{NAME}:1.2",
    "other-digest": f"docker.io/{NAME}@{MISSING}",
    "other-registry": f"quay.io/{NAME}",
    "other-registry-digest": f"quay.io/{NAME}@{IMAGE.digest}",
    "other-name": f"{NAME}-too",
    "id-of-2": IMAGE.id[:2],
    "id-with-algorithm": f"sha256:{IMAGE.id}",
}


@pytest.fixture
def pull(runtime: Runtime, docker_io: RegistryHost) -> Pull:
    """The image is pulled from docker.io by its full name, with the tag latest."""
    docker_io.store(NAME, IMAGE, ["latest", "1.2"])
    return runtime.pull(f"docker.io/{NAME}")


class TestFound:
    """The image was pulled from docker.io, with the tag latest."""

    @pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
    def test_it_is_found_by_its_names(self, runtime: Runtime, pull: Pull, written: str) -> None:
        """ImageStatus finds an image by tag, digest, short name, ID, and an ID's first three digits or more."""
        assert runtime.status(written).image == pull.image is not None

    @pytest.fixture
    def found(self, runtime: Runtime, pull: Pull, written: str) -> ImageStatusResult:
        """What is found under another name."""
        assert pull.image is not None
        return runtime.status(written)

    @pytest.mark.parametrize("written", OTHERS.values(), ids=OTHERS)
    def test_it_is_not_found_by_others(self, found: ImageStatusResult) -> None:
        """ImageStatus finds nothing, without an error, under another tag, digest, registry, name or ID."""
        assert (found.image, found.error) == (None, None)

    @pytest.mark.parametrize("written", [NAME, f"docker.io/{NAME}", f"quay.io/{NAME}"], ids=["short", "full", "other"])
    def test_nobody_is_asked(self, pull: Pull, found: ImageStatusResult, written: str) -> None:
        """A look into the store asks no registry, whether it finds the image or not."""
        assert (found.image, found.asked) == (None if written.startswith("quay.io") else pull.image, [])

    @pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
    def test_it_is_listed_by_its_names(self, runtime: Runtime, pull: Pull, written: str) -> None:
        """ListImages with a name as its filter gives that one image."""
        assert runtime.listed(written) == [pull.image]

    @pytest.mark.parametrize("written", OTHERS.values(), ids=OTHERS)
    def test_it_is_not_listed_by_others(self, runtime: Runtime, pull: Pull, written: str) -> None:
        """ListImages with another name as its filter gives nothing."""
        assert pull.image is not None
        assert runtime.listed(written) == []


class TestAnUnknownId:
    """64 hexadecimal digits that are no image's ID; there is an image."""

    ID = MISSING.partition(":")[2]

    @pytest.fixture
    def found(self, runtime: Runtime, pull: Pull) -> ImageStatusResult:
        """The ID is looked up."""
        assert pull.image is not None
        return runtime.status(self.ID)

    @pytest.fixture
    def refusal(self, runtime: Runtime, pull: Pull) -> CallError | None:
        """What is said when images are listed with the ID as the filter."""
        assert pull.image is not None
        try:
            assert runtime.listed(self.ID) == []
        except CallError as error:
            return error
        return None

    def test_a_lookup_finds_nothing(self, found: ImageStatusResult) -> None:
        """ImageStatus of an ID that no image has finds nothing, without an error."""
        assert (found.image, found.error) == (None, None)

    def test_a_list_is_empty(self, refusal: CallError | None) -> None:
        """ListImages with such an ID as its filter gives nothing, without an error."""
        assert refusal is None

    def test_it_can_be_removed(self, runtime: Runtime, pull: Pull) -> None:
        """RemoveImage of an ID that no image has succeeds, and removes nothing."""
        runtime.remove(self.ID)
        assert runtime.images() == [pull.image]


class TestNames:
    """What an image is called after a pull."""

    def test_by_tag(self, pull: Pull) -> None:
        """An image that was pulled by tag has that tag and its digest, both at the registry it came from."""
        assert pull.image == ImageInfo(IMAGE.id, (f"docker.io/{NAME}:latest",), (f"docker.io/{NAME}@{IMAGE.digest}",))

    def test_by_digest(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """An image that was pulled by digest has no tag."""
        docker_io.store(NAME, IMAGE)
        pull = runtime.pull(f"docker.io/{NAME}@{IMAGE.digest}")
        assert pull.image == ImageInfo(IMAGE.id, (), (f"docker.io/{NAME}@{IMAGE.digest}",))

    def test_by_an_index(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """An image that came by way of an index has the digests of both."""
        docker_io.store(NAME, INDEX)
        pull = runtime.pull(f"docker.io/{NAME}")
        assert pull.image is not None
        assert pull.image.digests == tuple(sorted(f"docker.io/{NAME}@{each.digest}" for each in (IMAGE, INDEX)))

    def test_by_a_short_name(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """An image that was pulled by a short name bears the name of the registry that served it, and no other's."""
        quay_io.store(NAME, IMAGE)
        pull = runtime.pull(NAME)
        assert pull.image == ImageInfo(IMAGE.id, (f"quay.io/{NAME}:latest",), (f"quay.io/{NAME}@{IMAGE.digest}",))

    @pytest.mark.releases("<1.35.2", "from cri-o/cri-o#9728 on PullImage answers with the ID")
    @pytest.mark.parametrize("content", [IMAGE, INDEX], ids=["image", "index"])
    def test_the_answer_is_the_digest(self, runtime: Runtime, docker_io: RegistryHost, content: object) -> None:
        """PullImage answers with the repository and the digest of the image that was pulled, not of its index."""
        docker_io.store(NAME, INDEX if content is INDEX else IMAGE)
        assert runtime.pull(f"docker.io/{NAME}").image_ref == f"docker.io/{NAME}@{IMAGE.digest}"

    @pytest.mark.releases(">=1.35.2", "before cri-o/cri-o#9728 PullImage answered with repository and digest")
    @pytest.mark.parametrize("content", [IMAGE, INDEX], ids=["image", "index"])
    def test_the_answer_is_the_id(self, runtime: Runtime, docker_io: RegistryHost, content: object) -> None:
        """PullImage answers with the ID of the image."""
        docker_io.store(NAME, INDEX if content is INDEX else IMAGE)
        assert runtime.pull(f"docker.io/{NAME}").image_ref == IMAGE.id


class TestSeveralNames:
    """The image is pulled three times: by two tags from docker.io, and from quay.io."""

    NAMES = (f"docker.io/{NAME}:1.2", f"docker.io/{NAME}:latest", f"quay.io/{NAME}:latest")

    @pytest.fixture
    def pulls(self, runtime: Runtime, pull: Pull, quay_io: RegistryHost) -> list[Pull]:
        """All three."""
        quay_io.store(NAME, IMAGE)
        return [pull, runtime.pull(f"docker.io/{NAME}:1.2"), runtime.pull(f"quay.io/{NAME}")]

    def test_it_is_one_image_with_all_names(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """The same image by several tags and from several registries is one image with all the names."""
        assert all(pull.succeeded for pull in pulls)
        digests = tuple(f"{host}/{NAME}@{IMAGE.digest}" for host in ("docker.io", "quay.io"))
        assert runtime.images() == [ImageInfo(IMAGE.id, self.NAMES, digests)]

    def test_removing_all_names_removes_it(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """When its last name is removed, the image is gone."""
        assert runtime.images() == [pulls[-1].image]
        for name in self.NAMES:
            assert runtime.status(IMAGE.id).image is not None
            runtime.remove(name)
        assert (runtime.images(), runtime.status(IMAGE.id).image) == ([], None)

    @pytest.mark.parametrize("digits", [64, 12])
    def test_removing_it_by_id_removes_all(self, runtime: Runtime, pulls: list[Pull], digits: int) -> None:
        """RemoveImage by ID, or by the ID's first digits, removes the image with all its names."""
        assert runtime.images() == [pulls[-1].image]
        runtime.remove(IMAGE.id[:digits])
        assert runtime.images() == []


class TestTwoImagesOfAShortName:
    """docker.io's image and another one of quay.io's have one short name; quay.io's was pulled last."""

    @pytest.fixture
    def pulls(self, runtime: Runtime, pull: Pull, quay_io: RegistryHost) -> list[Pull]:
        """Both, by their full names."""
        quay_io.store(NAME, ANOTHER)
        return [pull, runtime.pull(f"quay.io/{NAME}")]

    def test_the_first_registrys_is_found(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """ImageStatus of a short name that several images have finds that of the first search registry."""
        assert (len(runtime.images()), runtime.status(NAME).image) == (2, pulls[0].image)

    def test_the_first_registrys_is_listed(self, runtime: Runtime, pulls: list[Pull]) -> None:
        """ListImages with such a name as its filter gives that of the first search registry alone."""
        assert (len(runtime.images()), runtime.listed(NAME)) == (2, [pulls[0].image])


class TestRemoved:
    """RemoveImage, by one name of the image or another."""

    @pytest.mark.parametrize("written", OTHERS.values(), ids=OTHERS)
    def test_what_is_missing_can_be_removed(self, runtime: Runtime, pull: Pull, written: str) -> None:
        """RemoveImage of what is not there succeeds, and removes nothing."""
        runtime.remove(written)
        assert runtime.images() == [pull.image]

    def test_a_short_name_is_removed(self, runtime: Runtime, pull: Pull) -> None:
        """RemoveImage by the short name removes the image that a lookup finds by it."""
        assert runtime.status(NAME).image == pull.image is not None
        runtime.remove(NAME)
        assert runtime.images() == []

    def test_of_several_the_first_registrys_is_removed(
        self, runtime: Runtime, pull: Pull, quay_io: RegistryHost
    ) -> None:
        """RemoveImage by a short name that several images have removes that of the first search registry."""
        quay_io.offer(NAME)
        other = runtime.pull(f"quay.io/{NAME}")
        assert {pull.image, other.image} == set(runtime.images())
        runtime.remove(NAME)
        assert runtime.images() == [other.image]

    def test_by_the_digest_that_it_was_pulled_by(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """An image that was pulled by digest is removed by that digest."""
        docker_io.store(NAME, IMAGE)
        pull = runtime.pull(f"docker.io/{NAME}@{IMAGE.digest}")
        assert runtime.images() == [pull.image]
        runtime.remove(f"docker.io/{NAME}@{IMAGE.digest}")
        assert runtime.images() == []


class TestPulledAnew:
    """A tag that is pulled again."""

    def test_an_unchanged_image_is_not_fetched_again(self, runtime: Runtime, pull: Pull) -> None:
        """Pulling what is there asks the registry for manifest and config again, and for no layer."""
        again = runtime.pull(pull.name)
        exchanges = [each for each in again.evidence.exchanges if isinstance(each, Exchange)]
        blobs = {each.reference for each in exchanges if each.kind is RequestKind.BLOB}
        assert (again.image, again.references, blobs) == (pull.image, ["latest"], {IMAGE.config.digest})

    def test_a_layer_of_another_image_is_not_fetched_again(
        self, runtime: Runtime, pull: Pull, quay_io: RegistryHost
    ) -> None:
        """Of an image that shares a layer with one that is there, config and own layers are asked for, and that not."""
        assert pull.image is not None
        akin = image([*IMAGE.layers, *ANOTHER.layers])
        quay_io.store(NAME, akin)
        other = runtime.pull(f"quay.io/{NAME}")
        assert other.image is not None
        assert (other.image.id, set(other.blobs)) == (akin.id, {akin.config.digest, akin.layers[1].blob.digest})

    @pytest.fixture
    def moved(self, runtime: Runtime, pull: Pull, docker_io: RegistryHost) -> Pull:
        """The tag is moved to another image, and pulled again."""
        docker_io.store(NAME, ANOTHER)
        return runtime.pull(pull.name)

    def test_a_moved_tag_names_the_new_image(self, runtime: Runtime, moved: Pull) -> None:
        """After a tag was moved and pulled again, it names the new image."""
        assert moved.image is not None
        assert (moved.image.id, runtime.status(moved.name).image) == (ANOTHER.id, moved.image)

    def test_the_old_image_stays_without_a_tag(self, runtime: Runtime, moved: Pull) -> None:
        """The image that the tag named before stays, without a tag, and is found by its ID."""
        assert moved.succeeded
        old = runtime.status(IMAGE.id).image
        assert old is not None
        assert old.tags == ()

    @pytest.fixture
    def unknown(self, runtime: Runtime, moved: Pull) -> list[str]:
        """The repositories in those names in the list of images by which a lookup finds nothing."""
        assert moved.succeeded
        names = [name for each in runtime.images() for name in (*each.tags, *each.digests)]
        return [name.partition("@")[0] for name in names if runtime.status(name).image is None]

    def test_every_name_in_the_list_finds_an_image(self, unknown: list[str]) -> None:
        """ImageStatus finds an image by every name that ListImages gives."""
        assert unknown == []


def test_a_lookup_in_an_empty_store_finds_nothing(runtime: Runtime, docker_io: RegistryHost) -> None:
    """In an empty store, ImageStatus finds nothing and ListImages lists nothing; after a pull both have the image."""
    docker_io.store(NAME, IMAGE)
    found: ImageStatusResult = runtime.status(f"docker.io/{NAME}")
    assert (found.image, found.error, runtime.images(), runtime.listed(NAME)) == (None, None, [], [])
    image = runtime.pull(f"docker.io/{NAME}").image
    assert image is not None
    assert (runtime.status(f"docker.io/{NAME}").image, runtime.images(), runtime.listed(NAME)) == (
        image,
        [image],
        [image],
    )


@pytest.mark.releases(">=1.33", "cri-o/cri-o#8996 brought artifacts")
class TestTheLog:
    """CRI-O's log, of a name that nothing has."""

    @pytest.fixture
    def found(self, runtime: Runtime) -> ImageStatusResult:
        """The name is looked up."""
        return runtime.status(f"docker.io/{NAME}")

    @pytest.mark.upstream("cri-o/cri-o#10203")
    def test_it_says_what_was_not_found(self, found: ImageStatusResult) -> None:
        """The log says that neither an image nor an artifact of that name was found."""
        assert found.evidence.not_found == ["image", "artifact"]


def test_images_lie_on_one_file_system(runtime: Runtime) -> None:
    """ImageFsInfo names one folder for images, in the place where CRI-O keeps its storage by default."""
    assert [Path(folder).parent for folder in runtime.image_folders()] == [Path("/var/lib/containers/storage")]
