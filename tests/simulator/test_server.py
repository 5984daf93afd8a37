"""The simulator over its socket: what a release line answers about images."""

import base64
import json
import threading
import time
from collections.abc import Iterator

import grpc
import pytest

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.images.artifacts import artifact
from conformance.images.builder import Blob, Image, image, index, layer
from conformance.model.answers import OCI_INDEX, Login
from conformance.model.platform import Platform
from conformance.registry_hosts.faults import Faults
from conformance.simulator.request_auth import decode_auth
from tests.simulator.served_simulator import RELEASES, Run, refusal, simulated

NAME = "team/app"
HERE = Platform.host()
UNAUTHORIZED = (
    f"initializing source docker://quay.io/{NAME}:latest: reading manifest latest in quay.io/{NAME}: "
    "unauthorized: access to the requested resource is not authorized"
)
BOTH = f"unable to pull image or OCI artifact: pull image err: {UNAUTHORIZED}; artifact err: "
SECOND = f"reading manifest latest in quay.io/{NAME}: unauthorized: access to the requested resource is not authorized"


@pytest.fixture
def run() -> Iterator[Run]:
    with simulated() as made:
        yield made


def offered(run: Run, host: str = "quay.io", name: str = NAME) -> Image:
    content = run.internet.host(host).offer(name)
    assert isinstance(content, Image)
    return content


# Pulling


@pytest.mark.parametrize(
    ("release", "is_id"),
    [("1.31.13", False), ("1.34.11", False), ("1.35.1", False), ("1.35.6", True), ("1.36.3", True)],
)
def test_a_short_name_is_found_on_the_second_registry(release: str, is_id: bool) -> None:
    with simulated(release) as run:
        content = offered(run)
        assert run.pull(NAME) == (content.id if is_id else f"quay.io/{NAME}@{content.digest}")
        assert run.exchanges()[0] == "registry-1.docker.io/v2/ 401"
        assert run.exchanges()[-1] == f"cdn01.quay.io/v2/{NAME}/blobs/{content.blobs()[1].digest} 200"
        twice = release >= "1.33"  # a registry that failed is asked again, for an artifact
        assert run.exchanges().count("registry-1.docker.io/v2/ 401") == 1 + twice


@pytest.mark.parametrize(
    ("release", "text"),
    [
        ("1.31.13", UNAUTHORIZED),
        ("1.32.13", UNAUTHORIZED),
        ("1.33.0", f"unable to try pulling possible OCI artifact: get manifest: build image source: {SECOND}"),
        (
            "1.34.11",
            f"{BOTH}get manifest: build image source: {SECOND}",
        ),
        (
            "1.36.3",
            f"{BOTH}image reference: get manifest from ref: create image source: {SECOND}",
        ),
    ],
)
def test_the_last_registry_s_error_is_told(release: str, text: str) -> None:
    with simulated(release) as run:
        error = refusal(run.pull, NAME)
    assert (error.code, error.message) == (grpc.StatusCode.UNKNOWN, text)


def test_a_name_that_may_mean_several_is_refused_where_the_mode_says_so() -> None:
    with simulated(mode="enforcing") as run:
        offered(run)
        for call in (run.pull, run.status, run.images, run.remove):
            error = refusal(call, NAME)
            assert error.message == f"short name mode is enforcing, but image name {NAME} returns ambiguous list"
        assert run.exchanges() == []


def test_a_registry_that_is_down_has_a_code(run: Run) -> None:
    error = refusal(run.pull, f"{run.internet.refuse('down.example')}/app")
    assert (error.cri_code, error.code) == ("RegistryUnavailable", grpc.StatusCode.UNKNOWN)


