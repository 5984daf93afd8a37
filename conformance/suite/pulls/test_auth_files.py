"""Authentication files (containers-auth.json(5)): whose logins they give, and what becomes of a pull that needs one."""

import base64
import json

import pytest

from conformance import Configuration, Login, Pull, Reason, RegistryHost, Runtime

pytestmark = pytest.mark.podman

NAME = "rhuss/app"
ON_DOCKER_IO = f"docker.io/{NAME}"
FIRST, SECOND, LAST = "~/.config/containers/auth.json", "~/.docker/config.json", "~/.dockercfg"
"""Where they are, in the order in which they are looked at; the last one has an older form."""

OURS, OTHER = Login("robot", "of-the-robot"), Login("other", "of-the-other")


def older(logins: dict[str, Login]) -> str:
    """Write logins, each under its key, as the older form of the file has them."""
    encoded = {key: base64.b64encode(f"{login.user}:{login.password}".encode()) for key, login in logins.items()}
    return json.dumps({key: {"auth": text.decode()} for key, text in encoded.items()})


def written(logins: dict[str, Login]) -> str:
    """Write logins, each under its key, into an authentication file."""
    return f'{{"auths": {older(logins)}}}'


WITH_OURS = {
    "first-file": ((FIRST, written({"docker.io": OURS})),),
    "last-file": ((LAST, older({"docker.io": OURS})),),
    "earlier-of-two-files": ((FIRST, written({"docker.io": OURS})), (SECOND, written({"docker.io": OTHER}))),
    "before-one-that-cannot-be-read": ((FIRST, written({"docker.io": OURS})), (SECOND, "")),
    "file-that-has-one": ((FIRST, written({"quay.io": OTHER})), (SECOND, written({"docker.io": OURS}))),
    "key-of-a-namespace": ((FIRST, written({"docker.io/rhuss": OURS})),),
    "longer-of-two-keys": ((FIRST, written({"docker.io": OTHER, "docker.io/rhuss": OURS})),),
    "key-of-docker": ((FIRST, written({"https://index.docker.io/v1/": OURS})),),
}


@pytest.mark.parametrize("files", WITH_OURS.values(), ids=WITH_OURS, scope="class")
class TestALoginInAFile:
    """An authentication file has a login for docker.io, where the image is private, and none for quay.io."""

    @pytest.fixture
    def configuration(self, files: tuple[tuple[str, str], ...]) -> Configuration:
        """CRI-O with those files."""
        return Configuration(auth_files=files)

    @pytest.fixture(autouse=True)
    def private(self, docker_io: RegistryHost) -> None:
        """docker.io lets two users have the image."""
        docker_io.offer(NAME)
        docker_io.origin.repository(NAME).logins.update({each.user: each.password for each in (OURS, OTHER)})

    def test_it_opens_its_registry(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """Of several logins for a registry that counts which the first file has, and there that of the longest key."""
        pull = runtime.pull(ON_DOCKER_IO)
        assert (pull.image_hosts, pull.credentials) == ((docker_io,), {docker_io: (OURS.user,)})

    def test_a_login_in_the_request_goes_before_it(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """A login in the request counts before that of a file."""
        pull = runtime.pull(ON_DOCKER_IO, OTHER)
        assert (pull.image_hosts, pull.credentials) == ((docker_io,), {docker_io: (OTHER.user,)})


class TestALoginForAnotherRegistry:
    """An authentication file has a login for docker.io, which lacks the image; quay.io has it."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that file."""
        return Configuration(auth_files=((FIRST, written({"docker.io": OURS})),))

    def test_it_is_shown_to_no_other(self, runtime: Runtime, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
        """A login in a file is shown to the registry that it is for and to no other."""
        docker_io.offer(NAME, tags=["another"])
        docker_io.origin.repository(NAME).logins[OURS.user] = OURS.password
        quay_io.offer(NAME)
        pull = runtime.pull(NAME)
        assert (pull.image_hosts, pull.credentials) == ((quay_io,), {docker_io: (OURS.user,), quay_io: ()})


@pytest.mark.parametrize("text", ["null", '{"auths": null}'])
class TestAFileWithoutLogins:
    """An authentication file is JSON and has no login."""

    @pytest.fixture
    def configuration(self, text: str) -> Configuration:
        """CRI-O with that file, and one after it that has a login."""
        return Configuration(auth_files=((FIRST, text), (SECOND, written({"docker.io": OURS}))))

    def test_the_next_file_is_read(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """A file without logins, be it null alone, is passed over for the next one."""
        docker_io.offer(NAME)
        docker_io.origin.repository(NAME).logins[OURS.user] = OURS.password
        pull = runtime.pull(ON_DOCKER_IO)
        assert (pull.image_hosts, pull.credentials) == ((docker_io,), {docker_io: (OURS.user,)})


BROKEN = {
    "empty": ((FIRST, ""),),
    "cut": ((FIRST, '{"auths": {'),),
    "another-registry-s-entry": ((FIRST, '{"auths": {"example.com": 1}}'),),
    "last-file": ((LAST, ""),),
    "behind-one-without-the-registry": ((FIRST, written({"quay.io": OTHER})), (SECOND, "")),
    "no-base64": ((FIRST, '{"auths": {"docker.io": {"auth": "cm9ib3Q=!"}}}'),),
    "cut-base64": ((FIRST, '{"auths": {"docker.io": {"auth": "cm9ib3Q6b2"}}}'),),
}


@pytest.mark.parametrize("files", BROKEN.values(), ids=BROKEN, scope="class")
class TestAFileThatCannotBeRead:
    """An authentication file that is looked at is empty, or no JSON of the right form; docker.io's image is public."""

    @pytest.fixture
    def configuration(self, files: tuple[tuple[str, str], ...]) -> Configuration:
        """CRI-O with those files."""
        return Configuration(auth_files=files)

    @pytest.fixture
    def pull(self, runtime: Runtime, docker_io: RegistryHost) -> Pull:
        """The image is pulled."""
        docker_io.offer(NAME)
        return runtime.pull(ON_DOCKER_IO)

    def test_the_pull_fails(self, pull: Pull, docker_io: RegistryHost) -> None:
        """A pull that needs the file fails, also of a public image: the file's fault is told, and nobody is asked."""
        assert (pull.reasons, pull.asked) == ({docker_io: Reason.UNREADABLE_LOGINS}, [])

    @pytest.fixture
    def names_file(self, pull: Pull, files: tuple[tuple[str, str], ...]) -> bool:
        """Whether the error says which file it is."""
        return pull.error is not None and pull.error.says(files[-1][0].removeprefix("~"))

    def test_the_error_names_the_file(self, *, names_file: bool) -> None:
        """The error says which file cannot be read."""
        assert names_file

    def test_a_pull_with_a_login_does_not_need_it(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """A pull with a login in the request does without the files."""
        docker_io.offer(NAME)
        login = docker_io.require_login(NAME)
        assert runtime.pull(ON_DOCKER_IO, login).image_hosts == (docker_io,)
