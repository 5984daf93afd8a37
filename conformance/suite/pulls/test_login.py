"""Registries that want a login, and whom CRI-O shows one to."""

import pytest

from conformance import Internet, Login, Pull, Reason, RegistryHost, Runtime

pytestmark = pytest.mark.podman

NAME = "rhuss/caikit-flan-t5-small"


class TestPrivateOnTheFirst:
    """docker.io's repository is private, quay.io's is public; no login is given."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> Pull:
        """The short name is pulled."""
        docker_io.offer(NAME)
        docker_io.require_login(NAME)
        quay_io.offer(NAME)
        return runtime.pull(NAME)

    def test_the_next_registry_is_asked(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """A registry that wants a login sends the pull to the next one."""
        assert pull.asked == [docker_io, quay_io]

    def test_the_next_registry_serves(self, pull: Pull, quay_io: RegistryHost) -> None:
        """The image comes from the registry that wants no login."""
        assert pull.image_hosts == (quay_io,)


class TestPrivateOnTheSecond:
    """docker.io lacks the image, quay.io's repository is private; no login is given."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> Pull:
        """The short name is pulled."""
        docker_io.offer(NAME, tags=["another"])
        quay_io.offer(NAME)
        quay_io.require_login(NAME)
        return runtime.pull(NAME)

    def test_both_are_asked(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Both registries are asked before the pull fails."""
        assert pull.asked == [docker_io, quay_io]

    def test_the_error_explains_both(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The error says that one registry lacks the image and the other wants a login."""
        assert pull.reasons == {docker_io: Reason.NOT_FOUND, quay_io: Reason.UNAUTHORIZED}


class TestPrivateOnBoth:
    """Both repositories are private; no login is given."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> Pull:
        """The short name is pulled."""
        for host in (docker_io, quay_io):
            host.offer(NAME)
            host.require_login(NAME)
        return runtime.pull(NAME)

    def test_both_are_asked(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Both registries are asked before the pull fails."""
        assert pull.asked == [docker_io, quay_io]

    def test_the_error_explains_both(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The error says of both registries that they want a login."""
        assert pull.reasons == {docker_io: Reason.DENIED, quay_io: Reason.UNAUTHORIZED}

    def test_nobody_is_shown_a_login(self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Without a login, every registry is asked anonymously."""
        assert pull.credentials == {docker_io: (), quay_io: ()}


REFUSALS = {"docker.io": Reason.DENIED, "quay.io": Reason.UNAUTHORIZED, "ghcr.io": Reason.LOGIN_REFUSED}
WRONG = {"docker.io": Reason.LOGIN_REFUSED, "quay.io": Reason.LOGIN_REFUSED, "ghcr.io": Reason.DENIED}
"""What the error says of a private image, and of a wrong login; ghcr.io's token service says both."""

SERVERS_SHOWN = {
    "docker.io": ["auth.docker.io", "registry-1.docker.io"],
    "quay.io": ["quay.io", "cdn01.quay.io"],
    "ghcr.io": ["ghcr.io"],
}
"""Who sees a login, or a token had with it: the token service, the registry, and servers below the registry's name."""


@pytest.mark.parametrize("name", REFUSALS)
class TestPrivateByFullName:
    """A private image, asked for by its full name."""

    @pytest.fixture
    def host(self, internet: Internet, name: str) -> RegistryHost:
        """The registry host that has the image."""
        host = internet.host(name)
        host.offer(NAME)
        return host

    @pytest.fixture
    def login(self, host: RegistryHost) -> Login:
        """The login that opens it."""
        return host.require_login(NAME)

    def test_without_a_login_it_is_refused(self, runtime: Runtime, host: RegistryHost, login: Login, name: str) -> None:
        """Without a login the pull fails, and the error says so in the registry's own way."""
        del login
        assert runtime.pull(f"{host}/{NAME}").reasons == {host: REFUSALS[name]}

    def test_the_right_login_opens_it(self, runtime: Runtime, host: RegistryHost, login: Login) -> None:
        """With the right login in the request, the image is pulled."""
        assert runtime.pull(f"{host}/{NAME}", login).image_hosts == (host,)

    def test_the_login_is_shown_to_its_registry(self, runtime: Runtime, host: RegistryHost, login: Login) -> None:
        """The login in the request is the one that the registry sees."""
        assert runtime.pull(f"{host}/{NAME}", login).credentials == {host: (login.user,)}

    def test_no_server_that_blobs_are_redirected_to_sees_it(
        self, runtime: Runtime, host: RegistryHost, login: Login, name: str
    ) -> None:
        """A token had with the login is shown to no server of another domain that the registry redirects blobs to."""
        assert runtime.pull(f"{host}/{NAME}", login).servers_shown == SERVERS_SHOWN[name]

    def test_a_wrong_login_is_refused(self, runtime: Runtime, host: RegistryHost, login: Login, name: str) -> None:
        """With a wrong password the pull fails, and the error says so in the registry's own way."""
        assert runtime.pull(f"{host}/{NAME}", Login(login.user, "wrong")).reasons == {host: WRONG[name]}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_wrong_login_spoils_a_public_image(runtime: Runtime, internet: Internet, name: str) -> None:
    """A login that the registry refuses fails the pull even of a public image: it is not asked again anonymously."""
    host = internet.host(name)
    host.offer(NAME)
    assert runtime.pull(f"{host}/{NAME}", Login("robot", "wrong")).reasons == {host: WRONG[name]}


class TestALoginForTheSecondRegistry:
    """A short name and a login for quay.io, where the image is private; docker.io lacks it."""

    @pytest.fixture
    def login(self, quay_io: RegistryHost) -> Login:
        """quay.io's login."""
        quay_io.offer(NAME)
        return quay_io.require_login(NAME)

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, login: Login) -> Pull:
        """docker.io knows that user too, by another repository, as happens with one account on several hosts."""
        docker_io.origin.repository("rhuss/another").logins[login.user] = login.password
        return runtime.pull(NAME, login)

    def test_it_opens_the_second_registry(self, pull: Pull, quay_io: RegistryHost) -> None:
        """The login opens the registry that it is for."""
        assert pull.image_hosts == (quay_io,)

    def test_it_is_shown_to_no_other_registry(
        self, pull: Pull, login: Login, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """A login is shown to the registry that it names and to no other."""
        assert pull.credentials == {docker_io: (), quay_io: (login.user,)}