@pytest.mark.parametrize("kind", ["fields", "base64", "both"])
def test_a_login_comes_in_two_forms(run: Run, kind: str) -> None:
    offered(run)
    login = run.internet.host("quay.io").require_login(NAME)
    fields = {"username": login.user, "password": login.password}
    packed = base64.b64encode(f"{login.user}:{login.password}\0".encode()).decode()
    auth = {"fields": fields, "base64": {"auth": packed}, "both": {"username": "no", "password": "no", "auth": packed}}
    assert run.pull(f"quay.io/{NAME}", **auth[kind])


@pytest.mark.parametrize(
    "auth", [{"password": "x"}, {"server_address": "quay.io", "identity_token": "x"}, {"auth": "bm8="}]
)
def test_what_is_no_login_is_none(run: Run, auth: dict[str, str]) -> None:
    offered(run)
    assert run.pull(f"quay.io/{NAME}", **auth)


@pytest.mark.parametrize(("auth", "at"), [("%%%", 0), ("YW%h", 2), ("YWJj=", 4), ("YWJjZA", 4), ("YWJj\nZ", 5)])
def test_a_login_that_is_no_base64(auth: str, at: int) -> None:
    with pytest.raises(ValueError, match=f"^illegal base64 data at input byte {at}$"):
        decode_auth(auth)


def busy(run: Run, seconds: int) -> None:
    """Let quay.io have too many requests for that long."""
    offered(run)
    run.internet.host("quay.io").fail(429, retry_after=seconds)


def await_refusal(run: Run) -> None:
    """Wait until quay.io has refused a request."""
    end = time.monotonic() + 30
    while not any(each.endswith(" 429") for each in run.exchanges()):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_equal_pulls_at_once_are_one(run: Run) -> None:
    busy(run, 1)
    answers: list[str] = []
    pulls = [threading.Thread(target=lambda: answers.append(run.pull(f"quay.io/{NAME}"))) for _ in range(8)]
    for pull in pulls:
        pull.start()
    await_refusal(run)
    run.internet.host("quay.io").origin.faults = Faults()
    for pull in pulls:
        pull.join()
    assert len(set(answers)) == 1
    assert len(answers) == 8
    assert run.exchanges().count("quay.io/v2/ 401") == 1


def test_pulls_of_different_names_or_logins_are_not_shared(run: Run) -> None:
    busy(run, 1)
    login = run.internet.host("quay.io").require_login("team/other")
    auths = [{}, {}, {"username": login.user, "password": login.password}]
    names = [f"quay.io/{NAME}", f"quay.io/{NAME}:latest", f"quay.io/{NAME}"]
    pulls = [threading.Thread(target=run.pull, args=(n,), kwargs=a) for n, a in zip(names, auths, strict=True)]
    for pull in pulls:
        pull.start()
    await_refusal(run)
    run.internet.host("quay.io").origin.faults = Faults()
    for pull in pulls:
        pull.join()
    assert run.exchanges().count("quay.io/v2/ 401") == 3


def test_who_waits_for_the_same_pull_is_told_when_it_is_given_up(run: Run) -> None:
    """The first caller hangs up while its registry lets it wait for long; the second one waits for the same pull."""
    busy(run, 60)
    with Client(str(run.socket), lambda _call: None, timeout=2) as hasty:
        request = api.PullImageRequest(image=api.ImageSpec(image=f"quay.io/{NAME}"))
        caught: list[CRIError] = []
        first = threading.Thread(target=lambda: caught.append(refusal(hasty.pull_image, request)))
        first.start()
        await_refusal(run)
        error = refusal(run.pull, f"quay.io/{NAME}")
        first.join()
    assert caught[0].code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert (error.code, error.message) == (grpc.StatusCode.CANCELLED, "context canceled")


# Looking


@pytest.mark.parametrize("release", RELEASES)
def test_an_image_is_found_by_all_that_names_it(release: str) -> None:
    with simulated(release) as run:
        content = offered(run)
        assert not run.status(NAME).HasField("image")
        run.pull(NAME)
        by_digest = f"quay.io/{NAME}@{content.digest}"
        for name in (NAME, f"quay.io/{NAME}:latest", by_digest, content.id, content.id[:5]):
            found = run.status(name).image
            names = [*found.repo_tags, *found.repo_digests]
            assert (found.id, names) == (content.id, [f"quay.io/{NAME}:latest", by_digest])
            assert found.HasField("spec")
            assert [each.id for each in run.images(name)] == [content.id]
        assert not run.status(f"docker.io/{NAME}").HasField("image")


