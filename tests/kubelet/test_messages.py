"""What a kubelet tells a user: the texts of each release, as real ones have told them (1.31.14 and 1.36.2)."""

import grpc
import pytest

from conformance.cri import CRIError
from conformance.kubelet.messages import Event, KubeletMessages, WaitingState
from conformance.model.reason import Reason
from conformance.model.release import Release

NAME = "rhuss/caikit-flan-t5-small"
OLD, SINCE_1_32, NEW = (KubeletMessages(Release(each)) for each in ("1.31.14", "1.32.0", "1.36.2"))
ALL = pytest.mark.parametrize("kubelet", [OLD, SINCE_1_32, NEW], ids=lambda kubelet: str(kubelet.release))
UNAUTHORIZED = (
    "unable to pull image or OCI artifact: pull image err: initializing source docker://quay.io/rhuss/app:latest: "
    "reading manifest latest in quay.io/rhuss/app: unauthorized: access to the requested resource is not authorized; "
    "artifact err: provided artifact is a container image"
)


def failed(message: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> CRIError:
    return CRIError("PullImage", code, message)


# A pull that fails


@ALL
def test_a_failed_pull_is_told_in_the_runtime_s_words(kubelet: KubeletMessages) -> None:
    waiting = kubelet.pull_failed(NAME, failed(UNAUTHORIZED))
    assert (waiting.reason, waiting.message) == ("ErrImagePull", UNAUTHORIZED)
    assert waiting.events == (
        Event("Pulling", f'Pulling image "{NAME}"'),
        Event("Failed", f'Failed to pull image "{NAME}": {UNAUTHORIZED}'),
        Event("Failed", "Error: ErrImagePull"),
    )


@pytest.mark.parametrize(
    ("kubelet", "message"),
    [
        (OLD, f'Back-off pulling image "{NAME}"'),
        (SINCE_1_32, f'Back-off pulling image "{NAME}": ErrImagePull: {UNAUTHORIZED}'),
        (NEW, f'Back-off pulling image "{NAME}": ErrImagePull: {UNAUTHORIZED}'),
    ],
)
def test_the_back_off_carries_the_error_since_1_32(kubelet: KubeletMessages, message: str) -> None:
    assert kubelet.pull_failed(NAME, failed(UNAUTHORIZED)).during_back_off == WaitingState(
        "ImagePullBackOff",
        message,
        (Event("BackOff", f'Back-off pulling image "{NAME}"'), Event("Failed", "Error: ImagePullBackOff")),
    )


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("RegistryUnavailable", "the registry is unavailable"),
        ("SignatureValidationFailed", "the signature validation failed"),
    ],
)
def test_the_codes_of_the_cri_are_reasons_of_their_own(code: str, what: str) -> None:
    waiting = NEW.pull_failed(NAME, failed(f"{code}: pinging container registry: refused"))
    message = f"image pull failed for {NAME} because {what}: pinging container registry: refused"
    assert (waiting.reason, waiting.message) == (code, message)
    assert waiting.events[1].message == f'Failed to pull image "{NAME}": {code}: pinging container registry: refused'
    assert waiting.during_back_off is not None
    assert (waiting.during_back_off.reason, waiting.during_back_off.message) == (
        "ImagePullBackOff",
        f'Back-off pulling image "{NAME}": {code}: {message}',
    )


def test_a_code_inside_the_text_is_no_reason() -> None:
    assert NEW.pull_failed(NAME, failed("pulling: RegistryUnavailable: refused")).reason == "ErrImagePull"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (grpc.StatusCode.DEADLINE_EXCEEDED, "DeadlineExceeded"),
        (grpc.StatusCode.CANCELLED, "Canceled"),
        (grpc.StatusCode.NOT_FOUND, "NotFound"),
        (grpc.StatusCode.UNAVAILABLE, "Unavailable"),
    ],
)
def test_a_grpc_code_other_than_unknown_is_told_as_go_tells_it(code: grpc.StatusCode, name: str) -> None:
    text = f"rpc error: code = {name} desc = too long"
    waiting = NEW.pull_failed(NAME, failed("too long", code))
    assert (waiting.reason, waiting.message) == ("ErrImagePull", text)
    assert waiting.events[1].message == f'Failed to pull image "{NAME}": {text}'


# What goes wrong elsewhere


@pytest.mark.parametrize(("kubelet", "named"), [(OLD, "good/vol"), (SINCE_1_32, ""), (NEW, "")])
def test_a_lookup_that_fails_names_no_image_since_1_32(kubelet: KubeletMessages, named: str) -> None:
    text = "short name mode is enforcing, but image name good/vol:latest returns ambiguous list"
    message = f'Failed to inspect image "{named}": rpc error: code = Unknown desc = {text}'
    events = (Event("InspectFailed", message), Event("Failed", "Error: ImageInspectError"))
    assert kubelet.inspect_failed("good/vol", failed(text)) == WaitingState("ImageInspectError", message, events)


@ALL
def test_an_image_that_must_not_be_pulled(kubelet: KubeletMessages) -> None:
    message = f'Container image "{NAME}" is not present with pull policy of Never'
    events = (Event("ErrImageNeverPull", message), Event("Failed", "Error: ErrImageNeverPull"))
    assert kubelet.never_pulled(NAME) == WaitingState("ErrImageNeverPull", message, events)


@ALL
def test_a_name_that_is_none_is_quoted_as_go_quotes_it(kubelet: KubeletMessages) -> None:
    message = r'Failed to apply default image tag "q\"x": couldn' + r"""'t parse image name "q\"x": wrong"""
    events = (Event("InspectFailed", message), Event("Failed", "Error: InvalidImageName"))
    assert kubelet.invalid_name('q"x', "wrong") == WaitingState("InvalidImageName", message, events)


def test_a_container_that_cannot_be_created_or_started_is_told_without_a_retry() -> None:
    text = 'ImageVolumeMountFailed: image "x" does not exist locally'
    assert NEW.create_failed(failed(text)) == WaitingState(
        "CreateContainerError", text, (Event("Failed", f"Error: {text}"),)
    )
    assert NEW.start_failed(failed("no")) == WaitingState("RunContainerError", "no", (Event("Failed", "Error: no"),))


# What can be read off


def test_who_is_named_in_what_is_told_and_why() -> None:
    waiting = NEW.pull_failed(NAME, failed(UNAUTHORIZED))
    assert waiting.during_back_off is not None
    assert waiting.reasons == waiting.during_back_off.reasons == {"quay.io": Reason.UNAUTHORIZED}
    assert OLD.pull_failed(NAME, failed(UNAUTHORIZED)).during_back_off.reasons == {}  # type: ignore[union-attr]


def test_what_is_told_says_a_name_or_does_not() -> None:
    waiting = NEW.never_pulled(NAME)
    assert (
        waiting.says(NAME),
        waiting.says("another"),
        waiting.events[0].says(NAME),
        waiting.events[1].says(NAME),
    ) == (
        True,
        False,
        True,
        False,
    )


@pytest.mark.parametrize(("release", "inspects"), [("1.31.14", True), ("1.32.0", False), ("1.36.2", False)])
def test_always_looks_first_before_1_32(release: str, inspects: bool) -> None:
    assert KubeletMessages(Release(release)).always_inspects is inspects


def test_a_release_candidate_tells_as_its_release() -> None:
    assert KubeletMessages(Release("1.32.0-rc.1")).explains_back_off
