"""Short names that stand for one full name each."""

from typing import NamedTuple

import pytest

from conformance import Configuration, Internet, Pull, Reason, Registry, RegistryHost, Runtime, image, layer

pytestmark = pytest.mark.podman

IMAGE = image([layer({"hello": "world"})])
ALIASES = (
    ("app", "quay.io/team/app"),
    ("two/parts", "ghcr.io/team/parts"),
    ("cancelled", "quay.io/team/cancelled"),
    ("moved", "quay.io/team/old"),
    ("remapped", "logical.example.com/app"),
    ("barred", "docker.io/barred/app"),
)
REGISTRIES = (
    Registry(prefix="logical.example.com", location="quay.io/mines"),
    Registry(prefix="docker.io/barred", location="docker.io/barred", blocked=True),
)
DROP_INS = (
    ("50-first.conf", '[aliases]\n"cancelled" = ""\n"moved" = "quay.io/team/middle"\n"late" = "quay.io/team/late"\n'),
    ("60-second.conf", '[aliases]\n"moved" = "ghcr.io/team/new"\n'),
)
MODES = pytest.mark.parametrize("mode", [None, "disabled"], ids=["default", "disabled"], scope="class")


@pytest.fixture
def configuration(mode: str | None) -> Configuration:
    """CRI-O with aliases in registries.conf and in two drop-ins, two search registries, and that short-name mode."""
    return Configuration(aliases=ALIASES, registries=REGISTRIES, drop_ins=DROP_INS, short_name_mode=mode)


class Meant(NamedTuple):
    """A short name as a user writes it, the repository that it means, and the tag or digest."""

    name: str
    repository: str
    reference: str = "latest"


MEANT = [
    Meant("app", "quay.io/team/app"),
    Meant("app:1.2", "quay.io/team/app", "1.2"),
    Meant(f"app@{IMAGE.digest}", "quay.io/team/app", IMAGE.digest),
    Meant(f"app:1.2@{IMAGE.digest}", "quay.io/team/app", IMAGE.digest),
    Meant("two/parts", "ghcr.io/team/parts"),
    Meant("moved", "ghcr.io/team/new"),
    Meant("late", "quay.io/team/late"),
]


@pytest.mark.parametrize("mode", [None], ids=["default"], scope="class")
@pytest.mark.parametrize("meant", MEANT, ids=lambda meant: meant.name.replace(IMAGE.digest, "digest"))
class TestAnAlias:
    """An alias, in the default short-name mode; the search registries have another image of that name."""

    @pytest.fixture(autouse=True)
    def decoys(self, docker_io: RegistryHost, quay_io: RegistryHost, meant: Meant) -> None:
        """The search registries have another image under the short name."""
        for host in (docker_io, quay_io):
            host.offer(meant.name.partition("@")[0].partition(":")[0], tags=["latest", "1.2"])

    @pytest.fixture
    def pull(self, runtime: Runtime, internet: Internet, decoys: None, meant: Meant) -> Pull:
        """The alias is pulled, and the image is where it says."""
        del decoys
        host, _, name = meant.repository.partition("/")
        internet.host(host).store(name, IMAGE, ["latest", "1.2"])
        return runtime.pull(meant.name)

    def test_its_registry_alone_is_asked(self, pull: Pull, meant: Meant) -> None:
        """An alias is asked for where it says and nowhere else, in every short-name mode."""
        assert (pull.repositories, pull.references) == ([meant.repository], [meant.reference])

    def test_the_image_bears_the_full_name(self, pull: Pull, meant: Meant) -> None:
        """The image bears the name that the alias stands for."""
        assert pull.image is not None
        names = (*pull.image.tags, *pull.image.digests)
        assert {name.partition("@")[0].partition(":")[0] for name in names} == {meant.repository}

    def test_what_it_means_is_looked_for_nowhere_else(self, runtime: Runtime, meant: Meant) -> None:
        """An alias whose image is missing is not looked for on the search registries."""
        assert runtime.pull(meant.name).asked == [meant.repository.partition("/")[0]]


@MODES
class TestAnAliasInTheStore:
    """An image that was pulled by its alias, in either short-name mode."""

    @pytest.fixture
    def pull(self, runtime: Runtime, quay_io: RegistryHost) -> Pull:
        """The alias is pulled."""
        quay_io.store("team/app", IMAGE)
        return runtime.pull("app")

    def test_a_lookup_finds_it(self, runtime: Runtime, pull: Pull) -> None:
        """ImageStatus finds the image by the alias."""
        assert runtime.status("app").image == pull.image is not None

    def test_it_can_be_removed(self, runtime: Runtime, pull: Pull) -> None:
        """RemoveImage removes the image by the alias."""
        assert runtime.images() == [pull.image]
        runtime.remove("app")
        assert runtime.images() == []


@MODES
class TestAnAliasOfARegistryThatIsConfigured:
    """Aliases of names below a prefix."""

    def test_it_may_lie_elsewhere(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """What an alias stands for is then looked up among the prefixes."""
        quay_io.store("mines/app", IMAGE)
        pull = runtime.pull("remapped")
        assert (pull.repositories, pull.image_hosts) == (["quay.io/mines/app"], ("logical.example.com",))

    def test_it_may_be_blocked(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """An alias of a blocked name is refused, and no search registry is asked."""
        quay_io.offer("barred")
        pull = runtime.pull("barred")
        assert (pull.asked, pull.reasons) == ([], {"docker.io": Reason.BLOCKED})


@pytest.mark.parametrize("name", ["cancelled", "team/app", "app/app"])
class TestNotAnAlias:
    """A short name whose alias a later drop-in cancels, and names that merely contain an alias."""

    @pytest.mark.parametrize("mode", ["disabled"], scope="class")
    def test_the_search_registries_are_asked(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost, name: str
    ) -> None:
        """A short name without an alias is looked for on the search registries."""
        assert runtime.pull(name).asked == [docker_io, quay_io]

    @pytest.mark.releases(">=1.34", "short_name_mode came with cri-o/cri-o#9401")
    @pytest.mark.parametrize("mode", [None], ids=["default"], scope="class")
    def test_it_is_ambiguous(self, runtime: Runtime, name: str) -> None:
        """A short name without an alias is ambiguous where several registries may have it."""
        error = runtime.pull(name).error
        assert error is not None
        assert error.is_ambiguous_name