def test_an_empty_name(run: Run) -> None:
    for call in (run.status, run.remove):
        assert refusal(call, "").message == "no image specified"
    assert refusal(run.pull, "").message == 'cannot parse input: "": repository name must have at least one component'


@pytest.mark.parametrize(
    ("user", "uid", "username"),
    [("", None, ""), ("1000", 1000, ""), ("0:0", 0, ""), ("web", None, "web"), ("a:b", None, "a")],
)
def test_an_image_s_user(run: Run, user: str, uid: int | None, username: str) -> None:
    content = image([layer({"f": "x"})], config={"User": user} if user else {})
    run.internet.host("quay.io").store(NAME, content)
    run.pull(f"quay.io/{NAME}")
    for found in (run.status(content.id).image, *run.images()):
        assert (found.uid.value if found.HasField("uid") else None, found.username) == (uid, username)


def test_who_wants_to_know_more_is_told_the_config(run: Run) -> None:
    content = image([layer({"f": "x"})], config={"Labels": {"a": "ö"}, "Env": ["A=b"], "User": "7", "Own": 1})
    run.internet.host("quay.io").store(NAME, content)
    run.pull(f"quay.io/{NAME}")
    assert not run.status(content.id).info
    info = run.status(content.id, verbose=True).info["info"]
    told = json.loads(info)
    assert info.startswith('{"labels":{"a":"ö"},"imageSpec":{"created":')
    assert list(told["imageSpec"]["config"]) == ["User", "Env", "Labels"]
    assert told["imageSpec"]["rootfs"]["type"] == "layers"


def test_sizes_are_those_of_a_live_cri_o(run: Run) -> None:
    """Measured on 1.31.13 and 1.36.3: layers unpacked, the config, the manifest twice, the index."""
    content, both = offered(run), [image([layer({"f": "x"})], platform=each) for each in (HERE.foreign(), HERE)]
    listed = index(both)
    run.internet.host("quay.io").store("team/index", listed)
    for name, each, more in ((NAME, content, 0), ("team/index", both[1], len(listed.manifest.data))):
        run.pull(f"quay.io/{name}")
        size = 10240 + each.blobs()[0].size + 2 * each.manifest.size + more
        assert run.status(f"quay.io/{name}").image.size == size
    info = run.client.image_fs_info(api.ImageFsInfoRequest())
    assert info.image_filesystems == info.container_filesystems
    assert info.image_filesystems[0].fs_id.mountpoint == "/var/lib/containers/storage/overlay-images"
    assert info.image_filesystems[0].used_bytes.value == sum(each.size for each in run.images())


def test_annotations_are_those_of_an_oci_manifest(run: Run) -> None:
    content = offered(run)
    manifest = json.loads(content.manifest.data) | {"annotations": {"a": "b"}}
    data = json.dumps(manifest).encode()
    repository = run.internet.host("quay.io").origin.repository(NAME)
    blob = Blob(content.manifest.media_type, data)
    repository.manifests[blob.digest] = blob
    repository.tags["latest"] = blob.digest
    run.pull(f"quay.io/{NAME}")
    assert run.status(content.id).image.spec.annotations == {"a": "b"}
    entry = {"digest": blob.digest, "mediaType": blob.media_type, "size": blob.size, "platform": HERE.as_json()}
    listed = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    above = Blob(OCI_INDEX, json.dumps(listed).encode())
    repository.manifests[above.digest] = above
    repository.tags["latest"] = above.digest
    run.pull(f"quay.io/{NAME}")
    assert run.status(content.id).image.spec.annotations == {}


