"""A real client in a world: what skopeo asks and is told, and what the pretend internet has on record about it."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cri import error_parser
from conformance.evidence import Attempt, Log, attempts
from conformance.images.builder import Image, Index
from conformance.model.platform import Platform
from conformance.model.reason import Reason
from conformance.node import World
from conformance.registry_hosts import Exchange, Internet, NameLookup, RegistryHost
from conformance.registry_hosts.internet import authority
from tests.node.world_traces import PATIENCE

SKOPEO = shutil.which("skopeo")
pytestmark = [
    pytest.mark.skipif(SKOPEO is None, reason="skopeo is not installed: apt-get install skopeo"),
    pytest.mark.usefixtures("namespaces"),
]
NAME = "rhuss/caikit-flan-t5-small"
_REQUEST = re.compile(r"(GET|HEAD|POST) https://(\S+?)(?:\?\S*)?")


@dataclass(frozen=True)
class Seen:
    """One call of skopeo: how it ended, what it printed and asked, and what was recorded."""

    status: int
    printed: bytes
    error: str
    requests: list[str]
    records: tuple[Exchange | NameLookup, ...]

    @property
    def exchanges(self) -> list[str]:
        """The recorded exchanges as ``METHOD server/path status``, and the user where one was named."""
        return [
            f"{each.method} {each.server}{each.path} {each.status} {each.user or ''}".strip()
            for each in self.records
            if isinstance(each, Exchange)
        ]

    @property
    def attempt(self) -> Attempt:
        (attempt,) = attempts(self.records)
        return attempt


Skopeo = Callable[..., Seen]


@pytest.fixture
def internet(own_tmpdir: Path) -> Iterator[tuple[World, Internet]]:
    del own_tmpdir
    with World() as world, Internet(world.bind) as internet:
        authority().cert_pem.write_to_path(str(world.folder / "authority.pem"))
        accept = json.dumps({"default": [{"type": "insecureAcceptAnything"}]})
        (world.etc / "containers" / "policy.json").write_text(accept)
        yield world, internet


@pytest.fixture
def skopeo(internet: tuple[World, Internet]) -> Skopeo:
    """Runs ``skopeo inspect`` inside; no exchange that it leads to may show the password."""
    world, around = internet
    printed = world.folder / "printed"
    env = {
        "PATH": os.defpath,
        "PRINTED": str(printed),
        "HOME": str(world.folder),
        "SSL_CERT_FILE": str(world.folder / "authority.pem"),
    }

    def inspect(*arguments: str, password: str | None = None) -> Seen:
        mark = around.recorder.position()
        command = ["sh", "-c", 'exec "$@" > "$PRINTED"', "sh", str(SKOPEO), "--debug", "inspect", *arguments]
        process = world.spawn(command, env, f"log-{mark}")
        assert process.wait(PATIENCE), "skopeo does not end"
        with closing(Log(process.log)) as log:
            lines = log.since(0)
        records = around.recorder.since(mark)
        assert password is None or password not in repr(records)
        return Seen(
            process.status(),
            printed.read_bytes(),
            "".join(line.message for line in lines if line.level == "fatal"),
            [f"{found[1]} {found[2]}" for line in lines if (found := _REQUEST.fullmatch(line.message))],
            records,
        )

    return inspect


@pytest.fixture
def docker_io(internet: tuple[World, Internet]) -> RegistryHost:
    return internet[1].host("docker.io")


@pytest.fixture
def quay_io(internet: tuple[World, Internet]) -> RegistryHost:
    return internet[1].host("quay.io")


def asked(seen: Seen) -> list[str]:
    """Give the recorded requests without those that a redirect led to, of which skopeo says nothing."""
    exchanges = [each for each in seen.records if isinstance(each, Exchange)]
    led_to = {n + 1 for n, each in enumerate(exchanges) if each.status in {302, 307}}
    return [f"{each.method} {each.server}{each.path}" for n, each in enumerate(exchanges) if n not in led_to]


def test_an_image_on_docker_io_is_found_and_every_request_is_on_record(skopeo: Skopeo, docker_io: RegistryHost) -> None:
    offered = docker_io.offer(NAME, platforms=["linux/s390x", str(Platform.host())])
    seen = skopeo(f"docker://docker.io/{NAME}")
    assert (seen.status, seen.error) == (0, "")
    found = json.loads(seen.printed)
    assert (found["Name"], found["RepoTags"]) == (f"docker.io/{NAME}", ["latest"])
    assert isinstance(offered, Index)
    image = offered.images[1]
    assert isinstance(image, Image)
    repository = f"registry-1.docker.io/v2/{NAME}"
    assert set(seen.exchanges) == {
        "GET registry-1.docker.io/v2/ 401",
        "GET auth.docker.io/token 200",
        f"GET {repository}/manifests/latest 200",
        f"GET {repository}/manifests/{image.digest} 200",
        f"GET {repository}/blobs/sha256:{image.id} 307",
        f"GET production.cloudflare.docker.com/v2/{NAME}/blobs/sha256:{image.id} 200",
        f"GET {repository}/tags/list 200",
    }
    assert seen.requests == asked(seen), "what skopeo says that it asked"
    assert seen.attempt.host == docker_io
    assert (seen.attempt.served, seen.attempt.answer) == (True, "200 an image")
    assert seen.attempt.references == ("latest", image.digest)


def test_a_raw_manifest_comes_as_it_was_offered(skopeo: Skopeo, docker_io: RegistryHost) -> None:
    offered = docker_io.offer(NAME, platforms=["linux/arm64"])
    seen = skopeo("--raw", f"docker://docker.io/{NAME}")
    assert seen.printed == offered.manifest.data
    assert seen.exchanges == [
        "GET registry-1.docker.io/v2/ 401",
        "GET auth.docker.io/token 200",
        f"GET registry-1.docker.io/v2/{NAME}/manifests/latest 200",
    ]
    assert seen.attempt.answer == "200 an index for linux/arm64"


def test_no_image_for_this_machine_is_said_to_be_that(skopeo: Skopeo, docker_io: RegistryHost) -> None:
    docker_io.offer(NAME, platforms=["linux/mips64le"])
    seen = skopeo(f"docker://docker.io/{NAME}")
    assert seen.status != 0
    assert error_parser.reason_in(seen.error) is Reason.NO_MATCHING_PLATFORM
    assert seen.attempt.answer == "200 an index for linux/mips64le"


def test_a_private_image_on_quay_io_is_unauthorized_without_a_login(skopeo: Skopeo, quay_io: RegistryHost) -> None:
    quay_io.offer(NAME)
    quay_io.require_login(NAME)
    seen = skopeo("--raw", f"docker://quay.io/{NAME}")
    assert seen.exchanges == [
        "GET quay.io/v2/ 401",
        "GET quay.io/v2/auth 200",
        f"GET quay.io/v2/{NAME}/manifests/latest 401",
    ]
    assert seen.requests == asked(seen)
    assert error_parser.reasons_by_registry(seen.error) == {"quay.io": Reason.UNAUTHORIZED}
    assert (seen.attempt.served, seen.attempt.answer, seen.attempt.users) == (False, "401 private", ())


def test_a_private_image_on_quay_io_opens_with_its_login(skopeo: Skopeo, quay_io: RegistryHost) -> None:
    offered = quay_io.offer(NAME)
    login = quay_io.require_login(NAME)
    credentials = f"{login.user}:{login.password}"
    seen = skopeo("--raw", "--creds", credentials, f"docker://quay.io/{NAME}", password=login.password)
    assert seen.printed == offered.manifest.data
    assert seen.exchanges == [
        "GET quay.io/v2/ 401",
        "GET quay.io/v2/auth 200 robot",
        f"GET quay.io/v2/{NAME}/manifests/latest 200 robot",
    ]
    assert seen.attempt.users == ("robot",)


def test_a_wrong_password_is_refused_by_the_token_service(skopeo: Skopeo, quay_io: RegistryHost) -> None:
    quay_io.require_login(NAME)
    seen = skopeo("--raw", "--creds", "robot:pa55word", f"docker://quay.io/{NAME}", password="pa55word")
    assert seen.exchanges == ["GET quay.io/v2/ 401", "GET quay.io/v2/auth 401 robot"]
    assert error_parser.reasons_by_registry(seen.error) == {"quay.io": Reason.LOGIN_REFUSED}


@pytest.mark.parametrize(
    ("image", "reason", "answer"),
    [
        ("quay.io/no/such", Reason.UNAUTHORIZED, "401 no such repository"),
        ("docker.io/no/such", Reason.DENIED, "401 no such repository"),
        ("ghcr.io/no/such", Reason.DENIED, "403 requested access to the resource is denied"),
        ("registry.k8s.io/no/such", Reason.NOT_FOUND, "404 no such repository"),
        (f"docker.io/{NAME}:no", Reason.NOT_FOUND, "404 manifest unknown"),
    ],
)
def test_what_is_missing_is_told_in_the_hosts_own_manner(
    skopeo: Skopeo, docker_io: RegistryHost, image: str, reason: Reason, answer: str
) -> None:
    docker_io.offer(NAME)
    host = image.partition("/")[0]
    seen = skopeo("--raw", f"docker://{image}")
    assert seen.status != 0
    assert error_parser.reasons_by_registry(seen.error) == {host: reason}
    assert (seen.attempt.host, seen.attempt.answer) == (host, answer)
    assert seen.requests == asked(seen)


def test_a_host_that_does_not_exist_is_looked_up_in_vain(skopeo: Skopeo) -> None:
    seen = skopeo("--raw", "docker://nowhere.example/a/b")
    assert error_parser.reasons_by_registry(seen.error) == {"nowhere.example": Reason.UNKNOWN_HOST}
    assert seen.exchanges == []
    assert {type(each) for each in seen.records} == {NameLookup}
    assert (seen.attempt.host, seen.attempt.answer) == ("nowhere.example", "no such host")


def test_a_host_on_which_nobody_listens_refuses(skopeo: Skopeo, internet: tuple[World, Internet]) -> None:
    closed = internet[1].refuse("closed.example")
    seen = skopeo("--raw", f"docker://{closed}/a/b")
    assert error_parser.reasons_by_registry(seen.error) == {closed: Reason.UNREACHABLE}
    assert seen.records == ()


def test_a_name_of_one_component_is_in_library_on_docker_io_only(
    skopeo: Skopeo, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    assert (docker_io.repository("busybox"), quay_io.repository("busybox")) == (
        "docker.io/library/busybox",
        "quay.io/busybox",
    )
    docker_io.offer("busybox")
    quay_io.offer("busybox")
    for name, path in (("docker.io/busybox", "library/busybox"), ("quay.io/busybox", "busybox")):
        seen = skopeo("--raw", f"docker://{name}")
        assert seen.attempt.served
        assert seen.attempt.repositories == (path,)


def test_registry_k8s_io_sends_everything_to_its_backend(skopeo: Skopeo, internet: tuple[World, Internet]) -> None:
    offered = internet[1].host("registry.k8s.io").offer("pause", tags=["3.10"])
    seen = skopeo("--raw", "docker://registry.k8s.io/pause:3.10")
    assert seen.printed == offered.manifest.data
    assert seen.exchanges == [
        "GET registry.k8s.io/v2/ 200",
        "GET registry.k8s.io/v2/pause/manifests/3.10 307",
        "GET us-central1-docker.pkg.dev/v2/k8s-artifacts-prod/images/pause/manifests/3.10 200",
    ]
    assert (seen.attempt.host, seen.attempt.repositories) == ("registry.k8s.io", ("pause",))


def test_ghcr_io_gives_no_token_for_what_is_private(skopeo: Skopeo, internet: tuple[World, Internet]) -> None:
    ghcr_io = internet[1].host("ghcr.io")
    ghcr_io.offer("a/open")
    ghcr_io.offer("a/private")
    login = ghcr_io.require_login("a/private")
    credentials = f"{login.user}:{login.password}"
    opened = skopeo("--raw", "docker://ghcr.io/a/open")
    refused = skopeo("--raw", "docker://ghcr.io/a/private")
    let_in = skopeo("--raw", "--creds", credentials, "docker://ghcr.io/a/private", password=login.password)
    assert [each.attempt.served for each in (opened, refused, let_in)] == [True, False, True]
    assert refused.exchanges == ["GET ghcr.io/v2/ 401", "GET ghcr.io/token 401"]
    assert error_parser.reasons_by_registry(refused.error) == {"ghcr.io": Reason.LOGIN_REFUSED}


def test_hosts_asked_one_after_the_other_are_attempts_of_their_own(
    skopeo: Skopeo, internet: tuple[World, Internet]
) -> None:
    records: list[Exchange | NameLookup] = []
    for name in ("docker.io/x/y", "quay.io/x/y", "nowhere.example/x/y", "docker.io/x/y"):
        records += skopeo("--raw", f"docker://{name}").records
    assert [each.host for each in attempts(records)] == ["docker.io", "quay.io", "nowhere.example", "docker.io"]
    assert tuple(records) == internet[1].recorder.since(0)
