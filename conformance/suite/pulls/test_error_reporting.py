"""What the user is told when a pull fails."""

import base64
from typing import NamedTuple

import pytest

from conformance import Configuration, Internet, Login, Platform, Pull, Reason, RegistryHost, Runtime

pytestmark = pytest.mark.podman

NAME = "rhuss/caikit-flan-t5-small"
ELSEWHERE = str(Platform.host().foreign())
DIGEST = "sha256:" + "5" * 64


class TestTheStoryOf8780:
    """docker.io has the image for another architecture only, quay.io says unauthorized."""

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> Pull:
        """The short name is pulled, as the report's author did."""
        docker_io.offer(NAME, platforms=[ELSEWHERE])
        quay_io.require_login(NAME)
        return runtime.pull(NAME)

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_a_foreign_architecture_sends_the_pull_to_the_next_registry(
        self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """An image that one registry has for another architecture only is looked for on the next one."""
        assert pull.asked == [docker_io, quay_io]

    @pytest.mark.upstream("cri-o/cri-o#8780")
    def test_the_error_explains_every_registry_that_was_asked(
        self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost
    ) -> None:
        """When a pull fails, the error says for each registry asked why it did not serve."""
        assert pull.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}


def arrange(host: RegistryHost, lack: str) -> Reason:
    """Make a host refuse in one of several ways; give the reason that the error should state."""
    match lack:
        case "architecture":
            host.offer(NAME, platforms=[ELSEWHERE])
            return Reason.NO_MATCHING_PLATFORM
        case "tag":
            host.offer(NAME, tags=["another"])
            return Reason.NOT_FOUND
        case _:  # the repository, or the right to see it
            return Reason.DENIED if host == "docker.io" else Reason.UNAUTHORIZED


LACKS = ("architecture", "tag", "repository")


class TestTwoRegistriesThatFail:
    """Two search registries, each with one of three ways to fail."""

    @pytest.fixture(params=LACKS, ids="docker-no-{}".format)
    def first(self, request: pytest.FixtureRequest, docker_io: RegistryHost) -> Reason:
        """Why docker.io does not serve."""
        return arrange(docker_io, request.param)

    @pytest.fixture(params=LACKS, ids="quay-no-{}".format)
    def second(self, request: pytest.FixtureRequest, quay_io: RegistryHost) -> Reason:
        """Why quay.io does not serve."""
        return arrange(quay_io, request.param)

    @pytest.fixture
    def pull(self, runtime: Runtime, first: Reason, second: Reason) -> Pull:
        """The short name is pulled."""
        del first, second
        return runtime.pull(NAME)

    def test_the_error_explains_both(
        self, pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost, first: Reason, second: Reason
    ) -> None:
        """The error says for each registry asked why it did not serve."""
        assert pull.reasons == {docker_io: first, quay_io: second}

    def test_the_error_explains_the_last(self, pull: Pull, quay_io: RegistryHost, second: Reason) -> None:
        """The error says why the last registry asked did not serve."""
        assert pull.reasons.get(quay_io) == second

    def test_nothing_is_stored(self, pull: Pull, runtime: Runtime) -> None:
        """A pull that fails leaves no image behind."""
        assert (pull.asked, pull.succeeded, runtime.images()) == (["docker.io", "quay.io"], False, [])


@pytest.mark.parametrize(
    "name",
    [
        "rhuss/app",
        "rhuss/app:1.2",
        f"rhuss/app@{DIGEST}",
        f"rhuss/app:1.2@{DIGEST}",
        "quay.io/rhuss/app",
        "quay.io/rhuss/app:1.2",
        f"quay.io/rhuss/app@{DIGEST}",
        f"quay.io/rhuss/app:1.2@{DIGEST}",
        "docker.io/rhuss/app",
        "docker.io/library/app",
        "app",
    ],
    ids=lambda name: name.replace(DIGEST, "digest"),
)
class TestTheNameInTheError:
    """An image that is nowhere."""

    @pytest.fixture
    def pull(self, runtime: Runtime, name: str) -> Pull:
        """The name is pulled."""
        return runtime.pull(name)

    @pytest.fixture
    def named_last(self, pull: Pull) -> str:
        """The image that the error names of the last registry."""
        assert pull.error is not None
        return pull.error.image_names[-1]

    def test_the_error_names_the_image_as_the_user_wrote_it(self, pull: Pull, named_last: str, name: str) -> None:
        """The error contains the image's name as it was written, also where it is about several registries."""
        assert pull.error is not None
        assert (pull.error.says(name), named_last != "") == (True, True)


REFUSED_LOGIN = {
    "docker.io": Reason.LOGIN_REFUSED,
    "quay.io": Reason.LOGIN_REFUSED,
    "ghcr.io": Reason.DENIED,
}
"""What each registry host's token service says to a login that it does not know."""


