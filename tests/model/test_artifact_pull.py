"""How artifacts are pulled, release by release; texts and counts as live releases have them."""

import pytest

from conformance.images.artifacts import artifact
from conformance.images.builder import Blob as Content
from conformance.images.builder import index
from conformance.model.answers import Answer, FetchedBlob
from conformance.model.image_service import ImageService
from conformance.model.platform import Platform
from conformance.model.reason import Reason
from conformance.model.release import Release
from tests.model.known_answers import AMD64, IMAGE, NO_BLOB, Known, settings, went
from tests.model.pulled_artifacts import LATEST, MADE, NAME, OTHER, listed, parsed, pull

NOT_AN_IMAGE = (
    "parsing image configuration: unsupported image-specific operation on artifact with type "
    '"application/vnd.example.model"'
)

BOTH = f"unable to pull image or OCI artifact: pull image err: {NOT_AN_IMAGE}; artifact err: "


@pytest.mark.parametrize(
    ("release", "count"), [("1.33.2", 2), ("1.33.13", 3), ("1.34.11", 3), ("1.35.1", 2), ("1.36.3", 3)]
)
def test_it_is_asked_for_as_an_image_looked_at_and_copied(release: str, count: int) -> None:
    made, known = ImageService(settings(release)), Known({"docker.io": parsed(MADE.manifest)})
    outcome = went(made.pull(NAME), known)
    manifest = ["docker.io latest"] * count
    parts = [f"docker.io {each.digest.removeprefix('sha256:')[:6]}" for each in (*MADE.layers, MADE.config)]
    assert known.questions == manifest + parts
    assert outcome.image_ref == (MADE.id if Release(release) >= Release("1.35.2") else f"{NAME}@{MADE.digest}")
    assert made.list() == [listed(MADE, LATEST, release=release)]


@pytest.mark.parametrize(
    ("release", "asked"),
    [
        ("1.33.13", ["latest", "child", "latest", "child", "child"]),
        ("1.34.11", ["latest", "child", "latest", "child", "child"]),
        ("1.36.3", ["latest", "child", "latest", "latest", "child", "latest", "child"]),
    ],
)
def test_of_an_index_the_one_for_the_machine_is_taken(release: str, asked: list[str]) -> None:
    both = index([OTHER, MADE], platforms=[Platform("linux", "arm64"), AMD64])
    known = Known(
        {"docker.io": parsed(both.manifest), f"docker.io {MADE.digest}": parsed(MADE.manifest)},
    )
    made = ImageService(settings(release))
    went(made.pull(NAME), known)
    seen = ["child" if each.reference == MADE.digest else each.reference for each in known.asked if not each.blob]
    assert [each for each in seen if each] == asked
    assert made.list() == [listed(MADE, LATEST, release=release)]


def test_until_1_32_it_is_no_image_and_that_is_all() -> None:
    made = ImageService(settings("1.31.13"))
    outcome = pull(made, NAME, MADE)
    assert (outcome.error, outcome.reasons, made.list()) == (NOT_AN_IMAGE, {"docker.io": Reason.NO_IMAGE}, [])


def test_an_image_whose_layer_is_lost_is_no_artifact() -> None:
    made = ImageService(settings("1.36.3"))
    went(made.pull(NAME), Known({"docker.io": IMAGE, f"docker.io {IMAGE.layers[0]}": NO_BLOB}))
    assert made.list() == []


@pytest.mark.parametrize(
    ("release", "verb"), [("1.33.13", "copy"), ("1.34.11", "copy"), ("1.35.6", "pull"), ("1.36.3", "pull")]
)
@pytest.mark.parametrize(
    ("part", "answer", "said"),
    [
        (MADE.layers[0], NO_BLOB, "reading blob {}: fetching blob: blob unknown"),
        (
            MADE.layers[1],
            FetchedBlob("sha256:a", 7),
            "reading blob {0}: Digest did not match, expected {0}, got sha256:a",
        ),
        (
            MADE.layers[1],
            FetchedBlob("sha256:a", 8),
            "writing blob: happened during read: Digest did not match, expected {0}, got sha256:a",
        ),
        (MADE.config, NO_BLOB, "reading config blob {}: fetching blob: blob unknown"),
        (
            MADE.config,
            FetchedBlob("sha256:a"),
            "reading config blob {0}: Download config.json digest sha256:a does not match expected {0}",
        ),
    ],
    ids=["lost", "small", "other", "lost config", "other config"],
)
def test_a_damaged_part_is_told(release: str, verb: str, part: Content, answer: Answer, said: str) -> None:
    made = ImageService(settings(release))
    known = Known({"docker.io": parsed(MADE.manifest), f"docker.io {part.digest}": answer})
    assert went(made.pull(NAME), known).error == f"{BOTH}{verb} artifact: {said.format(part.digest)}"
    assert made.list() == []


def test_what_came_of_a_failed_pull_is_not_asked_for_again() -> None:
    made = ImageService(settings("1.36.3"))
    manifest = parsed(MADE.manifest)
    first, second = (each.digest for each in MADE.layers)
    went(made.pull(NAME), Known({"docker.io": manifest, f"docker.io {first}": NO_BLOB}))
    made.clear()
    known = Known({"docker.io": manifest})
    went(made.pull(NAME), known)
    assert [each.reference for each in known.asked if each.blob] == [first, MADE.config.digest]
    made.clear()
    went(made.pull(NAME), known)
    assert [each.reference for each in known.asked if each.blob][2:] == [first, second, MADE.config.digest]


def test_a_manifest_of_docker_s_config_is_called_mixed() -> None:
    mixed = artifact({}, artifact_type="", config=Content("application/vnd.docker.container.image.v1+json", b"{}"))
    outcome = pull(ImageService(settings("1.31.13")), NAME, mixed)
    said = 'invalid mixed OCI image with Docker v2s2 config ("application/vnd.docker.container.image.v1+json")'
    assert outcome.error == f"parsing image configuration: {said}"
