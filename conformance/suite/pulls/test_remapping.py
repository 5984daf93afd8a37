"""Registries that are configured to lie elsewhere, or to be asked by nobody."""

from typing import NamedTuple

import pytest

from conformance import Configuration, Internet, Mirror, Pull, Reason, Registry, RegistryHost, Runtime, image, layer

IMAGE = image([layer({"hello": "world"})])


class Moved(NamedTuple):
    """A name as it is written, and the repository that is asked for."""

    name: str
    repository: str

    @property
    def host(self) -> str:
        """The registry host in the name as it is written."""
        return self.name.partition("/")[0]


MOVED = [
    Moved("logical.example.com/app", "quay.io/team/app"),
    Moved("logical.example.com/app:1.2", "quay.io/team/app"),
    Moved(f"logical.example.com/app@{IMAGE.digest}", "quay.io/team/app"),
    Moved("logical.example.com/deep/app", "ghcr.io/mines/app"),
    Moved("logical.example.com/deep", "ghcr.io/mines"),
    Moved("logical.example.com/deep/shaft/app", "registry.k8s.io/shaft/app"),
    Moved("logical.example.com/deeper/app", "quay.io/team/deeper/app"),
    Moved("one.wild.example.com/app", "quay.io/wild/app"),
    Moved("two.one.wild.example.com/app", "quay.io/wild/app"),
    Moved("wild.example.com/app", "wild.example.com/app"),
    Moved("one.wild.example.com.example.org/app", "one.wild.example.com.example.org/app"),
    Moved("illogical.example.com/app", "illogical.example.com/app"),
    Moved("docker.io/library/app", "quay.io/official/app"),
    Moved("docker.io/libraryofalexandria/app", "docker.io/libraryofalexandria/app"),
]


@pytest.fixture
def configuration() -> Configuration:
    """CRI-O with registries that lie elsewhere, some below others."""
    return Configuration(
        registries=(
            Registry(prefix="logical.example.com", location="quay.io/team"),
            Registry(prefix="logical.example.com/deep/shaft", location="registry.k8s.io/shaft"),
            Registry(prefix="logical.example.com/deep", location="ghcr.io/mines"),
            Registry(prefix="*.wild.example.com", location="quay.io/wild"),
            Registry(prefix="docker.io/library", location="quay.io/official"),
        )
    )


@pytest.mark.parametrize("moved", MOVED, ids=lambda moved: moved.name.replace(IMAGE.digest, "digest"))
class TestWhereANameLies:
    """A full name, below one of the prefixes or not; the host that it names has another image of that name."""

    @pytest.fixture
    def pull(self, runtime: Runtime, internet: Internet, moved: Moved) -> Pull:
        """The name is pulled."""
        host, _, repository = moved.repository.partition("/")
        if moved.host != host:
            internet.host(moved.host).offer(moved.name.partition("/")[2].partition("@")[0].partition(":")[0])
        internet.host(host).store(repository, IMAGE, ["latest", "1.2"])
        return runtime.pull(moved.name)

    def test_the_longest_prefix_says_where(self, pull: Pull, moved: Moved) -> None:
        """A name is asked for at the location of the longest prefix that covers whole components of it."""
        assert pull.repositories == [moved.repository]

    def test_the_image_bears_the_name_as_it_is_written(self, pull: Pull, moved: Moved) -> None:
        """The image bears the name that was asked for, wherever it was found."""
        assert pull.image_hosts == (moved.host,)


class TestASearchRegistryThatLiesElsewhere:
    """A short name of one component, which is below docker.io/library."""

    @pytest.fixture
    def pull(self, runtime: Runtime, quay_io: RegistryHost) -> Pull:
        """The image is where docker.io/library lies."""
        quay_io.store("official/app", IMAGE)
        return runtime.pull("app")

    def test_it_is_asked_for_there(self, pull: Pull) -> None:
        """A short name is completed first and then looked up among the prefixes."""
        assert pull.repositories == ["quay.io/official/app"]

    def test_it_bears_the_search_registrys_name(self, pull: Pull) -> None:
        """The image bears the name of the search registry."""
        assert pull.image is not None
        assert pull.image.tags == ("docker.io/library/app:latest",)


class TestMissingElsewhere:
    """A name that lies elsewhere, where it is missing."""

    @pytest.fixture
    def pull(self, runtime: Runtime, internet: Internet) -> Pull:
        """The host that the name names has it, but is not asked."""
        internet.host("logical.example.com").offer("app")
        return runtime.pull("logical.example.com/app")

    def test_the_host_in_the_name_is_not_asked(self, pull: Pull, quay_io: RegistryHost) -> None:
        """Only the location is asked."""
        assert pull.asked == [quay_io]

    def test_the_error_blames_the_registry_that_was_asked(self, pull: Pull, quay_io: RegistryHost) -> None:
        """The error says of the registry that was asked in its place why it did not serve."""
        assert pull.reasons == {quay_io: Reason.UNAUTHORIZED}

    def test_the_error_names_the_place(self, pull: Pull) -> None:
        """The error names the repository that was asked for."""
        assert pull.error is not None
        assert pull.error.says("in quay.io/team/app")


