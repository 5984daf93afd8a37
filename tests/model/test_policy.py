"""Signature policies in the model, release by release; texts as live releases word them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.model.answers import Answer
from conformance.model.image_service import ImageService
from conformance.model.policy import OF_USER, SYSTEM, PolicyRequirement, SignaturePolicies, SignaturePolicy
from conformance.model.puller import Outcome
from conformance.model.reason import Reason
from conformance.model.reference import parse_normalized
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules
from conformance.runtime.configuration import Configuration
from tests.model.known_answers import ID, IMAGE, IMAGE_DIGEST, INDEX, NO_TAG, Known, settings, went

NAMED = "/etc/crio/policy.json"
FOR_TEAM = "/etc/crio/policies/team.json"
ALL, ON_QUAY_IO_ONLY = SignaturePolicy(), SignaturePolicy.accepting("quay.io")
APP = "docker.io/rhuss/app"
REJECTION = "Running image docker://rhuss/app:latest is rejected by policy."
REJECTED = f"Source image rejected: {REJECTION}"
BOTH = f"unable to pull image or OCI artifact: pull image err: {REJECTED}; artifact err: "
MISSING_OLD = "open /etc/containers/policy.json: no such file or directory"
MISSING = (
    "no policy.json file found at any of the following: "
    '"/root/.config/containers/policy.json", "/etc/containers/policy.json"'
)


def service(files: Mapping[str, SignaturePolicy], named: str = "", release: str = "1.36.3") -> ImageService:
    """A service on a machine with these policy files, one of which crio.conf may name."""
    return ImageService(settings(release, policies=SignaturePolicies(files, named, "/root")))


def pulled(made: ImageService, name: str = APP, namespace: str = "", on_quay_io: Answer = IMAGE) -> Outcome:
    """Pull what docker.io has."""
    return went(made.pull(name, None, namespace), Known({"docker.io": IMAGE, "quay.io": on_quay_io}))


# Scopes


@pytest.mark.parametrize(
    ("scope", "names", "others"),
    [
        ("docker.io/library/busybox", ["busybox", "busybox:1"], ["library/busyboxes", "quay.io/library/busybox"]),
        ("docker.io/rhuss", ["rhuss/app", "rhuss/deep/app"], ["rhussian/app"]),
        ("docker.io/rhuss/app:1", ["rhuss/app:1"], ["rhuss/app", f"rhuss/app@{IMAGE_DIGEST}"]),
        ("docker.io/rhuss/app:latest", ["rhuss/app"], ["rhuss/app:1"]),
        (f"docker.io/rhuss/app@{IMAGE_DIGEST}", [f"rhuss/app@{IMAGE_DIGEST}"], ["rhuss/app"]),
        ("a.example.com:5000", ["a.example.com:5000/app"], ["a.example.com/app"]),
        ("*.example.com", ["a.example.com/app", "a.b.example.com/app", "a.example.com:5000/app"], ["example.com/app"]),
        ("*.com", ["example.com/app"], ["example.org/app"]),
        ("localhost", ["localhost/app"], ["localhost:5000/app"]),
        ("", ["busybox", "localhost/app"], []),
    ],
)
def test_a_scope_is_an_image_or_what_it_is_below(scope: str, names: list[str], others: list[str]) -> None:
    policy = SignaturePolicy.rejecting(scope)
    references = {name: parse_normalized(name).with_default_tag() for name in (*names, *others)}
    assert [name for name, each in references.items() if policy.requirement(each) is PolicyRequirement.REJECT] == names


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("b/b:1", True), ("a/c:1", False), ("a/b:2", True), ("a/b:1", False), ("quay.io/a/b:2", False)],
)
def test_the_narrowest_scope_decides(name: str, accepted: bool) -> None:
    policy = SignaturePolicy.accepting("docker.io", "docker.io/a/b", but=("docker.io/a", "docker.io/a/b:1"))
    assert (policy.requirement(parse_normalized(name)) is PolicyRequirement.ACCEPT) is accepted


# Pulling


@pytest.mark.parametrize(
    ("release", "error"),
    [
        ("1.31.13", REJECTED),
        ("1.33.0", REJECTED),
        ("1.33.13", f"{BOTH}provided artifact is a container image"),
        ("1.34.11", f"{BOTH}provided artifact is a container image"),
        ("1.35.1", f"{BOTH}pull artifact: {REJECTED}"),
        ("1.36.3", f"{BOTH}image reference: reference is a container image, not an OCI artifact"),
    ],
)
def test_a_rejected_image_is_told_as_the_release_tells_it(release: str, error: str) -> None:
    outcome = pulled(service({SYSTEM: ON_QUAY_IO_ONLY}, release=release))
    assert outcome.error == f"SignatureValidationFailed: {error}"
    assert outcome.reasons == {"docker.io": Reason.UNTRUSTED}


def test_what_an_index_has_for_this_machine_is_judged_by_the_name_of_the_index() -> None:
    known = Known({"docker.io": INDEX, f"docker.io {IMAGE_DIGEST}": IMAGE})
    outcome = went(service({SYSTEM: ON_QUAY_IO_ONLY}, release="1.31.13").pull(APP), known)
    assert outcome.error == f"SignatureValidationFailed: copying system image from manifest list: {REJECTED}"
    assert known.questions == ["docker.io latest", f"docker.io {IMAGE_DIGEST[7:13]}"]


def test_the_next_registry_serves() -> None:
    made = service({SYSTEM: ON_QUAY_IO_ONLY})
    assert pulled(made, "rhuss/app").reasons == {"docker.io": Reason.UNTRUSTED}
    assert [each.names for each in made.store.images.values()] == [["quay.io/rhuss/app:latest"]]


def test_what_the_last_registry_says_decides_whether_there_is_the_code() -> None:
    error = pulled(service({SYSTEM: ON_QUAY_IO_ONLY}), "rhuss/app", on_quay_io=NO_TAG).error
    assert error.startswith(
        "unable to pull image or OCI artifact: pull image err: initializing source docker://quay.io"
    )


@pytest.mark.parametrize(
    ("namespace", "named", "accepted"),
    [("", "", True), ("team", "", False), ("another", "", True), ("", NAMED, False), ("another", NAMED, False)],
)
def test_the_policy_that_counts(namespace: str, named: str, accepted: bool) -> None:
    files = {SYSTEM: ALL, NAMED: ON_QUAY_IO_ONLY, FOR_TEAM: ON_QUAY_IO_ONLY}
    assert (pulled(service(files, named), namespace=namespace).image is not None) is accepted


def test_the_policy_of_a_namespace_counts_alone() -> None:
    assert pulled(service({NAMED: ON_QUAY_IO_ONLY, FOR_TEAM: ALL}, NAMED), namespace="team").image is not None


@pytest.mark.parametrize(
    ("files", "named", "accepted"),
    [
        ({SYSTEM: ALL, OF_USER: ON_QUAY_IO_ONLY}, "", False),
        ({SYSTEM: ON_QUAY_IO_ONLY, OF_USER: ALL}, "", True),
        ({OF_USER: ON_QUAY_IO_ONLY}, "", False),
        ({SYSTEM: ALL, OF_USER: ALL, NAMED: ON_QUAY_IO_ONLY}, NAMED, False),
        ({SYSTEM: ON_QUAY_IO_ONLY, OF_USER: ON_QUAY_IO_ONLY, NAMED: ALL}, NAMED, True),
    ],
)
@pytest.mark.parametrize("release", ["1.31.13", "1.36.3"])
def test_the_users_own_goes_before_the_systems(
    files: Mapping[str, SignaturePolicy], named: str, accepted: bool, release: str
) -> None:
    assert (pulled(service(files, named, release)).image is not None) is accepted


@pytest.mark.parametrize(("release", "error"), [("1.31.13", MISSING_OLD), ("1.32.13", MISSING)])
def test_without_a_policy_nobody_is_asked(release: str, error: str) -> None:
    known = Known({})
    assert went(service({}, release=release).pull("rhuss/app"), known).error == error
    assert known.questions == []


def test_a_policy_that_is_named_and_missing_is_named() -> None:
    assert pulled(service({SYSTEM: ALL}, NAMED)).error == f"open {NAMED}: no such file or directory"


# Mounting


def mount(made: ImageService, user_specified: str, namespace: str = "") -> str:
    """Mount the image under its name, and give the error."""
    try:
        VolumeRules(made).for_namespace(namespace).mount(Mount("/m", APP, user_specified=user_specified))
    except CreateContainerError as refused:
        return str(refused)
    return ""


def with_image(files: Mapping[str, SignaturePolicy], named: str = "", release: str = "1.36.3") -> ImageService:
    """A service on such a machine that has docker.io's image."""
    made = service(files, named, release)
    made.store.add(pulled(service({SYSTEM: ALL})).image)  # type: ignore[arg-type]
    return made


