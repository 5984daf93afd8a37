"""Pods and containers of the simulator: records, and what they say about images."""

from collections.abc import Iterator

import grpc
import pytest

from conformance.cri import CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.images.artifacts import artifact
from conformance.images.builder import image
from tests.simulator.served_simulator import RELEASES, Run, refusal, simulated

APP, VOLUME = "quay.io/team/app", "quay.io/team/vol"
POD = api.PodSandboxConfig(
    metadata=api.PodSandboxMetadata(name="p", uid="u", namespace="n"), labels={"a": "b"}, annotations={"x": "y"}
)
UNKNOWN = "with ID starting with nope not found: ID does not exist"


def offer(run: Run) -> None:
    host = run.internet.host("quay.io")
    host.offer("team/app")
    host.offer("team/vol", files={"f": "x"})
    run.pull(APP)
    run.pull(VOLUME)


def pod(run: Run, config: api.PodSandboxConfig = POD) -> str:
    return run.client.run_pod_sandbox(api.RunPodSandboxRequest(config=config)).pod_sandbox_id


def create(run: Run, pod_id: str, image: str = APP, *mounts: api.Mount) -> str:
    config = api.ContainerConfig(metadata=api.ContainerMetadata(name="c"), image=api.ImageSpec(image=image))
    config.mounts.extend(mounts)
    config.labels["l"] = "m"
    request = api.CreateContainerRequest(pod_sandbox_id=pod_id, config=config, sandbox_config=POD)
    return run.client.create_container(request).container_id


def mount(image: str, path: str = "/m") -> api.Mount:
    return api.Mount(container_path=path, image=api.ImageSpec(image=image), readonly=True)


@pytest.fixture
def run() -> Iterator[Run]:
    with simulated() as made:
        offer(made)
        yield made


# Pods


def test_a_pod_is_on_record_until_it_is_removed(run: Run) -> None:
    id_ = pod(run)
    (listed,) = run.client.list_pod_sandbox(api.ListPodSandboxRequest()).items
    assert (listed.id, listed.state, listed.metadata.name) == (id_, api.SANDBOX_READY, "p")
    assert (listed.labels["a"], listed.labels["io.kubernetes.pod.namespace"], listed.annotations["x"]) == (
        "b",
        "n",
        "y",
    )
    status = run.client._runtime.PodSandboxStatus(api.PodSandboxStatusRequest(pod_sandbox_id=id_[:8])).status
    assert (status.id, status.state, status.created_at) == (id_, api.SANDBOX_READY, listed.created_at)
    run.client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=id_))
    (listed,) = run.client.list_pod_sandbox(api.ListPodSandboxRequest()).items
    assert listed.state == api.SANDBOX_NOTREADY
    assert refusal(create, run, id_).message == f"CreateContainer failed as the sandbox was stopped: {id_}"
    run.client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=id_))
    assert not run.client.list_pod_sandbox(api.ListPodSandboxRequest()).items


def test_pods_are_listed_by_a_filter(run: Run) -> None:
    first, second = pod(run), pod(run)
    run.client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=first))
    for filter_, expected in (
        (api.PodSandboxFilter(), [first, second]),
        (api.PodSandboxFilter(id=second), [second]),
        (api.PodSandboxFilter(id="nope"), []),
        (api.PodSandboxFilter(state=api.PodSandboxStateValue(state=api.SANDBOX_READY)), [second]),
        (api.PodSandboxFilter(label_selector={"a": "b", "io.kubernetes.pod.uid": "u"}), [first, second]),
        (api.PodSandboxFilter(label_selector={"a": "c"}), []),
    ):
        found = run.client.list_pod_sandbox(api.ListPodSandboxRequest(filter=filter_)).items
        assert [each.id for each in found] == expected


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (api.RunPodSandboxRequest(), "setting sandbox config: config is nil"),
        (
            api.RunPodSandboxRequest(config=api.PodSandboxConfig(metadata=api.PodSandboxMetadata(name="p"))),
            "setting pod sandbox name and id: cannot generate pod name without namespace",
        ),
    ],
)
def test_a_pod_that_is_not_described(run: Run, request_: api.RunPodSandboxRequest, text: str) -> None:
    assert refusal(run.client.run_pod_sandbox, request_).message == text


