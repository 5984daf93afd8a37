"""Which registries are asked for a name, and in which order."""

from typing import NamedTuple

import pytest

from conformance import Configuration, Internet, Pull, RegistryHost, Runtime, image, layer

pytestmark = pytest.mark.podman

NAME = "rhuss/caikit-flan-t5-small"
HOSTS = ("docker.io", "quay.io", "ghcr.io", "registry.k8s.io")
IMAGE = image([layer({"hello": "world"})])


class SearchCase(NamedTuple):
    """A search list, the place of the registry that has the image, and what the ones before it lack."""

    registries: tuple[str, ...]
    hit: int
    lacks: str = "repository"

    def __str__(self) -> str:
        order = ">".join(name.partition(".")[0] for name in self.registries)
        return f"{order}-hit{self.hit + 1}-no-{self.lacks}"


SEARCHES = [
    *(
        SearchCase(HOSTS[:count], hit, lacks)
        for count in (1, 2, 3, 4)
        for hit in range(count)
        for lacks in ("repository", "tag")
    ),
    SearchCase(("quay.io", "docker.io"), 0),
    SearchCase(("quay.io", "docker.io"), 1),
    SearchCase(("registry.k8s.io", "ghcr.io", "quay.io", "docker.io"), 3),
]
SEARCHES = [search for search in SEARCHES if search.hit or search.lacks == "repository"]


def lack(host: RegistryHost, what: str) -> None:
    """Make a host lack the tag; lacking the whole repository takes nothing."""
    if what == "tag":
        host.offer(NAME, tags=["another"])


@pytest.mark.parametrize("search", SEARCHES, ids=str, scope="class")
class TestWhereOneRegistryHasIt:
    """A short name; the image is on one of the search registries, and on those after it."""

    @pytest.fixture
    def configuration(self, search: SearchCase) -> Configuration:
        """CRI-O with that search list."""
        return Configuration(search_registries=search.registries)

    @pytest.fixture
    def pull(self, runtime: Runtime, internet: Internet, search: SearchCase) -> Pull:
        """The image is offered from the hit on; the registries before it lack the repository or the tag."""
        for name in search.registries[: search.hit]:
            lack(internet.host(name), search.lacks)
        for name in search.registries[search.hit :]:
            internet.host(name).offer(NAME)
        return runtime.pull(NAME)

    def test_registries_are_asked_in_order_until_one_has_it(self, pull: Pull, search: SearchCase) -> None:
        """Search registries are asked in the order of the list, and none after the one that has the image."""
        assert pull.asked == list(search.registries[: search.hit + 1])

    def test_the_first_registry_that_has_it_serves_it(self, pull: Pull, search: SearchCase) -> None:
        """The image comes from the first search registry that has it, and bears that registry's name."""
        assert pull.image_hosts == (search.registries[search.hit],)

    def test_the_log_tells_the_order_on_the_wire(self, pull: Pull, search: SearchCase) -> None:
        """The registries that CRI-O's log says it tries are those that are asked, in the same order."""
        assert pull.tried == pull.asked == list(search.registries[: search.hit + 1])

    def test_a_lookup_by_the_short_name_finds_it(self, runtime: Runtime, pull: Pull) -> None:
        """ImageStatus of the short name finds the image, whichever search registry it came from."""
        assert runtime.status(NAME).image == pull.image is not None


