"""Artifacts as volumes: which files are mounted, and which mounts are refused."""

import pytest

from conformance.model.image_service import ImageService
from conformance.model.release import Release
from conformance.model.volumes import VolumeRules
from tests.model.known_answers import settings
from tests.model.pulled_artifacts import LATEST, MADE, NAME, OTHER, RELEASES, refusal, service

NO_SOURCE = 'failed to get an image source: no descriptor found for reference "unknown"'
TAGGED = "invalid nameOrDigest: reference cannot be tagged and digested"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("sub_path", "files"),
    [
        ("", ("model.bin", "doc/README")),
        (".", ("model.bin", "doc/README")),
        ("doc", ("README",)),
        ("./doc/", ("README",)),
    ],
)
def test_its_files_are_mounted(release: str, sub_path: str, files: tuple[str, ...]) -> None:
    found = VolumeRules(service(release, (NAME, MADE))).artifact(LATEST, sub_path)
    assert found is not None
    assert found.below(sub_path) == files


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("sub_path", ["do", "doc/README", "../doc", "/doc"])
def test_a_sub_path_is_a_folder_of_it(release: str, sub_path: str) -> None:
    code = "ImageVolumeMountFailed: " * (1 if Release(release) < Release("1.34") else 2)
    said = f'sub path "{sub_path}" does not exist in OCI artifact volume "{LATEST}"'
    assert refusal(service(release, (NAME, MADE)), LATEST, sub_path) == f"{code}{said}"


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ("1.33.13", f'image "{MADE.id}" does not exist locally'),
        ("1.34.11", f"failed to get artifact blob mount paths: {NO_SOURCE}"),
        ("1.36.3", f"failed to get artifact blob mount paths: {NO_SOURCE}"),
    ],
)
def test_one_without_a_name_is_not_mounted(release: str, said: str) -> None:
    made = service(release, (NAME, MADE), (NAME, OTHER))
    assert refusal(made, MADE.id) == f"ImageVolumeMountFailed: {said}"


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ("1.34.11", f'image "{LATEST}@{MADE.digest}" does not exist locally'),
        ("1.36.3", f"failed to get artifact status: {TAGGED}"),
    ],
)
def test_a_tag_beside_a_digest_finds_none(release: str, said: str) -> None:
    made = service(release, (NAME, MADE))
    assert refusal(made, f"{LATEST}@{MADE.digest}") == f"ImageVolumeMountFailed: {said}"


def test_up_to_1_32_none_is_looked_for() -> None:
    made = ImageService(settings("1.31.13"))
    assert VolumeRules(made).artifact(LATEST, "") is None
