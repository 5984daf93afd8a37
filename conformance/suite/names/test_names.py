"""Texts that are no image names, and names that look like something else."""

import pytest

from conformance import CallError, ImageStatusResult, Pull, Runtime, image, layer

pytestmark = pytest.mark.podman

IMAGE = image([layer({"hello": "world"})])
HEX = "5" * 64
FORMAT = "invalid reference format"
CAPITALS = "repository name must be lowercase"
LONG = "repository name must not be more than 255 characters"
DIGEST = "invalid checksum digest format"
INVALID = {
    "": "repository name must have at least one component",
    "rhuss/App": CAPITALS,
    "quay.io/Rhuss/app": CAPITALS,
    "a" * 256: LONG,
    "quay.io/" + "a" * 248: LONG,
    "rhuss/app:": FORMAT,
    "rhuss/app:.hidden": FORMAT,
    "rhuss/app:1:2": FORMAT,
    "rhuss/app:" + "a" * 129: FORMAT,
    "rhuss/app@": FORMAT,
    "rhuss/app@sha256:abc": FORMAT,
    f"rhuss/app@sha256:{HEX}x": FORMAT,
    f"rhuss/app@sha256:{'A' * 64}": DIGEST,
    f"rhuss/app@sha512:{HEX}": "invalid checksum digest length",
    "rhuss/app@md5:" + "5" * 32: "unsupported digest algorithm",
    f"@sha256:{HEX}": FORMAT,
    " rhuss/app": FORMAT,
    "rhuss/app ": FORMAT,
    "rhuss app": FORMAT,
    "rhuss/äpp": FORMAT,
    "/rhuss/app": FORMAT,
    "rhuss/app/": FORMAT,
    "rhuss//app": FORMAT,
    "rhuss/a..b": FORMAT,
    "rhuss/-app": FORMAT,
    "rhuss/app-": FORMAT,
    "quay.io/": FORMAT,
    "quay.io:port/rhuss/app": FORMAT,
    "https://quay.io/rhuss/app": FORMAT,
    "docker://quay.io/rhuss/app": FORMAT,
    "[::1]:5000/app": FORMAT,
}
"""What is written, and what is wrong with it in the words of distribution/reference."""


def short_id(name: str) -> str:
    """Name a parameter, long ones by their beginning."""
    return (name.replace(HEX, "hex") if len(name) < 100 else name[:20] + "...") or "empty"


@pytest.mark.parametrize("name", INVALID, ids=short_id)
class TestNoName:
    """A text that is no image name."""

    @pytest.fixture
    def pull(self, runtime: Runtime, name: str) -> Pull:
        """The text is pulled."""
        return runtime.pull(name)

    def test_no_registry_is_asked(self, pull: Pull) -> None:
        """A text that is no image name is refused, for that, before any registry is asked."""
        assert pull.error is not None
        assert (pull.error.fault_of_name != "", pull.asked) == (True, [])

    def test_the_error_says_what_is_wrong(self, pull: Pull, name: str) -> None:
        """The error says what is wrong with the name."""
        assert pull.error is not None
        assert pull.error.fault_of_name == INVALID[name]

    @pytest.fixture
    def error_contains_name(self, pull: Pull, name: str) -> bool:
        """Whether the error contains the text as it was written."""
        assert pull.error is not None
        return pull.error.says(f'"{name}"')

    def test_the_error_contains_it(self, error_contains_name: bool) -> None:
        """The error contains the text as it was written."""
        assert error_contains_name


COMPLETED = {"Rhuss/app": f"{FORMAT}: {CAPITALS}", "a" * 238: LONG}
"""Short names that are names by themselves, and none with a search registry before them; and what is wrong then."""


@pytest.mark.parametrize("name", COMPLETED, ids=short_id)
class TestNoNameOnceCompleted:
    """A short name that a search registry makes none: a host in capitals, or a name that is just short enough."""

    @pytest.fixture
    def pull(self, runtime: Runtime, name: str) -> Pull:
        """The name is pulled."""
        return runtime.pull(name)

    def test_no_registry_is_asked(self, pull: Pull) -> None:
        """A short name that cannot be completed is refused, for that, before any registry is asked."""
        assert pull.error is not None
        assert (pull.error.fault_of_name != "", pull.asked) == (True, [])

    def test_the_error_says_what_is_wrong(self, pull: Pull, name: str) -> None:
        """The error says what is wrong with the completed name."""
        assert pull.error is not None
        assert pull.error.fault_of_name == COMPLETED[name]

    @pytest.fixture
    def error_contains_name(self, pull: Pull, name: str) -> bool:
        """Whether the error contains the name as it was written."""
        assert pull.error is not None
        return pull.error.says(name)

    def test_the_error_names_the_image_as_it_was_written(self, error_contains_name: bool) -> None:
        """The error contains the name as it was written."""
        assert error_contains_name


@pytest.mark.parametrize("name", ["rhuss/App", "rhuss/app:", f"rhuss/app@sha256:{'A' * 64}"], ids=short_id)
class TestNoNameInTheStore:
    """A text that is no image name, asked of the store."""

    @pytest.fixture
    def status(self, runtime: Runtime, name: str) -> ImageStatusResult:
        """The text is looked up."""
        return runtime.status(name)

    def test_a_lookup_is_refused(self, status: ImageStatusResult, name: str) -> None:
        """ImageStatus refuses a text that is no image name, in the same words."""
        assert status.error is not None
        assert status.error.fault_of_name == INVALID[name]

    def test_a_removal_is_refused(self, runtime: Runtime, name: str) -> None:
        """RemoveImage refuses a text that is no image name, in the same words."""
        with pytest.raises(CallError) as refused:
            runtime.remove(name)
        assert refused.value.fault_of_name == INVALID[name]


NAMES = {
    HEX: (f"library/{HEX}", HEX),
    f"rhuss/{HEX}": (f"rhuss/{HEX}",) * 2,
    f"sha256:{HEX}": ("library/sha256", "sha256"),
    "quay.io": ("library/quay.io", "quay.io"),
    "localhost": ("library/localhost", "localhost"),
    "a": ("library/a", "a"),
    "rhuss/a_b__c---d.e": ("rhuss/a_b__c---d.e",) * 2,
    "a" * 237: ("library/" + "a" * 237, "a" * 237),
}
"""Names, and the repositories that they mean on docker.io and on quay.io."""


@pytest.fixture
def pull(runtime: Runtime, name: str) -> Pull:
    """The name is pulled."""
    return runtime.pull(name)


@pytest.mark.parametrize("name", NAMES, ids=short_id)
def test_what_looks_like_something_else_is_a_short_name(pull: Pull, name: str) -> None:
    """A text that is a name by the grammar, and has no registry host, is asked for on the search registries."""
    on_docker_io, on_quay_io = NAMES[name]
    assert pull.repositories == [f"docker.io/{on_docker_io}", f"quay.io/{on_quay_io}"]


@pytest.mark.parametrize("host", ["registry.example.com:5000", "a.b", "registry:5000", "localhost", "localhost:5000"])
def test_what_is_a_host_is_tried_alone(runtime: Runtime, host: str) -> None:
    """A first component with a dot or a port, or which is localhost, is a registry host."""
    assert runtime.pull(f"{host}/app").tried == [host]
