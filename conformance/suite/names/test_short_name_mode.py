"""Whether CRI-O chooses between several registries for a short name, or refuses to."""

import pytest

from conformance import CallError, Configuration, ImageStatusResult, Pull, RegistryHost, Runtime

pytestmark = pytest.mark.podman

NAME = "rhuss/caikit-flan-t5-small"
DIGEST = "sha256:" + "5" * 64
ENFORCING = pytest.mark.releases(">=1.34", "short_name_mode came with cri-o/cri-o#9401")
IN_ORDER = pytest.mark.releases("<1.34", "before cri-o/cri-o#9401 there was no short_name_mode")


def short_id(name: str) -> str:
    """Name a parameter without the long digest."""
    return name.replace(DIGEST, "digest")


@ENFORCING
@pytest.mark.upstream("cri-o/cri-o#9401")
@pytest.mark.parametrize("mode", [None, "enforcing", ""], ids=["default", "enforcing", "empty"], scope="class")
class TestSeveralCandidates:
    """Two search registries, both of which have the image; the mode is left alone, or set to enforcing."""

    @pytest.fixture
    def configuration(self, mode: str | None) -> Configuration:
        """CRI-O with that mode."""
        return Configuration(short_name_mode=mode)

    @pytest.fixture(autouse=True)
    def offered(self, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Both registries have the image."""
        docker_io.offer(NAME)
        quay_io.offer(NAME)

    @pytest.fixture
    def pull(self, runtime: Runtime, offered: None) -> Pull:
        """The short name is pulled."""
        del offered
        return runtime.pull(NAME)

    @pytest.fixture
    def status(self, runtime: Runtime) -> ImageStatusResult:
        """The short name is looked up."""
        return runtime.status(NAME)

    def test_the_pull_is_refused_as_ambiguous(self, pull: Pull) -> None:
        """A short name that several registries may have is refused as ambiguous."""
        assert pull.error is not None
        assert pull.error.is_ambiguous_name

    def test_no_registry_is_asked(self, pull: Pull) -> None:
        """An ambiguous name is refused before any registry is asked."""
        assert pull.error is not None
        assert (pull.error.is_ambiguous_name, pull.asked) == (True, [])

    def test_the_refusal_names_the_image_as_it_was_written(self, pull: Pull) -> None:
        """The refusal contains the name as it was written."""
        assert pull.error is not None
        assert pull.error.says(f"image name {NAME} ")

    def test_a_lookup_is_refused_as_ambiguous(self, status: ImageStatusResult) -> None:
        """ImageStatus of an ambiguous name is refused as well: a kubelet fails before it pulls."""
        assert status.error is not None
        assert status.error.is_ambiguous_name

    def test_a_lookup_asks_no_registry(self, status: ImageStatusResult) -> None:
        """A look into the store asks no registry, and is refused all the same."""
        assert status.error is not None
        assert (status.error.is_ambiguous_name, status.asked) == (True, [])

    def test_a_removal_is_refused_as_ambiguous(self, runtime: Runtime) -> None:
        """RemoveImage of an ambiguous name is refused as well."""
        with pytest.raises(CallError) as refused:
            runtime.remove(NAME)
        assert refused.value.is_ambiguous_name

    def test_a_full_name_is_never_ambiguous(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """A name with a registry host in it is pulled from there."""
        assert runtime.pull(f"quay.io/{NAME}").image_hosts == (quay_io,)

    @pytest.mark.parametrize("name", [f"{NAME}:latest", f"{NAME}@{DIGEST}", "app", "library/app"], ids=short_id)
    def test_no_way_of_writing_a_short_name_helps(self, runtime: Runtime, name: str) -> None:
        """A tag, a digest, one component or several: a name without a registry host is refused."""
        error = runtime.pull(name).error
        assert error is not None
        assert error.is_ambiguous_name


@pytest.mark.parametrize(
    "mode", [None, "enforcing", "disabled"], ids=["default", "enforcing", "disabled"], scope="class"
)
class TestOneCandidate:
    """One search registry: docker.io."""

    @pytest.fixture
    def configuration(self, mode: str | None) -> Configuration:
        """CRI-O with that mode and docker.io alone in the search list."""
        return Configuration(search_registries=("docker.io",), short_name_mode=mode)

    @pytest.mark.upstream("cri-o/cri-o#9401")
    def test_one_candidate_is_never_ambiguous(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """With one search registry, a short name is pulled from it in every mode."""
        docker_io.offer(NAME)
        assert runtime.pull(NAME).image_hosts == (docker_io,)

    def test_a_lookup_finds_it(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """With one search registry, ImageStatus finds the image by its short name in every mode."""
        docker_io.offer(NAME)
        pull = runtime.pull(NAME)
        assert runtime.status(NAME).image == pull.image is not None


class TestDisabled:
    """The mode is disabled; docker.io lacks the image, quay.io has it."""

    @pytest.fixture
    def pull(self, runtime: Runtime, quay_io: RegistryHost) -> Pull:
        """The short name is pulled."""
        quay_io.offer(NAME)
        return runtime.pull(NAME)

    @pytest.mark.upstream("cri-o/cri-o#9401")
    def test_the_order_is_back(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """With the mode disabled, every search registry is tried in order."""
        assert pull.asked == [docker_io, quay_io]

    def test_a_lookup_finds_what_the_second_registry_gave(self, runtime: Runtime, pull: Pull) -> None:
        """ImageStatus of the short name finds the image, whichever registry it came from."""
        assert runtime.status(NAME).image == pull.image is not None

    def test_a_lookup_by_the_first_registrys_full_name_does_not(self, runtime: Runtime, pull: Pull) -> None:
        """The image bears the name of the registry it came from, and no other's."""
        names = [f"quay.io/{NAME}", f"docker.io/{NAME}"]
        assert pull.image is not None
        assert [runtime.status(name).image for name in names] == [pull.image, None]


@IN_ORDER
@pytest.mark.parametrize("mode", [None, "enforcing"], ids=["default", "enforcing"], scope="class")
class TestBeforeTheMode:
    """CRI-O 1.31 to 1.33, whatever is configured."""

    @pytest.fixture
    def configuration(self, mode: str | None) -> Configuration:
        """CRI-O with an option that it does not know, or without."""
        return Configuration(short_name_mode=mode)

    @pytest.mark.upstream("cri-o/cri-o#9401")
    def test_registries_are_always_tried_in_order(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """Before 1.34, the search registries are tried in order whatever the mode."""
        quay_io.offer(NAME)
        assert runtime.pull(NAME).asked == [docker_io, quay_io]

    def test_a_lookup_is_never_refused(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """Before 1.34, ImageStatus of a short name is answered, with nothing where there is nothing."""
        quay_io.offer(NAME)
        before = runtime.status(NAME)
        pull = runtime.pull(NAME)
        after = runtime.status(NAME)
        assert pull.image is not None
        assert (before.error, before.image, after.error, after.image) == (None, None, None, pull.image)
