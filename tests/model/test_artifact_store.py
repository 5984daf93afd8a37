"""What the model says of artifacts, release by release; texts and counts as live releases have them."""

import pytest

from conformance.images.artifacts import Artifact, artifact
from conformance.images.builder import Blob as Content
from conformance.images.builder import index
from conformance.model.answers import Answer, FetchedBlob, Manifest
from conformance.model.artifact_store import clean_path
from conformance.model.image_service import ImageService
from conformance.model.image_store import ListedImage
from conformance.model.platform import Platform
from conformance.model.pull import Outcome
from conformance.model.reason import Reason
from conformance.model.release import Release
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules
from tests.model.known_answers import AMD64, IMAGE, NO_BLOB, Known, settings, went

RELEASES = ("1.33.2", "1.33.13", "1.34.11", "1.35.1", "1.35.6", "1.36.3")
OLD = ("1.33.13", "1.34.11")
NEW = ("1.35.6", "1.36.3")
MADE = artifact({"model.bin": "weights", "doc/README": "read me"})
OTHER = artifact({"model.bin": "better"})
INDENTED = artifact({"a": "1"}, indent=2)
NAME = "docker.io/rhuss/model"
LATEST = f"{NAME}:latest"
NOT_AN_IMAGE = (
    "parsing image configuration: unsupported image-specific operation on artifact with type "
    '"application/vnd.example.model"'
)
BOTH = f"unable to pull image or OCI artifact: pull image err: {NOT_AN_IMAGE}; artifact err: "
NO_SOURCE = 'failed to get an image source: no descriptor found for reference "unknown"'
TAGGED = "invalid nameOrDigest: reference cannot be tagged and digested"


def parsed(content: Content) -> Manifest:
    return Manifest.parse(content.data, content.media_type)


def service(release: str, *pulled: tuple[str, Artifact]) -> ImageService:
    """A service that has pulled these, each by a name."""
    made = ImageService(settings(release))
    for name, content in pulled:
        assert pull(made, name, content).image
    return made


def pull(made: ImageService, name: str, content: Artifact) -> Outcome:
    return went(made.pull(name), Known({name.partition("/")[0]: parsed(content.manifest)}))


def listed(content: Artifact, *tags: str, repository: str = NAME) -> ListedImage:
    return ListedImage(content.id, tags, (f"{repository}@{content.digest}",))


# Pulling


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
    assert made.list() == [listed(MADE, LATEST)]


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
    assert made.list() == [listed(MADE, LATEST)]


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


# Looking


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "since", "until"),
    [
        (NAME, None, None),
        (LATEST, None, None),
        (f"{NAME}@{MADE.digest}", None, None),
        (MADE.id, None, None),
        (MADE.id[:3], None, None),
        (MADE.id[:2], "1.35.1", None),
        ("rhuss/model", None, "1.35"),
        (f"rhuss/model@{MADE.digest}", None, "1.35"),
        (f"{LATEST}@{MADE.digest}", "2", None),
        (f"{NAME}:1", "2", None),
        (f"{NAME}@{OTHER.digest}", "2", None),
        (f"quay.io/rhuss/model@{MADE.digest}", "2", None),
        (MADE.digest, "2", None),
    ],
)
def test_it_is_found_by_some_names(release: str, name: str, since: str | None, until: str | None) -> None:
    found = Release(since or "1") <= Release(release) < Release(until or "99")
    made = service(release, (NAME, MADE))
    assert made.status(name).image == (listed(MADE, LATEST) if found else None)
    assert made.list(name) == ([listed(MADE, LATEST)] if found else [])


@pytest.mark.parametrize("release", RELEASES)
def test_up_to_1_34_it_is_known_by_the_digest_that_go_gives_it(release: str) -> None:
    made = service(release, (NAME, INDENTED))
    id_ = parsed(INDENTED.manifest).rewritten if Release(release) < Release("1.35") else INDENTED.digest
    assert made.list() == [ListedImage(id_.removeprefix("sha256:"), (LATEST,), (f"{NAME}@{id_}",))]


@pytest.mark.parametrize("release", NEW)
def test_two_names_for_one_make_its_id_ambiguous(release: str) -> None:
    made = service(release, (NAME, MADE), (f"{NAME}:2", MADE))
    assert made.status(MADE.id).image is None
    said = f'inspect artifact: multiple artifacts found with matching digest: "{LATEST},{NAME}:2"'
    assert made.remove(MADE.id[:12]) == f"failed to get artifact: {said}"
    assert refusal(made, MADE.id) == f"ImageVolumeMountFailed: failed to get artifact status: {said}"