# Removing


def test_an_image_goes_with_its_last_name_or_by_its_id(run: Run) -> None:
    host = run.internet.host("quay.io")
    content = host.offer(NAME, tags=["1", "2"])
    assert isinstance(content, Image)
    for tag in ("1", "2"):
        run.pull(f"quay.io/{NAME}:{tag}")
    run.remove(f"quay.io/{NAME}:1")
    assert run.status(content.id).image.repo_tags == [f"quay.io/{NAME}:2"]
    run.remove(content.id)
    assert run.images() == []
    run.remove(content.id)
    run.remove(NAME)


def test_layers_that_are_there_are_not_fetched_again(run: Run) -> None:
    content = offered(run)
    run.pull(NAME)
    before = len(run.exchanges())
    run.pull(f"quay.io/{NAME}")
    fetched = run.exchanges()[before:]
    assert any(content.blobs()[0].digest in each for each in fetched)
    assert not any(content.blobs()[1].digest in each for each in fetched)
    run.remove(NAME)
    run.pull(f"quay.io/{NAME}")
    assert content.blobs()[1].digest in run.exchanges()[-1]


# The log


@pytest.mark.parametrize("release", ["1.31.13", "1.33.13", "1.34.11", "1.36.3"])
def test_the_log_tells_a_pull_as_cri_o_does(release: str) -> None:
    with simulated(release) as run:
        offered(run)
        reference = run.pull(NAME)
        lines = [line for line in run.lines() if line.level == "info"]
        trying = [f'Trying to access "{host}/{NAME}:latest"' for host in ("docker.io", "docker.io", "quay.io")]
        expected = [
            f"Pulling image: {NAME}",
            f'Resolving "{NAME}" using unqualified-search registries (/etc/containers/registries.conf.d/crio.conf)',
            *(trying if release >= "1.33" else trying[1:]),
            f"Pulled image: {reference}",
        ]
        told = [line.message for line in lines if not line.message.startswith("Falling back")]
        assert told == expected
        fields = {line.fields.get("name") for line in lines}
        assert fields == {None, "/runtime.v1.ImageService/PullImage"}
        assert len({line.request_id for line in lines} - {""}) == 1
        assert all(line.request_id == "" for line in lines if line.message.startswith(("Trying", "Resolving")))


SECRET = 'h,unter"2'
PRINTED = {
    "1.33.13": (
        "Request: &PullImageRequest{Image:&ImageSpec{Image:quay.io/team/app,Annotations:map[string]string{},"
        'UserSpecifiedImage:,RuntimeHandler:,},Auth:&AuthConfig{Username:me,Password:h,unter"2,Auth:,ServerAddress:,'
        "IdentityToken:,RegistryToken:,},SandboxConfig:nil,}"
    ),
    "1.36.3": (
        'Request: *v1.PullImageRequest: image:{image:"quay.io/team/app"}  auth:{username:"me"  password:"h,unter\\"2"}'
    ),
}


@pytest.mark.parametrize("release", PRINTED)
@pytest.mark.parametrize("debug", [True, False])
def test_at_level_debug_the_password_is_printed_as_cri_o_prints_it(release: str, debug: bool) -> None:
    with simulated(release, debug=debug) as run:
        offered(run)
        refusal(run.pull, f"quay.io/{NAME}", username="me", password=SECRET)
        messages = [line.message for line in run.lines()]
    assert (PRINTED[release] in messages) is debug
    assert any(SECRET in message for message in messages) is (debug and release == "1.33.13")
    assert any("unter" in message for message in messages) is debug


def test_a_failed_call_is_told_at_level_debug(run: Run) -> None:
    error = refusal(run.pull, NAME)
    told = [line.message for line in run.lines()]
    assert f"Response error: {error.message}" in told
    assert f"Error pulling image quay.io/{NAME}:latest: {error.message}" in told