UNNAMED = "user specified image not specified, cannot verify image signature"
UNREADABLE = 'unable to get userSpecifiedImageRef from user specified image "rhuss//app": invalid reference format'
JUDGED = f'checking signature of "{APP}:latest": verifying signatures: SignatureValidationFailed: {REJECTION}'


@pytest.mark.parametrize("user_specified", [APP, "rhuss/app", "docker.io/rhuss/app:latest"])
def test_a_volume_is_judged_by_the_name_that_the_pod_has(user_specified: str) -> None:
    made = with_image({NAMED: ON_QUAY_IO_ONLY}, NAMED)
    assert mount(made, user_specified) == f"ImageVolumeMountFailed: {JUDGED}"
    assert mount(made, f"quay.io/rhuss/app:1@{IMAGE_DIGEST}") == ""


@pytest.mark.parametrize(
    ("user_specified", "error"), [("", UNNAMED), ("rhuss//app", UNREADABLE)], ids=["nothing", "no name"]
)
def test_a_volume_that_cannot_be_judged_is_refused(user_specified: str, error: str) -> None:
    assert mount(with_image({NAMED: ALL}, NAMED), user_specified) == f"ImageVolumeMountFailed: {error}"


def test_a_volume_is_judged_by_no_policy_that_is_the_systems_own() -> None:
    assert mount(with_image({SYSTEM: ON_QUAY_IO_ONLY}), "") == ""


