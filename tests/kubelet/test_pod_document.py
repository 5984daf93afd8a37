"""Pods and image volumes: what a kubelet is given, and what is read off its answers."""

from typing import Any, get_args

import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.kubelet import ImageVolume, image_mount
from conformance.kubelet.pod_document import NAMESPACE, PodState, manifest, state_of
from conformance.kubelet.volume import PullPolicy
from conformance.model.reason import Reason

DIGEST = "sha256:" + "a" * 64
PULLED = (
    "initializing source docker://quay.io/team/app:latest: reading manifest latest in quay.io/team/app: "
    "unauthorized: access to the requested resource is not authorized"
)


# The manifest


def test_a_pod_has_one_container_with_its_volumes_in_order() -> None:
    pod = manifest("p", "tools:1", [ImageVolume("team/app", "/a"), ImageVolume("team/b:1", "/b/c", "Never")], "Always")
    assert (pod["apiVersion"], pod["kind"], pod["metadata"]) == ("v1", "Pod", {"name": "p", "namespace": NAMESPACE})
    (container,) = pod["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == ("tools:1", "Always")
    assert container["volumeMounts"] == [
        {"name": "volume-0", "mountPath": "/a"},
        {"name": "volume-1", "mountPath": "/b/c"},
    ]
    assert pod["spec"]["volumes"] == [
        {"name": "volume-0", "image": {"reference": "team/app", "pullPolicy": "IfNotPresent"}},
        {"name": "volume-1", "image": {"reference": "team/b:1", "pullPolicy": "Never"}},
    ]


def test_what_is_left_out_is_not_written() -> None:
    spec = manifest("p", "tools:1", [ImageVolume("team/app", "/a", policy=None)], None)["spec"]
    assert spec["volumes"] == [{"name": "volume-0", "image": {"reference": "team/app"}}]
    assert "imagePullPolicy" not in spec["containers"][0]
    assert "subPath" not in spec["containers"][0]["volumeMounts"][0]


def test_a_sub_path_belongs_to_the_mount_not_to_the_volume() -> None:
    spec = manifest("p", "tools:1", [ImageVolume("team/app", "/a", sub_path="x/y")], None)["spec"]
    assert spec["containers"][0]["volumeMounts"] == [{"name": "volume-0", "mountPath": "/a", "subPath": "x/y"}]
    assert spec["volumes"][0]["image"] == {"reference": "team/app", "pullPolicy": "IfNotPresent"}


def test_a_pod_without_volumes_has_none() -> None:
    spec = manifest("p", "tools:1", [], None)["spec"]
    assert (spec["volumes"], spec["containers"][0]["volumeMounts"]) == ([], [])


def test_a_pod_needs_neither_a_network_plugin_nor_an_api_server_and_ends_soon() -> None:
    spec = manifest("p", "tools:1", [], None)["spec"]
    assert (spec["hostNetwork"], spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (
        True,
        False,
        False,
    )
    assert spec["terminationGracePeriodSeconds"] <= 1


# The state


def pod(state: dict[str, Any], container_id: str = "") -> dict[str, Any]:
    """Give as much of a pod as a kubelet tells of it."""
    document = {"name": "main", "state": state, **({"containerID": container_id} if container_id else {})}
    return {"metadata": {"name": "p-node"}, "status": {"phase": "Pending", "containerStatuses": [document]}}


@pytest.mark.parametrize(
    ("document", "state"),
    [
        pytest.param({}, PodState(), id="a pod that is not looked at yet"),
        pytest.param({"status": {"phase": "Pending"}}, PodState(), id="no container yet"),
        pytest.param({"status": {"containerStatuses": []}}, PodState(), id="no container at all"),
        pytest.param({"status": {"containerStatuses": None}}, PodState(), id="none in Go's words"),
        pytest.param(pod({}), PodState(), id="a container without a state"),
        pytest.param(
            pod({"waiting": {"reason": "ContainerCreating"}}), PodState("ContainerCreating"), id="waiting, no message"
        ),
        pytest.param(
            pod({"waiting": {"reason": "ErrImagePull", "message": "no"}}), PodState("ErrImagePull", "no"), id="waiting"
        ),
        pytest.param(
            pod({"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "cri-o://ab12"), PodState("", "", "ab12"), id="runs"
        ),
        pytest.param(
            pod({"waiting": {"reason": "CrashLoopBackOff"}}, "cri-o://ab12"),
            PodState("CrashLoopBackOff"),
            id="one that ran before",
        ),
        pytest.param(pod({"terminated": {"exitCode": 1}}, "cri-o://ab12"), PodState(), id="one that has ended"),
    ],
)
def test_the_state_is_that_of_the_pods_container(document: dict[str, Any], state: PodState) -> None:
    assert state_of(document) == state


def test_a_message_gives_the_registries_reasons() -> None:
    state = PodState("ImagePullBackOff", f'Back-off pulling image "team/app": ErrImagePull: {PULLED}')
    assert state.reasons == {"quay.io": Reason.UNAUTHORIZED}
    assert PodState("ErrImageNeverPull", "it is not there").reasons == {}


@pytest.mark.parametrize(
    ("message", "image"),
    [
        ('Failed to inspect image "": rpc error: code = Unknown desc = short name mode is enforcing', ""),
        ('Failed to inspect image "team/app:1": rpc error: code = Unknown desc = no', "team/app:1"),
        ('Back-off pulling image "team/app"', None),
        ('Error: Failed to inspect image "team/app": no', None),
        ("", None),
    ],
)
def test_a_message_about_a_lookup_names_the_image_or_nothing(message: str, image: str | None) -> None:
    assert PodState("ImageInspectError", message).inspected == image


# Volumes


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("team/app", "Always"),
        ("team/app:latest", "Always"),
        ("team/app:1", "IfNotPresent"),
        ("team/app:latest1", "IfNotPresent"),
        ("registry.example:5000/team/app", "Always"),
        ("registry.example:5000/team/app:1", "IfNotPresent"),
        ("registry.example:5000/team/app:latest", "Always"),
        ("localhost:5000/app", "Always"),
        (f"team/app@{DIGEST}", "IfNotPresent"),
        (f"team/app:1@{DIGEST}", "IfNotPresent"),
        (f"team/app:latest@{DIGEST}", "Always"),
        (f"registry.example:5000/team/app@{DIGEST}", "IfNotPresent"),
        ("Team/App", "IfNotPresent"),
        ("a" * 64, "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)
def test_without_a_policy_the_tag_latest_is_always_pulled_and_nothing_else(image: str, policy: str) -> None:
    assert ImageVolume(image, "/a", policy=None).effective_policy == policy


@pytest.mark.parametrize("policy", get_args(PullPolicy))
@pytest.mark.parametrize("image", ["team/app", f"team/app@{DIGEST}"])
def test_a_policy_that_is_written_counts(image: str, policy: PullPolicy) -> None:
    assert ImageVolume(image, "/a", policy).effective_policy == policy


def test_a_mount_names_the_image_as_the_runtime_does_and_as_the_user_did() -> None:
    assert ImageVolume("team/app", "/a", sub_path="x").mount("ab12") == api.Mount(
        container_path="/a",
        image=api.ImageSpec(image="ab12", user_specified_image="team/app"),
        image_sub_path="x",
        readonly=True,
    )


def test_a_mount_of_an_image_is_by_the_users_name_read_only_and_of_the_whole_unless_told_otherwise() -> None:
    assert image_mount("team/app", "/a") == api.Mount(
        container_path="/a", image=api.ImageSpec(image="team/app", user_specified_image="team/app"), readonly=True
    )
    assert image_mount("ab12", "/a", user_specified="", sub_path="x", readonly=False) == api.Mount(
        container_path="/a", image=api.ImageSpec(image="ab12"), image_sub_path="x"
    )