def test_what_is_not_there_is_told(run: Run) -> None:
    run.status(NAME)
    told = [line.message for line in run.lines()]
    assert f"Image {NAME} not found" in told
    assert f"Neither image nor artfiact {NAME} found" in told


# The runtime


@pytest.mark.parametrize(("release", "version"), [("1.36.3", "1.36.3"), ("1.36", "1.36.0"), ("1.31.13", "1.31.13")])
def test_who_answers(release: str, version: str) -> None:
    with simulated(release) as run:
        answer = run.client.version(api.VersionRequest())
        assert (answer.runtime_name, answer.runtime_version, answer.runtime_api_version) == ("cri-o", version, "v1")
        conditions = {each.type: each.status for each in run.client.status(api.StatusRequest()).status.conditions}
        assert conditions == {"RuntimeReady": True, "NetworkReady": True}


def test_what_takes_a_process_is_not_there(run: Run) -> None:
    start = refusal(run.client.start_container, api.StartContainerRequest(container_id="x"))
    run_ = refusal(run.client.exec_sync, api.ExecSyncRequest(container_id="x", cmd=["/bin/true"]))
    for error in (start, run_):
        assert error.code is grpc.StatusCode.UNIMPLEMENTED
        assert error.message == (
            f"{error.rpc} cannot be had: this is a simulator of CRI-O's image service, which starts no process"
        )
    with pytest.raises(grpc.RpcError, match="this is a simulator"):
        list(run.client._runtime.GetContainerEvents(api.GetEventsRequest()))


def test_simulators_side_by_side_and_one_after_the_other() -> None:
    with simulated("1.31.13") as old, simulated("1.36.3") as new:
        for run in (old, new):
            offered(run)
            run.pull(NAME)
        assert [run.client.version(api.VersionRequest()).runtime_version for run in (old, new)] == ["1.31.13", "1.36.3"]
    before = threading.active_count()
    for _ in range(5):
        with simulated() as run:
            offered(run)
            run.pull(NAME)
    assert threading.active_count() <= before
    assert not run.socket.exists()


def test_it_stops_at_once_whatever_is_under_way() -> None:
    errors: list[CRIError] = []
    with simulated() as run, Client(str(run.socket), lambda _call: None) as other:
        busy(run, 60)
        request = api.PullImageRequest(image=api.ImageSpec(image=f"quay.io/{NAME}"))
        pull = threading.Thread(target=lambda: errors.append(refusal(other.pull_image, request)))
        pull.start()
        await_refusal(run)
        begin = time.monotonic()
        run.served.close()
        assert time.monotonic() - begin < 2
        pull.join()
    assert errors[0].code in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}


def test_a_login_never_shows() -> None:
    assert "secret" not in repr(Login("me", "secret"))


# Artifacts


@pytest.mark.parametrize(
    ("release", "pinned"), [("1.33.13", True), ("1.35.1", True), ("1.35.6", False), ("1.36.3", False)]
)
def test_an_artifact_is_told_as_it_is(release: str, pinned: bool) -> None:
    with simulated(release) as run:
        content = artifact({"a": "1234", "b": "56"})
        run.internet.host("quay.io").store(NAME, content)
        run.pull(f"quay.io/{NAME}")
        found = run.status(f"quay.io/{NAME}", verbose=True)
        assert found.image == api.Image(
            id=content.id,
            repo_tags=[f"quay.io/{NAME}:latest"],
            repo_digests=[f"quay.io/{NAME}@{content.digest}"],
            size=6,
            pinned=pinned,
        )
        assert not found.info
        assert run.images() == [found.image]


def test_an_artifact_is_gone_when_it_was_removed_or_forgotten(run: Run) -> None:
    run.internet.host("quay.io").store(NAME, artifact({"a": "1"}))
    run.pull(f"quay.io/{NAME}")
    run.remove(f"quay.io/{NAME}")
    assert run.images() == []
    run.pull(f"quay.io/{NAME}")
    run.served.forget()
    assert run.images() == []