def test_a_volume_is_judged_by_the_policy_of_the_pods_namespace() -> None:
    made = with_image({SYSTEM: ALL, FOR_TEAM: ON_QUAY_IO_ONLY})
    assert [mount(made, APP, namespace) for namespace in ("team", "another")] == [
        f"ImageVolumeMountFailed: {JUDGED}",
        "",
    ]


def test_without_the_policy_that_is_named_nothing_is_mounted() -> None:
    missing = f"get default policy: open {NAMED}: no such file or directory"
    assert mount(with_image({}, NAMED), APP) == f"ImageVolumeMountFailed: {missing}"


def test_before_1_33_no_volume_is_judged() -> None:
    assert mount(with_image({NAMED: ON_QUAY_IO_ONLY}, NAMED, "1.31.13"), "") == ""


@pytest.mark.parametrize(
    ("release", "error"), [("1.31.13", JUDGED.replace("verifying signatures: ", "")), ("1.32.13", JUDGED)]
)
def test_the_image_of_a_container_is_judged(release: str, error: str) -> None:
    rules = VolumeRules(with_image({NAMED: ON_QUAY_IO_ONLY}, NAMED, release))
    with pytest.raises(CreateContainerError) as refused:
        rules.image(ID, APP)
    assert str(refused.value) == error
    assert rules.image(ID, "quay.io/rhuss/app").id == ID


# The files


def test_the_files_are_written_where_crio_looks_for_them(tmp_path: Path) -> None:
    policy = SignaturePolicy.accepting("docker.io", but=("docker.io/a",))
    configuration = Configuration(policies=((SYSTEM, ALL), (FOR_TEAM, policy), (OF_USER, ALL)))
    configuration.write_policies(tmp_path / "etc", tmp_path / "home")
    written = {str(each.relative_to(tmp_path)): json.loads(each.read_text()) for each in tmp_path.rglob("*.json")}
    accept, reject = [{"type": "insecureAcceptAnything"}], [{"type": "reject"}]
    assert written == {
        "home/.config/containers/policy.json": {"default": accept},
        "etc/containers/policy.json": {"default": accept},
        "etc/crio/policies/team.json": {
            "default": reject,
            "transports": {"docker": {"docker.io": accept, "docker.io/a": reject}},
        },
    }
