import copy
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.images.builder import Entry, File, Format, Image, Index, image, layer
from conformance.model.platform import Platform
from conformance.registry_hosts import Login, RegistryHost
from conformance.registry_hosts.faults import Faults
from conformance.registry_hosts.origin import Repository
from conformance.registry_hosts.personality import WELL_KNOWN, plain_registry


@pytest.fixture
def docker_io() -> RegistryHost:
    return RegistryHost(WELL_KNOWN["docker.io"])


@pytest.fixture
def quay_io() -> RegistryHost:
    return RegistryHost(WELL_KNOWN["quay.io"])


def stored(host: RegistryHost, name: str) -> Repository:
    return host.origin.repositories[name]


def test_a_host_is_its_name(docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    assert docker_io == "docker.io"
    assert "docker.io" == docker_io  # noqa: SIM300 (both ways round)
    assert docker_io != quay_io
    assert hash(docker_io) == hash("docker.io")
    assert {docker_io: 1, quay_io: 2} == {"docker.io": 1, "quay.io": 2}
    assert {docker_io, "docker.io"} == {"docker.io"}
    assert [docker_io, quay_io] == ["docker.io", "quay.io"]
    assert f"{docker_io}" == str(docker_io) == "docker.io"


def test_two_hosts_of_one_name_offer_their_own(docker_io: RegistryHost) -> None:
    docker_io.offer("a/b")
    assert RegistryHost(WELL_KNOWN["docker.io"]).origin.repositories == {}


def test_an_offer_is_a_plain_image_for_this_machine(quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app")
    assert isinstance(made, Image)
    assert made.platform == Platform.host()
    repository = stored(quay_io, "team/app")
    assert repository.tags == {"latest": made.digest}
    assert repository.manifest("latest") == repository.manifest(made.digest) == made.manifest
    assert repository.blobs == {blob.digest: blob for blob in made.blobs()}
    assert repository.manifest("none") is None


def test_an_offer_may_be_for_another_platform(quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app", platform="linux/arm/v7")
    assert json.loads(made.blobs()[0].data)["variant"] == "v7"


def test_an_offer_for_several_platforms_is_an_index(quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app", platforms=["linux/amd64", "linux/arm64"])
    assert isinstance(made, Index)
    platforms = [child["platform"] for child in json.loads(made.manifest.data)["manifests"]]
    assert platforms == [Platform.parse(each).as_json() for each in ("linux/amd64", "linux/arm64")]
    assert set(stored(quay_io, "team/app").manifests) == {blob.digest for blob in made.manifests()}
    assert len(made.manifests()) == 3
    assert isinstance(quay_io.offer("team/one", platforms=["linux/arm64"]), Index)


def test_an_offer_has_the_tags_that_are_given(quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app", tags=["1", "1.2"])
    assert stored(quay_io, "team/app").tags == {"1": made.digest, "1.2": made.digest}
    later = quay_io.offer("team/app", tags=["1.2"], files={"new": ""})
    assert stored(quay_io, "team/app").tags == {"1": made.digest, "1.2": later.digest}


def test_an_offer_has_its_files_and_tells_where_it_is_from(quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app", platform="linux/amd64", files={"hello": "world", "run": File(b"#!", mode=0o755)})
    files: dict[str, str | bytes | Entry] = {
        "offered-by": "quay.io/team/app for linux/amd64\n",
        "hello": "world",
        "run": File(b"#!", mode=0o755),
    }
    assert made == image([layer(files)], platform="linux/amd64")


def test_the_same_offer_on_two_hosts_is_two_images(docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    assert docker_io.offer("team/app").digest != quay_io.offer("team/app").digest
    assert docker_io.offer("team/app").digest == docker_io.offer("team/app").digest


@pytest.mark.parametrize("platforms", [(), ("linux/amd64", "linux/arm64")])
def test_an_offer_in_docker_s_format(quay_io: RegistryHost, platforms: tuple[str, ...]) -> None:
    made = quay_io.offer("team/app", platforms=platforms, format=Format.DOCKER)
    types = {blob.media_type for blob in (*made.manifests(), *made.blobs())}
    assert all("vnd.docker" in each for each in types)
    assert made.manifest.media_type == (Format.DOCKER.index_type if platforms else Format.DOCKER.manifest_type)


@pytest.mark.parametrize(
    ("host", "name", "repository"),
    [
        ("docker.io", "busybox", "library/busybox"),
        ("docker.io", "library/busybox", "library/busybox"),
        ("docker.io", "a/b", "a/b"),
        ("quay.io", "busybox", "busybox"),
        ("registry.example.com", "a/b/c", "a/b/c"),
    ],
)
def test_library_may_be_left_out_where_the_host_adds_it(host: str, name: str, repository: str) -> None:
    made = RegistryHost(WELL_KNOWN.get(host) or plain_registry(host))
    made.offer(name)
    made.require_login(name)
    assert list(made.origin.repositories) == [repository]
    assert made.repository(name) == f"{host}/{repository}"


def test_what_is_built_already_can_be_stored(quay_io: RegistryHost) -> None:
    built = image([layer({"hello": "world"})])
    quay_io.store("a", built)
    quay_io.store("b", built, ["1", "2"])
    assert stored(quay_io, "a").tags == {"latest": built.digest}
    assert set(stored(quay_io, "b").tags) == {"1", "2"}


def test_a_login_is_wanted_before_or_after_the_offer(quay_io: RegistryHost) -> None:
    early = quay_io.require_login("team/early")
    assert stored(quay_io, "team/early").tags == {}
    quay_io.offer("team/early")
    quay_io.offer("team/late")
    late = quay_io.require_login("team/late")
    for name, login in (("team/early", early), ("team/late", late)):
        assert stored(quay_io, name).logins == {login.user: login.password}
        assert stored(quay_io, name).tags
        assert login.server == "quay.io"
    assert early.password != late.password


def test_a_login_never_shows_its_password(quay_io: RegistryHost) -> None:
    login = quay_io.require_login("team/app")
    assert login.password
    assert login.password not in repr(login) + str(login) + f"{login}"
    assert "robot" in repr(Login("robot", "secret"))


# What a case says wrongly


@pytest.mark.parametrize(
    ("say", "sentence"),
    [
        (lambda host: host.fail("503"), "'503' is no HTTP status of a failure: write a number from 400 to 599"),
        (lambda host: host.fail(200), "200 is no HTTP status of a failure: write a number from 400 to 599"),
        (lambda host: host.fail(429, retry_after="1"), "retry_after is a number of seconds, and not '1'"),
        (
            lambda host: host.offer("docker.io/a/b"),
            "'docker.io/a/b' begins with the host's own name: docker.io has it as 'a/b'",
        ),
        (lambda host: host.require_login("a/b:latest"), "'a/b:latest' is no repository on docker.io: "),
        (lambda host: host.store("", image([])), "'' is no repository on docker.io: "),
        (lambda host: host.offer("Team/App"), "'Team/App' is no repository on docker.io: "),
        (lambda host: host.offer("a/b", tags="v1"), "tags is a list, and not 'v1': write tags=['v1']"),
        (
            lambda host: host.offer("a/b", platforms="linux/arm64"),
            "platforms is a list, and not 'linux/arm64': write platforms=['linux/arm64']",
        ),
        (lambda host: host.offer("a/b", platform="arm64"), "a platform is written os/architecture"),
        (lambda host: host.tamper("latest"), "'latest' is no digest: give what was offered"),
        (lambda host: host.lose("latest"), "'latest' is no digest: give what was offered"),
    ],
)
def test_what_would_silently_arrange_nothing_is_refused(
    docker_io: RegistryHost, say: Callable[[Any], object], sentence: str
) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        say(docker_io)
    assert docker_io.origin.repositories == {}
    assert docker_io.origin.faults == Faults()


def test_another_hosts_name_may_begin_a_path(quay_io: RegistryHost) -> None:
    quay_io.offer("docker.io/library/app")
    assert list(quay_io.origin.repositories) == ["docker.io/library/app"]


def test_a_copy_is_the_host_and_a_pickle_its_name(docker_io: RegistryHost) -> None:
    assert copy.copy(docker_io) is docker_io
    assert copy.deepcopy([docker_io])[0] is docker_io
    thawed = pickle.loads(pickle.dumps(docker_io))  # noqa: S301 (ours)
    assert (thawed, type(thawed)) == ("docker.io", str)
