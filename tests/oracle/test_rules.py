"""What skopeo and Podman do otherwise than CRI-O, in the words that they were seen to use."""

from dataclasses import replace

import pytest

from conformance.model.answers import Answer, ErrorResponse
from conformance.model.platform import Platform
from conformance.model.prediction import predict
from conformance.model.profile import PODMAN_4_3, PODMAN_5_4, SKOPEO_1_9
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import Registries
from conformance.oracle.rules import OraclePuller, Podman5Puller, PodmanPuller, SkopeoPuller
from tests.model.known_answers import FOREIGN, NO_TAG, OF_DOCKER, Known

DIGEST = "sha256:" + "a" * 64
BOTH = "Docker references with both a tag and digest are currently not supported"
SEARCH = Registries(search=("docker.io", "quay.io"), search_file="/etc/containers/registries.conf")
AMD64 = Platform("linux", "amd64")


def skopeo(registries: Registries = SEARCH) -> OraclePuller:
    return SkopeoPuller(ModelSettings(profile=SKOPEO_1_9, registries=registries, platform=AMD64))


def podman(registries: Registries = SEARCH) -> OraclePuller:
    return PodmanPuller(ModelSettings(profile=PODMAN_4_3, registries=registries, platform=AMD64))


def error(puller: OraclePuller, name: str, answers: dict[str, Answer]) -> str:
    return predict(puller, name, Known(answers)).outcome.error


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("docker.io/Both/x", "Invalid source name docker://docker.io/Both/x: {}: repository name must be lowercase"),
        ("both/x:", "Invalid source name docker://both/x:: {}"),
        (
            f"quay.io/a/b:v1@{DIGEST}",
            f"Invalid source name docker://quay.io/a/b:v1@{DIGEST}: {BOTH}",
        ),
    ],
)
def test_skopeo_refuses_a_name(name: str, refusal: str) -> None:
    assert skopeo().resolve(name).refusal == refusal.format("invalid reference format")


def test_skopeo_takes_a_short_name_for_one_of_docker_io() -> None:
    assert [str(each) for each in skopeo().resolve("app").candidates] == ["docker.io/library/app:latest"]


def test_podman_5_says_which_name_is_none() -> None:
    rules = Podman5Puller(ModelSettings(profile=PODMAN_5_4, registries=SEARCH, platform=AMD64))
    expected = 'parsing reference "docker.io/Both/x": repository name must be lowercase'
    assert rules.resolve("docker.io/Both/x").refusal == expected


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("docker.io/Both/x", "repository name must be lowercase"),
        ("both/x:", "invalid reference format"),
        ("b" * 64, f"pull policy is always but image has been referred to by ID ({'b' * 64})"),
        ("Team/app", 'Invalid image name "Team/app", expected colon-separated transport:reference'),
        ("Team/app:v1", 'Invalid image name "Team/app:v1", unknown transport "Team/app"'),
    ],
)
def test_podman_refuses_a_name(name: str, refusal: str) -> None:
    assert podman().resolve(name).refusal == refusal


def test_podman_leaves_out_a_tag_beside_a_digest() -> None:
    assert [str(each) for each in podman().resolve(f"quay.io/a/b:v1@{DIGEST}").candidates] == [f"quay.io/a/b@{DIGEST}"]


def test_podman_cannot_ask_back() -> None:
    enforcing = replace(SEARCH, short_name_mode="enforcing")
    assert podman(enforcing).resolve("a/b").refusal == "short-name resolution enforced but cannot prompt without a TTY"
    assert podman(replace(enforcing, search=("quay.io",))).resolve("a/b").refusal == ""


def test_podman_tells_every_error_and_skopeo_its_only_one() -> None:
    refusal = (
        "choosing an image from manifest list docker://a/b:latest: "
        'no image found in image index for architecture amd64, variant "", OS linux'
    )
    answers: dict[str, Answer] = {"docker.io": FOREIGN, "quay.io": NO_TAG}
    manifest = (
        "initializing source docker://quay.io/a/b:latest: reading manifest latest in quay.io/a/b: manifest unknown"
    )
    assert error(skopeo(), "docker.io/a/b", answers) == refusal
    assert error(podman(), "docker.io/a/b", answers) == refusal
    assert error(podman(), "a/b", answers).startswith(f"2 errors occurred while pulling:\n * {refusal}\n * {manifest}")


def test_all_errors_of_an_answer_are_told() -> None:
    assert error(skopeo(), "docker.io/a/b", {"docker.io": OF_DOCKER}) == (
        "initializing source docker://a/b:latest: reading manifest latest in docker.io/a/b: errors:\n"
        "denied: requested access to the resource is denied\nunauthorized\n"
    )
    detailed = ErrorResponse(
        step="manifest", status=404, code="MANIFEST_UNKNOWN", message="manifest unknown", detail=True
    )
    assert error(skopeo(), "quay.io/a/b", {"quay.io": detailed}).endswith("manifest unknown: manifest unknown")


def test_a_file_that_is_wrong_is_told_after_a_name_that_is() -> None:
    assert skopeo().unreadable("docker.io/a/b", "WRONG") == (
        "initializing source docker://a/b:latest: loading registries configuration: WRONG"
    )
    assert podman().unreadable("a/b", "WRONG") == "WRONG"
    assert podman().unreadable("a/b:", "WRONG") == "invalid reference format"
    assert "WRONG" not in skopeo().unreadable("a/b:", "WRONG")