def test_who_is_not_there_is_gone_already_or_unknown(run: Run) -> None:
    client = run.client
    client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id="nope"))
    client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id="nope"))
    client.stop_container(api.StopContainerRequest(container_id="nope"))
    client.remove_container(api.RemoveContainerRequest(container_id="nope"))
    missing = refusal(client.container_status, api.ContainerStatusRequest(container_id="nope"))
    assert (missing.code, missing.message) == (
        grpc.StatusCode.NOT_FOUND,
        f'could not find container "nope": container {UNKNOWN}',
    )
    with pytest.raises(grpc.RpcError, match='could not find pod "nope": PodSandbox with ID'):
        client._runtime.PodSandboxStatus(api.PodSandboxStatusRequest(pod_sandbox_id="nope"))
    assert refusal(create, run, "nope").message == f"specified sandbox not found: nope: PodSandbox {UNKNOWN}"
    assert refusal(create, run, "").message == "PodSandboxId should not be empty"


# Containers


def test_a_container_is_on_record_with_the_image_that_it_mounts(run: Run) -> None:
    id_ = create(run, pod(run), APP, mount(VOLUME), api.Mount(container_path="/h", host_path="/srv"))
    status = run.client.container_status(api.ContainerStatusRequest(container_id=id_)).status
    app, volume = run.status(APP).image, run.status(VOLUME).image
    assert (status.image.image, status.image_ref, status.image_id) == (f"{APP}:latest", app.repo_digests[0], app.id)
    assert (status.state, status.metadata.name) == (api.CONTAINER_CREATED, "c")
    shown = [(each.container_path, each.image.image, each.readonly) for each in status.mounts]
    assert shown == [("/m", volume.id, True), ("/h", "", False)]
    (listed,) = run.client.list_containers(api.ListContainersRequest()).containers
    assert (listed.id, listed.image_id, listed.image_ref) == (id_, app.id, app.repo_digests[0])


def test_an_artifact_is_told_with_its_id_once_for_each_file(run: Run) -> None:
    content = artifact([("a", "1"), ("b/c", "2"), ("b/d", "3"), ("", "4")])
    run.internet.host("quay.io").store("team/files", content)
    run.pull("quay.io/team/files")
    folder = api.Mount(container_path="/n", image=api.ImageSpec(image=content.id), image_sub_path="b")
    id_ = create(run, pod(run), APP, mount("quay.io/team/files"), folder)
    status = run.client.container_status(api.ContainerStatusRequest(container_id=id_)).status
    assert [(each.container_path, each.image.image) for each in status.mounts] == [
        *[("/m", content.id)] * 3,
        *[("/n", content.id)] * 2,
    ]
    error = refusal(run.remove, "quay.io/team/files:latest")
    assert (error.is_image_in_use, error.says(id_)) == (True, True)


def test_containers_are_listed_by_a_filter(run: Run) -> None:
    pods = pod(run), pod(run)
    first, second = (create(run, each) for each in pods)
    run.client.stop_container(api.StopContainerRequest(container_id=first))
    for filter_, expected in (
        (api.ContainerFilter(), [first, second]),
        (api.ContainerFilter(id=first[:10]), [first]),
        (api.ContainerFilter(pod_sandbox_id=pods[1]), [second]),
        (api.ContainerFilter(state=api.ContainerStateValue(state=api.CONTAINER_EXITED)), [first]),
        (api.ContainerFilter(label_selector={"l": "m"}), [first, second]),
        (api.ContainerFilter(label_selector={"l": "n"}), []),
    ):
        found = run.client.list_containers(api.ListContainersRequest(filter=filter_)).containers
        assert [each.id for each in found] == expected
    run.client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=pods[0]))
    assert [each.id for each in run.client.list_containers(api.ListContainersRequest()).containers] == [second]


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ("quay.io/team/none", '{}quay.io/team/none:latest" does not resolve to an image ID'),
        ("team/none", '{}quay.io/team/none:latest" does not resolve to an image ID'),
        ("5" * 64, f'reading image "{"5" * 64}": locating image with ID "{"5" * 64}": image not known'),
        ("", "CreateContainerRequest.ContainerConfig.Image.Image is empty"),
    ],
)
def test_an_image_that_is_not_there(run: Run, image: str, text: str) -> None:
    store = 'reference "[overlay@/var/lib/containers/storage+/run/containers/storage]'
    assert refusal(create, run, pod(run), image).message == text.format(store)
    assert run.exchanges()[-1].startswith("cdn01.quay.io")  # the last pull: nobody was asked


