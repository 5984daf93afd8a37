"""A kubelet's walk, on the simulator: which calls are made in which order, and what comes of each way."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from conformance.cri import CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.images.builder import image, layer
from conformance.kubelet import ImageVolume, Pod, PodSync
from conformance.kubelet.pod_sync import apply_default_tag, sync_steps
from conformance.kubelet.volume import PullPolicy
from conformance.model.reference import InvalidReferenceError
from conformance.model.release import Release
from conformance.registry_hosts import Login
from conformance.runtime import pod_images
from conformance.runtime.configuration import Configuration
from conformance.runtime.simulated import SimulatedRuntime

NAME = "quay.io/team/vol"
LOOK, PULL, CREATE = (("ImageStatus", f"{NAME}:latest"), ("PullImage", f"{NAME}:latest"), ("CreateContainer", ""))
TOOLS = [("ImageStatus", pod_images.TOOLS)] * 2  # whether it is there; whom it runs as
OLD, NEW = image([layer({"which": "old"})]), image([layer({"which": "new"})])


@pytest.fixture
def simulator(own_tmpdir: Path) -> Iterator[SimulatedRuntime]:
    """CRI-O 1.36 as the simulator has it; quay.io has the image."""
    assert own_tmpdir.exists()
    with SimulatedRuntime(Release("1.36.3"), Configuration()) as simulator:
        simulator.internet.host("quay.io").store("team/vol", OLD)
        yield simulator
        assert simulator.evidence.differences == []


@pytest.fixture
def pod(simulator: SimulatedRuntime) -> Iterator[Pod]:
    with Pod(simulator) as pod:
        yield pod


# The calls


def calls(sync: PodSync) -> Sequence[tuple[str, str]]:
    return sync_steps(sync.evidence)


@pytest.mark.parametrize("policy", ["IfNotPresent", "Always", "Never"])
@pytest.mark.parametrize("present", [True, False], ids=["present", "absent"])
@pytest.mark.parametrize("release", ["1.31.14", "1.32.0", "1.36.2"])
def test_a_policy_decides_what_is_called(
    simulator: SimulatedRuntime,
    policy: PullPolicy,
    present: bool,
    release: str,
) -> None:
    if present:
        simulator.pull(NAME)
    with Pod(simulator, kubelet=Release(release)) as pod:
        sync = pod.mount_image(NAME, at="/m", policy=policy)
    look = [LOOK] if policy != "Always" or release == "1.31.14" else []
    pull = [PULL] if policy == "Always" or (policy == "IfNotPresent" and not present) else []
    rest = [*TOOLS, CREATE] if present or pull else []
    assert calls(sync) == [*look, *pull, *rest]
    assert (sync.container is not None, sync.waiting_reason) == ((True, "") if rest else (False, "ErrImageNeverPull"))
    assert ((sync.status is not None), (sync.pull is not None)) == (bool(look), bool(pull))


def test_volumes_come_first_in_the_pod_s_order_and_then_the_container(simulator: SimulatedRuntime, pod: Pod) -> None:
    ghcr_io = simulator.internet.host("ghcr.io")
    ghcr_io.store("team/vol", NEW)
    ghcr_io.store("team/tools", NEW)  # nothing runs
    sync = pod.mount(ImageVolume("ghcr.io/team/vol", "/b"), ImageVolume(NAME, "/a"), image="ghcr.io/team/tools")
    images = [f"ghcr.io/team/{each}:latest" for each in ("vol", "tools")]
    assert calls(sync) == [
        ("ImageStatus", images[0]),
        ("PullImage", images[0]),
        LOOK,
        PULL,
        ("ImageStatus", images[1]),
        ("PullImage", images[1]),
        ("ImageStatus", "ghcr.io/team/tools"),
        CREATE,
    ]
    assert sync.asked == ["ghcr.io", "quay.io", "ghcr.io"]
    assert sync.running.mounted_images() == {"/b": NEW.id, "/a": OLD.id}


def test_of_two_that_are_missing_both_are_looked_for_and_the_last_is_told(pod: Pod) -> None:
    sync = pod.mount(ImageVolume("quay.io/team/one", "/a"), ImageVolume("quay.io/team/two", "/b"))
    assert [rpc for rpc, _ in calls(sync)] == ["ImageStatus", "PullImage"] * 2
    assert [each.waiting is not None for each in sync.volumes] == [True, True]
    assert (sync.image, sync.container) == (None, None)
    assert sync.waiting is sync.volumes[1].waiting
    assert sync.error is sync.volumes[1].error
    assert sync.error is not None
    assert sync.error.says("quay.io/team/two")


def test_of_three_one_that_is_missing_in_the_middle_is_told(pod: Pod) -> None:
    sync = pod.mount(ImageVolume(NAME, "/a"), ImageVolume("quay.io/team/none", "/b"), ImageVolume(NAME, "/c"))
    assert sync.waiting is sync.volumes[1].waiting is not None
    assert [bool(each.reference) for each in sync.volumes] == [True, False, True]


def test_a_container_whose_own_image_is_missing(pod: Pod) -> None:
    sync = pod.mount(ImageVolume(NAME, "/a"), image="quay.io/team/none", policy="Never")
    assert sync.image is not None
    assert (sync.waiting_reason, sync.waiting, sync.error) == ("ErrImageNeverPull", sync.image.waiting, None)
    assert (sync.volumes[0].waiting, sync.container) == (None, None)


# What is asked for


def test_the_mount_is_what_the_runtime_calls_it_and_says_what_the_user_wrote(
    simulator: SimulatedRuntime, pod: Pod
) -> None:
    sync = pod.mount_image("team/vol", at="/m")
    (created,) = [call.request for call in sync.evidence.calls if call.rpc == "CreateContainer"]
    assert isinstance(created, api.CreateContainerRequest)
    spec = api.ImageSpec(image=OLD.id, user_specified_image="team/vol")
    assert list(created.config.mounts) == [api.Mount(container_path="/m", image=spec, readonly=True)]
    found = simulator.status(pod_images.TOOLS).image
    assert found is not None
    assert created.config.image == api.ImageSpec(image=found.id, user_specified_image=pod_images.TOOLS)


def test_a_pull_is_for_the_pod_and_with_its_login(simulator: SimulatedRuntime, pod: Pod) -> None:
    login = simulator.internet.host("quay.io").require_login("team/vol")
    sync = pod.mount_image(NAME, at="/m", login=login)
    (pulled,) = [call.request for call in sync.evidence.calls if call.rpc == "PullImage"]
    assert isinstance(pulled, api.PullImageRequest)
    assert pulled.sandbox_config == pod.config
    assert (pulled.auth.username, sync.waiting_reason) == (login.user, "")
    assert login.password not in simulator.secrets.removed_from(str(pulled))


def test_a_wrong_login_is_told(simulator: SimulatedRuntime, pod: Pod) -> None:
    simulator.internet.host("quay.io").require_login("team/vol")
    sync = pod.mount_image(NAME, at="/m", login=Login("robot", "wrong", "quay.io"))
    assert (sync.waiting_reason, sync.asked, sync.image) == ("ErrImagePull", ["quay.io"], None)


# Names


@pytest.mark.parametrize(
    ("written", "asked_for"),
    [
        ("app", "app:latest"),
        ("team/app", "team/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("app:1", "app:1"),
        ("quay.io/team/app:1", "quay.io/team/app:1"),
        (f"app@{OLD.digest}", f"app@{OLD.digest}"),
        (f"app:1@{OLD.digest}", f"app:1@{OLD.digest}"),
        ("Team/app", "Team/app:latest"),  # seen with a real one: a first component with capitals is a host
    ],
)
def test_a_name_without_tag_and_digest_gets_the_tag_latest(written: str, asked_for: str) -> None:
    assert apply_default_tag(written) == asked_for


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("name:", "invalid reference format"),
        ("rhuss/CaiKit", "invalid reference format: repository name (rhuss/CaiKit) must be lowercase"),
        ("App", "invalid reference format: repository name (library/App) must be lowercase"),
        ("quay.io/A/b:1", "invalid reference format: repository name (A/b) must be lowercase"),
        ("Team/App", "invalid reference format: repository name (App) must be lowercase"),
        ("5" * 64, f"invalid repository name ({'5' * 64}), cannot specify 64-byte hexadecimal strings"),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_name_stops_the_way_before_any_call(pod: Pod, written: str, why: str) -> None:
    with pytest.raises(InvalidReferenceError) as error:
        apply_default_tag(written)
    assert str(error.value) == why
    sync = pod.mount(ImageVolume(written, "/m"), ImageVolume(written, "/n", "Never"))
    assert (sync.waiting_reason, sync.calls, sync.error, sync.reasons) == ("InvalidImageName", [], None, {})
    assert sync.waiting is not None
    assert sync.waiting.message.endswith(why)


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ("app", "Always"),
        ("app:latest", "Always"),
        ("quay.io:5000/app", "Always"),
        ("app:1", "IfNotPresent"),
        (f"app@{OLD.digest}", "IfNotPresent"),
        (f"app:1@{OLD.digest}", "IfNotPresent"),
        (f"app:latest@{OLD.digest}", "Always"),
    ],
)
def test_the_policy_where_none_is_written_follows_from_the_name(written: str, policy: str) -> None:
    assert ImageVolume(written, "/m", None).effective_policy == policy
    assert ImageVolume(written, "/m", "Never").effective_policy == "Never"


# What becomes of it


def test_a_lookup_that_is_refused_stops_the_way(own_tmpdir: Path) -> None:
    assert own_tmpdir.exists()
    with SimulatedRuntime(Release("1.36.3"), Configuration(short_name_mode=None)) as simulator, Pod(simulator) as pod:
        looked, pulled = pod.mount_image("team/vol", at="/m"), pod.mount_image("team/vol", at="/m", policy="Always")
        assert [calls(each) for each in (looked, pulled)] == [
            [("ImageStatus", "team/vol:latest")],
            [("PullImage", "team/vol:latest")],
        ]
        assert (looked.waiting_reason, pulled.waiting_reason) == ("ImageInspectError", "ErrImagePull")
        assert (looked.error, pulled.error) == (looked.volumes[0].error, pulled.volumes[0].error)


def test_there_is_no_container_to_look_into_where_the_way_ended(pod: Pod) -> None:
    sync = pod.mount_image("quay.io/team/none", at="/m")
    with pytest.raises(AssertionError, match=r"no container was started: .*ErrImagePull"):
        sync.read("/m/which")


def test_an_image_that_goes_between_the_look_and_the_container_is_told(
    simulator: SimulatedRuntime, pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual: Callable[..., object] = pod.start

    def meanwhile(*arguments: api.Mount, **options: str) -> object:
        simulator.remove(OLD.id)
        return usual(*arguments, **options)

    monkeypatch.setattr(pod, "start", meanwhile)
    sync = pod.mount_image(NAME, at="/m")
    assert (sync.waiting_reason, sync.container) == ("CreateContainerError", None)
    assert isinstance(sync.error, CRIError)
    assert (sync.error.cri_code, sync.waiting and sync.waiting.message) == (
        "ImageVolumeMountFailed",
        sync.error.message,
    )


# What is put on record


def test_the_walk_is_in_the_evidence_and_the_runtime_s_text_once(simulator: SimulatedRuntime, pod: Pod) -> None:
    sync = pod.mount(ImageVolume(NAME, "/a"), ImageVolume("quay.io/team/none", "/b", "Always"))
    assert sync.error is not None
    assert [each.text for each in sync.evidence.messages] == [
        f"volume {NAME} at /a, pull policy IfNotPresent:",
        "volume quay.io/team/none at /b, pull policy Always:",
        'event Pulling: Pulling image "quay.io/team/none"',
        f'event Failed: Failed to pull image "quay.io/team/none": {sync.error.message}',
        "event Failed: Error: ErrImagePull",
        "the container waits: ErrImagePull: …",
        'event BackOff: Back-off pulling image "quay.io/team/none"',
        "event Failed: Error: ImagePullBackOff",
        'the container waits: ImagePullBackOff: Back-off pulling image "quay.io/team/none": ErrImagePull: …',
    ]
    assert simulator.evidence.messages[-9:] == list(sync.evidence.messages)


def test_steps_end_with_the_container_that_is_started(simulator: SimulatedRuntime, pod: Pod) -> None:
    mark = simulator.evidence.cursor()
    for at in ("/a", "/b"):
        pod.mount_image(NAME, at=at)
    assert sync_steps(simulator.evidence.since(mark)) == [LOOK, PULL, *TOOLS, CREATE, LOOK, *TOOLS, CREATE]
