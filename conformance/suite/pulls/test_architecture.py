"""Images for one architecture only, and images for several."""

import pytest

from conformance import Format, Platform, Pull, Reason, RegistryHost, Runtime, amended, image, index, layer

pytestmark = pytest.mark.podman

NAME = "rhuss/caikit-flan-t5-small"
HERE = Platform.host()
ELSEWHERE = HERE.foreign()
FORMATS = pytest.mark.parametrize("kind", Format, ids=["oci", "docker"])


@FORMATS
class TestForeignOnTheFirstRegistry:
    """docker.io has an index without this machine's architecture; quay.io has one with it."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, kind: Format) -> Pull:
        """The short name is pulled."""
        docker_io.offer(NAME, platforms=[str(ELSEWHERE)], format=kind)
        quay_io.offer(NAME, platforms=[str(ELSEWHERE), str(HERE)], format=kind)
        return runtime.pull(NAME)

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_next_registry_is_asked(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """An index without this machine's architecture sends the pull to the next registry."""
        assert pull.asked == [docker_io, quay_io]

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_next_registry_serves(self, pull: Pull, quay_io: RegistryHost) -> None:
        """The image comes from the registry that has it for this machine's architecture."""
        assert pull.image_hosts == (quay_io,)


@FORMATS
class TestForeignOnBoth:
    """Neither registry has the image for this machine's architecture."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, kind: Format) -> Pull:
        """The short name is pulled."""
        for host in (docker_io, quay_io):
            host.offer(NAME, platforms=[str(ELSEWHERE)], format=kind)
        return runtime.pull(NAME)

    def test_both_are_asked(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Every registry is asked before the pull fails."""
        assert pull.asked == [docker_io, quay_io]

    def test_the_error_explains_both(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The error says of each registry that it has the image for another architecture only."""
        assert pull.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.NO_MATCHING_PLATFORM}

    def test_nothing_is_stored(self, pull: Pull, runtime: Runtime) -> None:
        """A pull that fails for its architecture leaves no image behind."""
        assert [each.served for each in pull.attempts] == [True, True]
        assert (pull.succeeded, pull.blobs, runtime.images()) == (False, [], [])


@FORMATS
def test_a_full_name_without_this_architecture_says_so(runtime: Runtime, docker_io: RegistryHost, kind: Format) -> None:
    """A full name whose index lacks this machine's architecture fails with that as the reason."""
    docker_io.offer(NAME, platforms=[str(ELSEWHERE)], format=kind)
    assert runtime.pull(f"docker.io/{NAME}").reasons == {docker_io: Reason.NO_MATCHING_PLATFORM}


@pytest.mark.parametrize("other", ["windows/amd64", "freebsd/amd64"])
def test_another_operating_system_does_not_match(
    runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, other: str
) -> None:
    """An index for another operating system sends the pull to the next registry."""
    docker_io.offer(NAME, platforms=[other])
    quay_io.offer(NAME)
    pull = runtime.pull(NAME)
    assert (pull.asked, pull.image_hosts) == ([docker_io, quay_io], (quay_io,))


@FORMATS
@pytest.mark.parametrize("place", range(4))
def test_the_right_platform_is_chosen(runtime: Runtime, docker_io: RegistryHost, kind: Format, place: int) -> None:
    """Of an index for several platforms, the image for this machine's is pulled, wherever it stands."""
    platforms = [each for each in ("linux/amd64", "linux/arm64", "linux/s390x", "linux/ppc64le") if each != str(HERE)]
    platforms.insert(place, str(HERE))
    images = [image([layer({"platform": each}, format=kind)], platform=each, format=kind) for each in platforms]
    docker_io.store(NAME, index(images, format=kind))
    pull = runtime.pull(NAME)
    assert pull.image is not None
    assert pull.image.id == images[place].id


@FORMATS
def test_a_digest_names_one_manifest_whatever_its_platform(
    runtime: Runtime, docker_io: RegistryHost, kind: Format
) -> None:
    """A digest of an index's image for another architecture pulls exactly that image."""
    foreign = image([layer({"platform": str(ELSEWHERE)}, format=kind)], platform=ELSEWHERE, format=kind)
    native = image([layer({"platform": str(HERE)}, format=kind)], platform=HERE, format=kind)
    docker_io.store(NAME, index([native, foreign], format=kind))
    pull = runtime.pull(f"{NAME}@{foreign.digest}")
    assert pull.image is not None
    assert pull.image.id == foreign.id


@FORMATS
def test_an_index_is_found_by_its_digest(runtime: Runtime, docker_io: RegistryHost, kind: Format) -> None:
    """A digest of an index pulls the image for this machine's platform in it."""
    images = [
        image([layer({"platform": str(each)}, format=kind)], platform=each, format=kind) for each in (ELSEWHERE, HERE)
    ]
    both = index(images, format=kind)
    docker_io.store(NAME, both)
    pull = runtime.pull(f"{NAME}@{both.digest}")
    assert pull.image is not None
    assert pull.image.id == images[1].id


@FORMATS
@pytest.mark.upstream("cri-o/cri-o#3233")
def test_a_plain_image_is_taken_as_it_is(
    runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, kind: Format
) -> None:
    """A plain image for another architecture is pulled, and no other registry is asked."""
    docker_io.offer(NAME, platform=str(ELSEWHERE), format=kind)
    quay_io.offer(NAME, format=kind)
    pull = runtime.pull(NAME)
    assert (pull.asked, pull.image_hosts) == ([docker_io], (docker_io,))


def test_an_index_is_believed_about_its_images(runtime: Runtime, docker_io: RegistryHost) -> None:
    """What an index says of an image's platform counts, not what the image itself says."""
    foreign = image([layer({"platform": str(ELSEWHERE)})], platform=ELSEWHERE)
    docker_io.store(NAME, index([foreign], platforms=[HERE]))
    pull = runtime.pull(NAME)
    assert pull.image is not None
    assert pull.image.id == foreign.id


ZSTD = "io.github.containers.compression.zstd"
TWO = [image([layer({"number": str(number)})]) for number in range(2)]
SINCE = pytest.mark.releases(">=1.31", "the annotation counts since containers/image 5.27, which Podman 4.3 has not")


@pytest.mark.parametrize("claim", [HERE, None], ids=["of-this-platform", "of-none"])
@pytest.mark.parametrize(
    ("noted", "taken"), [pytest.param(["", "true"], 1, marks=SINCE), (["true", ""], 0), (["", ""], 0), (["", "yes"], 0)]
)
def test_of_two_images_the_one_compressed_with_zstd(
    runtime: Runtime, docker_io: RegistryHost, claim: Platform | None, noted: list[str], taken: int
) -> None:
    """Of two images of an index for one platform, the one annotated as compressed with zstd is taken, or the first."""
    entries = [each.manifest.descriptor(claim, {ZSTD: value}) for each, value in zip(TWO, noted, strict=True)]
    docker_io.store(NAME, amended(index(TWO), {"manifests": entries}))
    pull = runtime.pull(NAME)
    assert pull.image is not None
    assert pull.image.id == TWO[taken].id