class TestBlocked:
    """Registries that are blocked, all of which have the image."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with a blocked prefix on docker.io, one by wildcard, a mirror and a remapping onto the first."""
        return Configuration(
            registries=(
                Registry(prefix="docker.io/barred", location="docker.io/barred", blocked=True),
                Registry(prefix="*.barred.example.com", blocked=True),
                Registry(prefix="onto.example.com", location="docker.io/barred/deep"),
                Registry(prefix="away.example.com", location="quay.io/away", blocked=True),
                Registry(
                    prefix="ghcr.io/barred",
                    location="ghcr.io/barred",
                    blocked=True,
                    mirrors=(Mirror("mirror.example.com"),),
                ),
                Registry(prefix="quay.io/mirrored", location="quay.io/mirrored", mirrors=(Mirror("docker.io/barred"),)),
            )
        )

    @pytest.fixture(autouse=True)
    def offered(self, internet: Internet) -> None:
        """Every registry has the image."""
        for host in ("docker.io", "ghcr.io", "one.barred.example.com"):
            internet.host(host).store("barred/app", IMAGE)
        internet.host("docker.io").store("barred/deep/app", IMAGE)
        for host in ("onto.example.com", "away.example.com"):
            internet.host(host).store("app", IMAGE)

    @pytest.fixture(
        params=[
            "docker.io/barred/app",
            "one.barred.example.com/barred/app",
            "onto.example.com/app",
            "ghcr.io/barred/other",
        ]
    )
    def name(self, request: pytest.FixtureRequest, internet: Internet) -> str:
        """A name that is blocked, by its own prefix or by that of the place where it lies."""
        internet.host("mirror.example.com")
        return str(request.param)

    def test_no_registry_serves_it(self, runtime: Runtime, name: str) -> None:
        """A blocked name is not pulled."""
        pull = runtime.pull(name)
        assert (pull.reasons.get(name.partition("/")[0]), runtime.images()) == (Reason.BLOCKED, [])

    def test_the_error_says_that_it_is_blocked(self, runtime: Runtime, name: str) -> None:
        """The error says of the registry that it is blocked."""
        assert runtime.pull(name).reasons.get(name.partition("/")[0]) is Reason.BLOCKED

    @pytest.mark.parametrize("blocked", ["docker.io/barred/app", "one.barred.example.com/a", "onto.example.com/app"])
    def test_nobody_is_asked(self, runtime: Runtime, blocked: str) -> None:
        """For a blocked name, no registry is asked."""
        pull = runtime.pull(blocked)
        assert (pull.asked, pull.reasons) == ([], {blocked.partition("/")[0]: Reason.BLOCKED})

    def test_a_prefix_covers_whole_components(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """A repository whose name merely begins like a blocked one is pulled."""
        docker_io.store("barredbutopen/app", IMAGE)
        assert runtime.pull("docker.io/barredbutopen/app").image_hosts == (docker_io,)

    def test_a_wildcard_covers_what_is_below_it_only(self, runtime: Runtime, internet: Internet) -> None:
        """The name after a wildcard's asterisk is not covered itself."""
        host = internet.host("barred.example.com")
        host.store("app", IMAGE)
        assert runtime.pull("barred.example.com/app").image_hosts == (host,)

    def test_a_blocked_search_registry_sends_the_pull_to_the_next(
        self, runtime: Runtime, quay_io: RegistryHost
    ) -> None:
        """A short name that is blocked on the first search registry comes from the second."""
        quay_io.store("barred/app", IMAGE)
        pull = runtime.pull("barred/app")
        assert (pull.asked, pull.image_hosts) == ([quay_io], (quay_io,))

    @pytest.fixture
    def nowhere(self, runtime: Runtime) -> Pull:
        """A short name that is blocked on docker.io and missing on quay.io is pulled."""
        return runtime.pull("barred/app")

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_error_explains_the_blocked_search_registry(
        self, nowhere: Pull, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """The error says for each search registry why it did not serve, also for one that is blocked."""
        assert nowhere.reasons == {docker_io: Reason.BLOCKED, quay_io: Reason.UNAUTHORIZED}

    @pytest.mark.upstream("cri-o/cri-o#5034")
    def test_a_mirror_of_a_blocked_registry_serves(
        self, runtime: Runtime, internet: Internet, ghcr_io: RegistryHost
    ) -> None:
        """A blocked registry's mirror is asked, and its image bears the registry's name."""
        mirror = internet.host("mirror.example.com")
        mirror.store("app", IMAGE)
        pull = runtime.pull("ghcr.io/barred/app")
        assert (pull.asked, pull.image_hosts) == ([mirror], (ghcr_io,))

    def test_a_blocked_mirror_is_passed_over(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """A mirror that is blocked is not asked; the registry itself serves."""
        quay_io.store("mirrored/app", IMAGE)
        pull = runtime.pull("quay.io/mirrored/app")
        assert (pull.asked, pull.image_hosts) == ([quay_io], (quay_io,))

    def test_a_blocked_mirror_of_a_search_registry_is_passed_over(
        self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """A short name comes from the second search registry itself where that one's mirror is blocked."""
        quay_io.store("mirrored/app", IMAGE)
        pull = runtime.pull("mirrored/app")
        assert (pull.asked, pull.image_hosts) == ([docker_io, quay_io], (quay_io,))

    @pytest.fixture
    def elsewhere(self, runtime: Runtime, quay_io: RegistryHost) -> Pull:
        """A name below a blocked prefix, whose location is not blocked and has the image, is pulled."""
        quay_io.store("away/app", IMAGE)
        return runtime.pull("away.example.com/app")

    def test_a_blocked_prefix_that_lies_elsewhere_is_blocked(self, elsewhere: Pull) -> None:
        """A name below a blocked prefix is not pulled, wherever the prefix lies."""
        assert elsewhere.reasons == {"away.example.com": Reason.BLOCKED}
