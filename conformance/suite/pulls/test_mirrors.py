"""Mirrors of a registry: when they are asked, and what the user is told of them."""

from typing import NamedTuple

import pytest

from conformance import (
    Configuration,
    Internet,
    Login,
    Mirror,
    Platform,
    Pull,
    Reason,
    Registry,
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
FIRST, SECOND = "mirror.example.com", "second.example.com"
MIRRORED = Configuration(
    registries=(
        Registry(prefix="docker.io", location="docker.io", mirrors=(Mirror(f"{FIRST}/hub"), Mirror(SECOND))),
        Registry(prefix="quay.io", location="quay.io", mirrors=(Mirror(f"{FIRST}/quay"),)),
    )
)


@pytest.fixture
def configuration() -> Configuration:
    """CRI-O with two mirrors of docker.io and one of quay.io, in the default search list."""
    return MIRRORED


@pytest.fixture
def first(internet: Internet) -> RegistryHost:
    """The first mirror of docker.io and the only one of quay.io, with nothing to offer yet."""
    return internet.host(FIRST)


@pytest.fixture
def second(internet: Internet) -> RegistryHost:
    """The second mirror of docker.io, with nothing to offer yet."""
    return internet.host(SECOND)


class TestOnTheFirstMirror:
    """Both mirrors and docker.io itself have the image; docker.io has another one under that name."""

    @pytest.fixture(params=[f"docker.io/{NAME}", f"{NAME}:1.2", f"{NAME}@{IMAGE.digest}"])
    def name(self, request: pytest.FixtureRequest) -> str:
        """The name, in full or short, with a tag or a digest."""
        return str(request.param)

    @pytest.fixture
    def pull(
        self, runtime: Runtime, first: RegistryHost, second: RegistryHost, docker_io: RegistryHost, name: str
    ) -> Pull:
        """The name is pulled."""
        first.store(f"hub/{NAME}", IMAGE, ["latest", "1.2"])
        second.store(NAME, IMAGE, ["latest", "1.2"])
        docker_io.store(NAME, ANOTHER, ["latest", "1.2"])
        return runtime.pull(name)

    def test_the_mirror_alone_is_asked(self, pull: Pull) -> None:
        """Where the first mirror has the image, it alone is asked, below its location for what follows the prefix."""
        assert pull.repositories == [f"{FIRST}/hub/{NAME}"]

    def test_the_mirror_serves(self, pull: Pull) -> None:
        """The image that comes is the mirror's."""
        assert pull.image is not None
        assert pull.image.id == IMAGE.id

    def test_the_image_bears_the_registrys_name(self, pull: Pull, docker_io: RegistryHost) -> None:
        """The image bears the name of the registry that the mirror stands for, and not the mirror's."""
        assert pull.image_hosts == (docker_io,)

    def test_the_log_tells_the_mirror(self, pull: Pull, first: RegistryHost) -> None:
        """The registry that CRI-O's log says it tries is the mirror."""
        assert pull.tried == [first]


class TestOnTheSecondMirror:
    """The first mirror lacks the image, the second one and docker.io have it."""

    @pytest.fixture
    def pull(self, runtime: Runtime, first: RegistryHost, second: RegistryHost, docker_io: RegistryHost) -> Pull:
        """The full name is pulled."""
        first.offer("hub/another")
        second.store(NAME, IMAGE)
        docker_io.store(NAME, ANOTHER)
        return runtime.pull(f"docker.io/{NAME}")

    def test_mirrors_are_asked_in_order(self, pull: Pull, first: RegistryHost, second: RegistryHost) -> None:
        """Mirrors are asked in the order of the configuration until one has the image."""
        assert pull.asked == [first, second]

    def test_the_second_mirror_serves(self, pull: Pull) -> None:
        """The image comes from the first mirror that has it."""
        assert pull.image is not None
        assert pull.image.id == IMAGE.id


FAILURES = {
    "repository": Reason.NOT_FOUND,
    "tag": Reason.NOT_FOUND,
    "login": Reason.NOT_FOUND,
    "500": Reason.BROKEN,
    "429": Reason.TOO_MANY_REQUESTS,
    "refused": Reason.UNREACHABLE,
    "unknown": Reason.UNKNOWN_HOST,
}


def spoil(internet: Internet, name: str, repository: str, failure: str) -> None:
    """Make a mirror fail in one of several ways."""
    match failure:
        case "repository":
            internet.host(name)
        case "tag":
            internet.host(name).offer(repository, tags=["another"])
        case "login":
            internet.host(name).offer(repository)
            internet.host(name).require_login(repository)
        case "refused":
            internet.refuse(name)
        case "unknown":
            pass
        case status:
            internet.host(name).fail(int(status), retry_after=0)


@pytest.mark.parametrize("failure", FAILURES)
class TestNoMirrorServes:
    """Both mirrors of docker.io fail in the same way."""

    @pytest.fixture(autouse=True)
    def spoilt(self, internet: Internet, failure: str) -> None:
        """The mirrors fail."""
        spoil(internet, FIRST, f"hub/{NAME}", failure)
        spoil(internet, SECOND, NAME, failure)

    def test_the_registry_serves(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """Where every mirror fails, the image comes from the registry itself."""
        docker_io.store(NAME, IMAGE)
        pull = runtime.pull(f"docker.io/{NAME}")
        assert (pull.asked[-1], pull.image_hosts) == (docker_io, (docker_io,))

    def test_the_registry_is_tried_last(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """Every mirror is tried in order, and the registry itself after them."""
        assert runtime.pull(f"docker.io/{NAME}").tried == [FIRST, SECOND, docker_io]

    def test_the_error_explains_every_place(self, runtime: Runtime, docker_io: RegistryHost, failure: str) -> None:
        """When mirrors and registry fail, the error says for each of them why it did not serve."""
        reason = FAILURES[failure]
        assert runtime.pull(f"docker.io/{NAME}").reasons == {FIRST: reason, SECOND: reason, docker_io: Reason.DENIED}


def test_a_mirror_that_is_overwhelmed_is_asked_five_times(
    runtime: Runtime, first: RegistryHost, docker_io: RegistryHost
) -> None:
    """A mirror that has had too many requests (429) is asked again, as a registry is, before the registry serves."""
    first.fail(429, retry_after=0)
    docker_io.store(NAME, IMAGE)
    pull = runtime.pull(f"docker.io/{NAME}")
    manifests = [[each.kind is RequestKind.MANIFEST for each in attempt.exchanges] for attempt in pull.attempts]
    assert (pull.asked[0], sum(manifests[0]), pull.image_hosts) == (first, 5, (docker_io,))


def test_the_error_names_the_repository_on_every_mirror(
    runtime: Runtime, first: RegistryHost, second: RegistryHost
) -> None:
    """When mirrors fail, the error names what each of them was asked for."""
    error = runtime.pull(f"docker.io/{NAME}:1.2").error
    assert error is not None
    assert all(error.says(name) for name in (f"{first}/hub/{NAME}:1.2", f"{second}/{NAME}:1.2", f"{NAME}:1.2"))


class TestALogin:
    """A login for docker.io, where the image is private; its mirrors, which ask who wants a token, lack it."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with quay.io and ghcr.io as mirrors of docker.io."""
        mirrors = (Mirror("quay.io/hub"), Mirror("ghcr.io/hub"))
        return Configuration(registries=(Registry(prefix="docker.io", location="docker.io", mirrors=mirrors),))

    @pytest.fixture
    def login(self, docker_io: RegistryHost) -> Login:
        """docker.io's login."""
        docker_io.store(NAME, IMAGE)
        return docker_io.require_login(NAME)

    @pytest.fixture
    def pull(self, runtime: Runtime, quay_io: RegistryHost, ghcr_io: RegistryHost, login: Login) -> Pull:
        """The mirrors know that user too, as happens with one account on several hosts; the full name is pulled."""
        for mirror in (quay_io, ghcr_io):
            mirror.origin.repository("hub/another").logins[login.user] = login.password
        return runtime.pull(f"docker.io/{NAME}", login)

    def test_it_is_not_shown_to_mirrors(
        self, pull: Pull, login: Login, quay_io: RegistryHost, ghcr_io: RegistryHost, docker_io: RegistryHost
    ) -> None:
        """A login in the request is shown to the registry, and to no mirror of it."""
        assert pull.credentials == {quay_io: (), ghcr_io: (), docker_io: (login.user,)}

    def test_it_opens_the_registry(self, pull: Pull, docker_io: RegistryHost) -> None:
        """After the mirrors, the login opens the registry."""
        assert pull.image_hosts == (docker_io,)


class TestOnceAMirrorGaveAManifest:
    """The mirror gives a manifest, and something is wrong with what it stands for; docker.io has a whole image."""

    @pytest.fixture(params=["architecture", "layer", "altered layer"])
    def pull(
        self, request: pytest.FixtureRequest, runtime: Runtime, first: RegistryHost, docker_io: RegistryHost
    ) -> Pull:
        """The full name is pulled."""
        docker_io.store(NAME, IMAGE)
        match request.param:
            case "architecture":
                first.offer(f"hub/{NAME}", platforms=[str(Platform.host().foreign())])
            case "layer":
                first.store(f"hub/{NAME}", IMAGE)
                first.lose(IMAGE.layers[0].blob)
            case _:
                first.store(f"hub/{NAME}", IMAGE)
                first.tamper(IMAGE.layers[0].blob)
        return runtime.pull(f"docker.io/{NAME}")

    def test_the_registry_is_not_asked(self, pull: Pull, first: RegistryHost) -> None:
        """A mirror that gave a manifest is the only place that is asked, whatever becomes of the image."""
        assert pull.asked == [first]

    def test_nothing_is_stored(self, pull: Pull, runtime: Runtime) -> None:
        """A pull that fails on a mirror leaves no image behind."""
        assert [each.served for each in pull.attempts] == [True]
        assert (pull.succeeded, runtime.images()) == (False, [])


@pytest.fixture
def mirror_without_this_architecture(runtime: Runtime, first: RegistryHost) -> Pull:
    """The mirror has an index without this machine's architecture."""
    first.offer(f"hub/{NAME}", platforms=[str(Platform.host().foreign())])
    return runtime.pull(f"docker.io/{NAME}")


def test_the_error_explains_the_mirror_without_this_architecture(mirror_without_this_architecture: Pull) -> None:
    """Where a mirror has the image for another architecture only, the error says so of that mirror."""
    assert mirror_without_this_architecture.reasons == {FIRST: Reason.NO_MATCHING_PLATFORM}


class TestASlashAtTheEnd:
    """A mirror whose location was written with a slash at the end."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with such a mirror of docker.io."""
        return Configuration(
            registries=(Registry(prefix="docker.io", location="docker.io", mirrors=(Mirror(f"{FIRST}/hub/"),)),)
        )

    @pytest.fixture
    def pull(self, runtime: Runtime, first: RegistryHost) -> Pull:
        """The mirror has the image, and it is pulled."""
        first.store(f"hub/{NAME}", IMAGE)
        return runtime.pull(f"docker.io/{NAME}")

    def test_it_is_asked_as_without_the_slash(self, pull: Pull) -> None:
        """A slash at the end of a mirror's location changes nothing."""
        assert (pull.succeeded, pull.repositories) == (True, [f"{FIRST}/hub/{NAME}"])


class MirrorCase(NamedTuple):
    """How a mirror is restricted, by which sort of name it is asked for, and whether it is asked."""

    restriction: str
    written: str
    asked: bool


MODES = [
    MirrorCase("unset", "tag", asked=True),
    MirrorCase("unset", "digest", asked=True),
    MirrorCase("all", "tag", asked=True),
    MirrorCase("all", "digest", asked=True),
    MirrorCase("tag-only", "tag", asked=True),
    MirrorCase("tag-only", "digest", asked=False),
    MirrorCase("digest-only", "tag", asked=False),
    MirrorCase("digest-only", "digest", asked=True),
    MirrorCase("mirror-by-digest-only", "tag", asked=False),
    MirrorCase("mirror-by-digest-only", "digest", asked=True),
]
PULL_FROM = {"unset": "", "mirror-by-digest-only": ""}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: f"{mode.restriction}-by-{mode.written}")
class TestRestrictedMirrors:
    """A mirror that is for tags only, for digests only, or for both."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with a registry for every restriction, each with one mirror."""
        return Configuration(
            registries=tuple(
                Registry(
                    prefix=f"quay.io/{each}",
                    location=f"quay.io/{each}",
                    mirrors=(Mirror(FIRST, pull_from_mirror=PULL_FROM.get(each, each)),),
                    mirror_by_digest_only=each == "mirror-by-digest-only",
                )
                for each in dict.fromkeys(mode.restriction for mode in MODES)
            )
        )

    def test_it_is_asked_for_what_it_is_for(
        self, runtime: Runtime, first: RegistryHost, quay_io: RegistryHost, mode: MirrorCase
    ) -> None:
        """A mirror is asked for tags and digests as its restriction says, and else passed over."""
        first.store("app", IMAGE)
        quay_io.store(f"{mode.restriction}/app", IMAGE)
        suffix = f"@{IMAGE.digest}" if mode.written == "digest" else ":latest"
        pull = runtime.pull(f"quay.io/{mode.restriction}/app{suffix}")
        assert (pull.asked, pull.image_hosts) == ([first if mode.asked else quay_io], (quay_io,))

    def test_it_is_so_for_a_short_name(
        self, runtime: Runtime, first: RegistryHost, docker_io: RegistryHost, quay_io: RegistryHost, mode: MirrorCase
    ) -> None:
        """A mirror of the second search registry is asked for tags and digests as its restriction says, as well."""
        first.store("app", IMAGE)
        quay_io.store(f"{mode.restriction}/app", IMAGE)
        suffix = f"@{IMAGE.digest}" if mode.written == "digest" else ":latest"
        pull = runtime.pull(f"{mode.restriction}/app{suffix}")
        assert (pull.asked, pull.image_hosts) == ([docker_io, first if mode.asked else quay_io], (quay_io,))


class TestMirrorsOfSearchRegistries:
    """A short name."""

    def test_a_mirror_of_the_second_search_registry_serves(
        self, runtime: Runtime, first: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """A short name that the first search registry and its mirrors lack comes from a mirror of the second."""
        first.store(f"quay/{NAME}", IMAGE)
        pull = runtime.pull(NAME)
        assert (pull.repositories[-1], pull.image_hosts) == (f"{first}/quay/{NAME}", (quay_io,))

    def test_every_place_is_asked_in_order(self, runtime: Runtime, first: RegistryHost, second: RegistryHost) -> None:
        """A short name is asked for on each search registry's mirrors, then on that registry, then on the next one."""
        expected = [f"{first}/hub/{NAME}", f"{second}/{NAME}", f"docker.io/{NAME}", f"{first}/quay/{NAME}"]
        assert runtime.pull(NAME).repositories == [*expected, f"quay.io/{NAME}"]


def test_the_error_explains_the_mirror_that_lacks_the_image_of_its_index(
    runtime: Runtime, first: RegistryHost, docker_io: RegistryHost
) -> None:
    """Where a mirror has an index and not the image in it, the error says so of that mirror, not of the registry."""
    first.store(f"hub/{NAME}", index([IMAGE]))
    first.lose(IMAGE)
    docker_io.store(NAME, IMAGE)
    pull = runtime.pull(f"docker.io/{NAME}")
    assert (pull.asked[0], pull.reasons) == (first, {first: Reason.NOT_FOUND})