@pytest.mark.parametrize("down", ["refused", "unknown"])
class TestWhereOneRegistryIsDown:
    """The search registry in the middle refuses connections, or nobody knows its name; the last one has the image."""

    HOST = "registry.down.example"

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that search list."""
        return Configuration(search_registries=("docker.io", self.HOST, "quay.io"))

    @pytest.fixture
    def pull(self, runtime: Runtime, internet: Internet, quay_io: RegistryHost, down: str) -> Pull:
        """The short name is pulled."""
        quay_io.store(NAME, IMAGE)
        if down == "refused":
            internet.refuse(self.HOST)
        return runtime.pull(NAME)

    def test_it_is_tried_in_its_turn(self, pull: Pull) -> None:
        """A search registry that cannot be reached is tried when its turn comes, and then the next one."""
        assert pull.tried == ["docker.io", self.HOST, "quay.io"]

    def test_the_next_one_serves(self, pull: Pull) -> None:
        """The image comes from the next search registry that has it."""
        assert pull.image is not None
        assert (pull.image.id, pull.image_hosts) == (IMAGE.id, ("quay.io",))


@pytest.mark.parametrize("registries", [HOSTS[:count] for count in range(1, 5)], ids=len, scope="class")
class TestWhereNoRegistryHasIt:
    """A short name; the image is nowhere."""

    @pytest.fixture
    def configuration(self, registries: tuple[str, ...]) -> Configuration:
        """CRI-O with that search list."""
        return Configuration(search_registries=registries)

    @pytest.mark.parametrize("lacks", ["repository", "tag"])
    def test_every_registry_is_asked(
        self, runtime: Runtime, internet: Internet, registries: tuple[str, ...], lacks: str
    ) -> None:
        """An image that no search registry has is looked for on every one of them."""
        for name in registries:
            lack(internet.host(name), lacks)
        assert runtime.pull(NAME).asked == list(registries)


class NameCase(NamedTuple):
    """A name as a user writes it, and what it means: the repository on docker.io and on quay.io, tag or digest."""

    name: str
    docker: str
    quay: str
    reference: str


WRITTEN = [
    NameCase("rhuss/app", "rhuss/app", "rhuss/app", "latest"),
    NameCase("rhuss/app:1.2", "rhuss/app", "rhuss/app", "1.2"),
    NameCase(f"rhuss/app@{IMAGE.digest}", "rhuss/app", "rhuss/app", IMAGE.digest),
    NameCase(f"rhuss/app:1.2@{IMAGE.digest}", "rhuss/app", "rhuss/app", IMAGE.digest),
    NameCase("app", "library/app", "app", "latest"),
    NameCase("app:1.2", "library/app", "app", "1.2"),
    NameCase(f"app@{IMAGE.digest}", "library/app", "app", IMAGE.digest),
    NameCase("library/app", "library/app", "library/app", "latest"),
    NameCase("one/two/three/app", "one/two/three/app", "one/two/three/app", "latest"),
]


def short_id(written: NameCase) -> str:
    """Name a parameter without the long digest."""
    return written.name.replace(IMAGE.digest, "digest")


class TestHowANameIsRead:
    """A short name as a user writes it; quay.io has the image, docker.io does not."""

    @pytest.fixture(params=WRITTEN, ids=short_id)
    def written(self, request: pytest.FixtureRequest) -> NameCase:
        """The name."""
        found: NameCase = request.param
        return found

    @pytest.fixture
    def pull(self, runtime: Runtime, quay_io: RegistryHost, written: NameCase) -> Pull:
        """The image is on quay.io, under every tag."""
        quay_io.store(written.quay, IMAGE, ["latest", "1.2"])
        return runtime.pull(written.name)

    def test_each_registry_is_asked_for_its_own_repository(self, pull: Pull, written: NameCase) -> None:
        """A one-component name is in library/ on docker.io, and nowhere else; other names are the same everywhere."""
        assert pull.repositories == [f"docker.io/{written.docker}", f"quay.io/{written.quay}"]

    def test_the_tag_or_digest_is_what_is_asked_for(self, pull: Pull, written: NameCase) -> None:
        """A name without a tag means latest; where there is a digest, the digest alone counts."""
        assert pull.references == [written.reference]

    def test_the_image_that_is_meant_comes(self, pull: Pull) -> None:
        """The image under that name is pulled."""
        assert pull.image is not None
        assert pull.image.id == IMAGE.id


FULL_NAMES = {
    "docker.io/rhuss/app": "docker.io",
    "docker.io/app": "docker.io",
    "docker.io/library/app": "docker.io",
    "index.docker.io/rhuss/app": "docker.io",
    "quay.io/rhuss/app": "quay.io",
    "quay.io/rhuss/app:1.2": "quay.io",
    f"quay.io/rhuss/app@{IMAGE.digest}": "quay.io",
    "ghcr.io/rhuss/app": "ghcr.io",
    "registry.k8s.io/rhuss/app": "registry.k8s.io",
    "registry.example.com/team/app": "registry.example.com",
}


@pytest.mark.parametrize("name", FULL_NAMES, ids=lambda name: name.replace(IMAGE.digest, "digest"))
class TestFullNames:
    """A name with a registry host in it."""

    def test_a_full_name_asks_its_own_registry_only(self, runtime: Runtime, internet: Internet, name: str) -> None:
        """A name with a registry host is asked for there and nowhere else, whatever the search list says."""
        host = internet.host(FULL_NAMES[name])
        repository = name.partition("/")[2].partition("@")[0].partition(":")[0]
        host.store(repository, IMAGE, ["latest", "1.2"])
        pull = runtime.pull(name)
        assert (pull.asked, pull.image_hosts) == ([host], (host,))

    def test_a_full_name_that_is_missing_is_looked_for_nowhere_else(
        self, runtime: Runtime, internet: Internet, name: str
    ) -> None:
        """A name with a registry host that lacks it is not looked for on the search registries."""
        host = internet.host(FULL_NAMES[name])
        assert runtime.pull(name).asked == [host]


def test_a_host_that_does_not_exist_is_asked_for_alone(runtime: Runtime) -> None:
    """A registry host whose name nobody knows ends the pull; no search registry is asked."""
    assert runtime.pull("registry.nowhere.example/team/app").asked == ["registry.nowhere.example"]