def test_a_container_that_is_not_described(run: Run) -> None:
    image, metadata = api.ImageSpec(image=APP), api.ContainerMetadata(name="c")
    config = api.ContainerConfig(image=image, metadata=metadata)
    for request, text in (
        (api.CreateContainerRequest(), "config is nil"),
        (api.CreateContainerRequest(config=api.ContainerConfig()), "config image is nil"),
        (api.CreateContainerRequest(config=config), "sandbox config is nil"),
        (
            api.CreateContainerRequest(config=config, sandbox_config=api.PodSandboxConfig()),
            "sandbox config metadata is nil",
        ),
    ):
        assert refusal(run.client.create_container, request).message == text


# Image volumes, as a live CRI-O words what is wrong with them (measured on 1.31.13, 1.33.13, 1.34.11, 1.36.3)


@pytest.mark.parametrize("release", RELEASES)
def test_a_volume_whose_image_is_missing(release: str) -> None:
    with simulated(release) as run:
        offer(run)
        error = refusal(create, run, pod(run), APP, mount("quay.io/team/none"))
        prefix = "mount image" if release < "1.33" else "ImageVolumeMountFailed"
        assert error.message == f'{prefix}: image "quay.io/team/none" does not exist locally'
        assert not run.client.list_containers(api.ListContainersRequest()).containers


@pytest.mark.parametrize("release", RELEASES)
def test_a_volume_whose_image_has_no_layers(release: str) -> None:
    with simulated(release) as run:
        offer(run)
        run.internet.host("quay.io").store("team/empty", image([]))
        run.pull("quay.io/team/empty")
        prefix = "mount image" if release < "1.33" else "ImageVolumeMountFailed"
        error = refusal(create, run, pod(run), APP, mount("quay.io/team/empty"))
        assert error.message == f"{prefix}: mount storage: layer not known"


@pytest.mark.parametrize("release", RELEASES)
def test_a_volume_with_a_tag_and_a_digest(release: str) -> None:
    with simulated(release) as run:
        offer(run)
        name = f"{VOLUME}:latest@{run.status(VOLUME).image.repo_digests[0].partition('@')[2]}"
        if release < "1.35":
            assert create(run, pod(run), APP, mount(name))
            return
        assert refusal(create, run, pod(run), APP, mount(name)).message == (
            "ImageVolumeMountFailed: failed to get artifact status: "
            "invalid nameOrDigest: reference cannot be tagged and digested"
        )


def test_a_volume_whose_name_may_mean_several() -> None:
    with simulated(mode="enforcing") as run:
        offer(run)
        assert refusal(create, run, pod(run), APP, mount("team/vol")).message == (
            "ImageVolumeMountFailed: get storage image status: "
            "short name mode is enforcing, but image name team/vol returns ambiguous list"
        )


def test_mounts_that_lead_nowhere(run: Run) -> None:
    for each, text in ((mount(VOLUME, ""), "ContainerPath"), (api.Mount(container_path="/x"), "HostPath")):
        assert refusal(create, run, pod(run), APP, each).message == f"mount.{text} is empty"


@pytest.mark.parametrize("release", RELEASES)
def test_an_image_that_is_mounted_stays(release: str) -> None:
    with simulated(release) as run:
        offer(run)
        volume = run.status(VOLUME).image.id
        id_ = create(run, pod(run), APP, mount("team/vol"))
        error = refusal(run.remove, "team/vol")
        old = release < "1.33"
        assert error.message == (
            f'image "{VOLUME}:latest" is mounted as volume to container with ID: {id_}'
            if old
            else f"the image is in use by {id_}"
        )
        assert error.is_image_in_use
        if old:
            run.remove(volume)
        else:
            assert isinstance(refusal(run.remove, volume), CRIError)
            run.client.remove_container(api.RemoveContainerRequest(container_id=id_))
            run.remove(volume)
        assert volume not in {each.id for each in run.images()}