class TestCredentialsInTheError:
    """Logins that fail, on three registries."""

    @pytest.fixture(params=REFUSED_LOGIN)
    def host(self, request: pytest.FixtureRequest, internet: Internet) -> RegistryHost:
        """A registry host with a private image."""
        host = internet.host(request.param)
        host.offer(NAME)
        host.require_login(NAME)
        return host

    @pytest.fixture(params=["robot", "nobody"])
    def login(self, request: pytest.FixtureRequest) -> Login:
        """A login that the registry refuses: a known user's wrong password, an unknown user."""
        return Login(request.param, "correct-horse-battery-staple")

    @pytest.fixture
    def pull(self, runtime: Runtime, host: RegistryHost, login: Login) -> Pull:
        """The full name is pulled with that login."""
        return runtime.pull(f"{host}/{NAME}", login)

    def test_the_error_carries_no_credential(self, pull: Pull, host: RegistryHost, login: Login) -> None:
        """The error contains neither the password nor the two together as an Authorization header has them."""
        encoded = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        assert pull.error is not None
        assert pull.reasons == {host: REFUSED_LOGIN[host]}
        assert not any(pull.error.says(secret) for secret in (login.password, encoded))

    @pytest.fixture
    def leaks(self, pull: Pull, host: RegistryHost, login: Login) -> list[str]:
        """How the lines of CRI-O's log, debug lines included, begin that contain the password, which was refused."""
        assert (bool(pull.evidence.told_lines), pull.reasons) == (True, {host: REFUSED_LOGIN[host]})
        return [line.message.partition(":")[0] for line in pull.evidence.told_lines if login.password in line.message]

    def test_the_log_carries_no_credential(self, leaks: list[str]) -> None:
        """No line of CRI-O's log contains the password, which the CRI marks as not to be shown."""
        assert leaks == []


class TestUnreachable:
    """A registry whose name is known and which refuses connections."""

    HOST = "registry.down.example"

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that registry first in the search list."""
        return Configuration(search_registries=(self.HOST, "quay.io"))

    @pytest.fixture(autouse=True)
    def down(self, internet: Internet) -> None:
        """The registry is down."""
        internet.refuse(self.HOST)

    @pytest.fixture
    def pull(self, runtime: Runtime, down: None) -> Pull:
        """The full name is pulled."""
        del down
        return runtime.pull(f"{self.HOST}/{NAME}")

    def test_the_cri_code_says_so(self, pull: Pull) -> None:
        """A registry that refuses connections is reported with the CRI's code for it."""
        assert pull.error is not None
        assert pull.error.cri_code == "RegistryUnavailable"

    def test_the_reason_says_so(self, pull: Pull) -> None:
        """The error says that the registry cannot be reached."""
        assert pull.reasons == {self.HOST: Reason.UNREACHABLE}

    def test_the_next_registry_is_tried(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """A search registry that refuses connections sends the pull to the next one."""
        quay_io.offer(NAME)
        pull = runtime.pull(NAME)
        assert (pull.tried, pull.image_hosts) == ([self.HOST, quay_io], (quay_io,))

    def test_the_cri_code_is_the_last_registrys(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """Where a later registry was reached and refused, an error of that one alone does not say unavailable."""
        quay_io.require_login(NAME)
        pull = runtime.pull(NAME)
        assert pull.error is not None
        assert (pull.tried, pull.reasons.get(quay_io)) == ([self.HOST, quay_io], Reason.UNAUTHORIZED)
        explained = pull.reasons.get(self.HOST) is Reason.UNREACHABLE
        assert pull.error.cri_code in ({"", "RegistryUnavailable"} if explained else {""})


class Alone(NamedTuple):
    """A full name that fails, and the only reason that the error should give."""

    name: str
    reason: Reason


ALONE = pytest.mark.parametrize(
    "alone",
    [
        Alone("docker.io/rhuss/none", Reason.DENIED),
        Alone("quay.io/rhuss/none", Reason.UNAUTHORIZED),
        Alone("ghcr.io/rhuss/none", Reason.DENIED),
        Alone("registry.k8s.io/rhuss/none", Reason.NOT_FOUND),
        Alone("registry.nowhere.example/rhuss/none", Reason.UNKNOWN_HOST),
    ],
    ids=lambda alone: alone.name.partition("/")[0],
)


@ALONE
def test_the_reason_is_the_registrys_own(runtime: Runtime, alone: Alone) -> None:
    """What a registry answers for an image that it does not have is what the user is told."""
    assert runtime.pull(alone.name).reasons == {alone.name.partition("/")[0]: alone.reason}


@ALONE
def test_the_status_code_is_unknown(runtime: Runtime, alone: Alone) -> None:
    """A pull that fails has the gRPC status code Unknown, whatever the registry answered."""
    pull = runtime.pull(alone.name)
    assert pull.error is not None
    assert (pull.asked, pull.error.code.name) == ([alone.name.partition("/")[0]], "UNKNOWN")