@pytest.mark.parametrize("release", OLD)
def test_two_names_for_one_were_no_trouble(release: str) -> None:
    made = service(release, (NAME, MADE), (f"{NAME}:2", MADE))
    assert made.status(MADE.id).image == listed(MADE, LATEST)


@pytest.mark.parametrize(("release", "both"), [("1.34.11", False), ("1.35.6", False), ("1.36.3", True)])
def test_a_filter_gives_both_from_1_36_on(release: str, both: bool) -> None:
    made = service(release, (NAME, MADE))
    went(made.pull(NAME), Known({"docker.io": IMAGE}))
    found = made.list(NAME)
    assert isinstance(found, list)
    assert [each.id == MADE.id for each in found] == ([False, True] if both else [False])
    image = made.status(NAME).image
    assert image is not None
    assert image.id != MADE.id


def test_an_alias_and_localhost_come_before_the_search_list() -> None:
    of_localhost = ("localhost/rhuss/model", MADE)
    made = service("1.34.11", (NAME, OTHER), of_localhost)
    assert made.status("rhuss/model").image == listed(MADE, f"{of_localhost[0]}:latest", repository=of_localhost[0])


# Removing


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (LATEST, True, True),
        (NAME, False, True),
        (f"{NAME}@{MADE.digest}", False, True),
        ("rhuss/model", False, False),
        (MADE.id, False, False),
        (MADE.id[:12], True, True),
        (f"{NAME}:1", False, False),
    ],
)
def test_some_names_remove_it(release: str, name: str, old: bool, new: bool) -> None:
    made = service(release, (NAME, MADE))
    assert made.remove(name) == ""
    removed = old if Release(release) < Release("1.35") else new
    assert made.list() == ([] if removed else [listed(MADE, LATEST)])
    assert bool(made.artifacts.blobs) != removed


def test_what_another_needs_stays() -> None:
    alike = artifact({"model.bin": "weights"})
    made = service("1.36.3", (NAME, MADE), (f"{NAME}:2", alike))
    made.remove(NAME)
    assert made.artifacts.blobs == {alike.digest, alike.config.digest, alike.layers[0].digest} - {alike.digest}


@pytest.mark.parametrize("release", ["1.34.11", "1.36.3"])
def test_a_moved_tag_leaves_one_without_a_name(release: str) -> None:
    made = service(release, (NAME, MADE), (NAME, OTHER))
    lost = ListedImage(MADE.id, (), (f"unknown@{MADE.digest}",))
    assert made.list() == [lost, listed(OTHER, LATEST)]
    assert made.remove(MADE.id[:12]) == ""
    assert made.list() == [lost, listed(OTHER, LATEST)], "it is not the only one"
    made.remove(LATEST)
    made.remove(MADE.id[:12])
    assert made.list() == ([lost] if release == "1.34.11" else [])


def test_one_without_a_name_makes_room_for_its_like() -> None:
    made = service("1.36.3", (NAME, MADE), (NAME, OTHER), (NAME, MADE))
    assert made.list() == [listed(MADE, LATEST), ListedImage(OTHER.id, (), (f"unknown@{OTHER.digest}",))]


@pytest.mark.parametrize("name", [LATEST, MADE.id, MADE.id[:12]])
def test_one_in_use_is_not_removed(name: str) -> None:
    made = service("1.36.3", (NAME, MADE))
    made.in_use = {MADE.id: "c1"}.get  # type: ignore[assignment]
    assert made.remove(name) == "the image is in use by c1"
    assert made.list() == [listed(MADE, LATEST)]


# Mounting


def refusal(made: ImageService, name: str, sub_path: str = "") -> str:
    with pytest.raises(CreateContainerError) as refused:
        VolumeRules(made).mount(Mount("/models", name, sub_path=sub_path))
    return str(refused.value)


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


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("a//b/./c/", "a/b/c"),
        ("a/../b", "b"),
        ("../a/..", ".."),
        ("/../a", "/a"),
        ("", "."),
        ("a/..", "."),
        ("/", "/"),
    ],
)
def test_paths_are_cleaned_as_go_does(path: str, clean: str) -> None:
    assert clean_path(path) == clean
