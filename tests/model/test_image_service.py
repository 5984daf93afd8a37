"""Lookups, lists and removals, release by release; texts as live releases word them."""

from dataclasses import replace

import pytest

from conformance.model.answers import Manifest
from conformance.model.image_service import ImageLookup, ImageService
from conformance.model.image_store import ListedImage
from conformance.model.puller import Puller
from tests.model.known_answers import FOREIGN, ID, IMAGE, IMAGE_DIGEST, LAYER, NO_TAG, Known, settings, went

RELEASES = ("1.31.13", "1.32.13", "1.33.13", "1.34.11", "1.35.1", "1.36.3")
FIVES = "5" * 64
NEWER_ID = "a4dcbd1fd514023b781875c7b1f875372828e2531ef55b36595dbf2f69311cd7"
NEWER = Manifest("sha256:fb0018ee", IMAGE.media_type, config=f"sha256:{NEWER_ID}")
APP = "docker.io/rhuss/app:latest"
BY_DIGEST = f"docker.io/rhuss/app@{IMAGE_DIGEST}"
LISTED = ListedImage(ID, (APP,), (BY_DIGEST,))
UNKNOWN_ID = f'reading image "{FIVES}": locating image with ID "{FIVES}": image not known'
ARTIFACT = "failed to get artifact: invalid nameOrDigest: reference cannot be tagged and digested"
AMBIGUOUS = "short name mode is enforcing, but image name {} returns ambiguous list"
CAPITALS = (
    'creating reference with unqualified-search registry "docker.io": '
    "invalid reference format: repository name must be lowercase"
)
CONTAINER = "bb6e441e8de866d763bf78af90b2c45a3a5f387441953e57d92c9f83e29f0892"


def service(release: str = "1.36.3", *names: str, mode: str = "disabled") -> ImageService:
    """A service whose store has the image under these names."""
    made = ImageService(settings(release, short_name_mode=mode))
    for name in names:
        pulled(made, name)
    return made


def pulled(made: ImageService, name: str, manifest: Manifest = IMAGE) -> None:
    outcome = went(made.pull(name), Known({"docker.io": manifest, "quay.io": manifest}))
    assert outcome.image is not None


def left(made: ImageService) -> list[str]:
    return [name for kept in made.store.images.values() for name in kept.names]


# Pulling


@pytest.mark.parametrize("release", RELEASES)
def test_what_was_pulled_is_there_and_what_failed_is_not(release: str) -> None:
    made = service(release)
    went(made.pull("rhuss/app"), Known({"docker.io": FOREIGN, "quay.io": NO_TAG}))
    assert made.list() == []
    went(made.pull("rhuss/app"), Known({"docker.io": NO_TAG, "quay.io": IMAGE}))
    assert left(made) == ["quay.io/rhuss/app:latest"]


def test_a_layer_that_is_there_is_not_asked_for_again() -> None:
    made, known = service("1.36.3", APP), Known({"quay.io": IMAGE})
    went(made.pull("quay.io/rhuss/app"), known)
    assert LAYER not in {ask.reference for ask in known.asked}


def test_the_puller_may_be_another() -> None:
    class Other(Puller):
        pass

    assert isinstance(ImageService(settings(), puller=Other).puller, Other)


# Looking


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("rhuss/app", True),
        (APP, True),
        ("docker.io/rhuss/app", True),
        ("docker.io/rhuss/app:1.2", False),
        (f"rhuss/app@{IMAGE_DIGEST}", True),
        (f"docker.io/rhuss/app:latest@{IMAGE_DIGEST}", True),
        (f"docker.io/rhuss/app:other@{IMAGE_DIGEST}", True),
        (ID, True),
        (ID[:12], True),
        (ID[:3], True),
        (ID[:2], False),
        (f"sha256:{ID}", False),
        ("quay.io/rhuss/app", False),
        (f"ghcr.io/rhuss/app@{IMAGE_DIGEST}", False),
    ],
)
@pytest.mark.parametrize("release", RELEASES)
def test_an_image_is_looked_up_by_id_and_by_every_way_to_write_its_name(release: str, name: str, found: bool) -> None:
    made = service(release, APP)
    assert made.status(name) == ImageLookup(LISTED if found else None)
    assert made.list(name) == ([LISTED] if found else [])


def test_the_first_candidate_that_is_stored_is_found() -> None:
    made = service("1.36.3", "quay.io/rhuss/app")
    assert made.status("rhuss/app").image == ListedImage(
        ID, ("quay.io/rhuss/app:latest",), (f"quay.io/rhuss/app@{IMAGE_DIGEST}",)
    )
    pulled(made, APP, NEWER)
    found = made.status("rhuss/app").image
    assert found is not None
    assert found.id == NEWER_ID


@pytest.mark.parametrize(
    ("release", "error"),
    [("1.31.13", UNKNOWN_ID), ("1.32.13", UNKNOWN_ID), ("1.33.13", ""), ("1.34.11", ""), ("1.36.3", "")],
)
def test_an_id_that_nobody_has_is_an_error_up_to_1_32(release: str, error: str) -> None:
    assert service(release).status(FIVES) == ImageLookup(error=error)
    assert service(release).list(FIVES) == (error or [])


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "no image specified"),
        ("rhuss/app:", 'cannot parse input: "rhuss/app:": invalid reference format'),
        (
            "Rhuss/app",
            CAPITALS,
        ),
    ],
)
def test_what_is_no_name_is_an_error_of_lookup_and_removal(release: str, name: str, error: str) -> None:
    made = service(release, APP)
    assert (made.status(name), made.remove(name)) == (ImageLookup(error=error), error)
    assert left(made) == [APP]


@pytest.mark.parametrize(
    ("release", "name", "refused"),
    [
        ("1.33.13", "abc", False),
        ("1.34.11", "abc", True),
        ("1.34.11", "cafe", True),
        ("1.35.1", "abc", False),
        ("1.36.3", "cafe", False),
        ("1.36.3", "CAFE", False),
        ("1.36.3", "ab", True),
        ("1.36.3", "cafe:latest", True),
        ("1.36.3", "cafes", True),
        ("1.36.3", "rhuss/cafe", True),
    ],
)
def test_from_1_35_on_a_lookup_of_hex_digits_is_never_refused(release: str, name: str, refused: bool) -> None:
    made = service(release, mode="enforcing")
    assert made.status(name) == ImageLookup(error=AMBIGUOUS.format(name) if refused else "")
    assert bool(made.remove(name)) is (release != "1.33.13"), "a removal is refused as ever"


@pytest.mark.parametrize("name", ["rhuss/app", "rhuss/app:latest"])
@pytest.mark.parametrize("release", ["1.34.11", "1.36.3"])
def test_an_ambiguous_name_is_refused_by_everything(release: str, name: str) -> None:
    made = service(release, APP, mode="enforcing")
    error = AMBIGUOUS.format(name)
    assert (made.status(name).error, made.list(name), made.remove(name)) == (error, error, error)
    assert left(made) == [APP]


def test_a_lookup_of_a_short_name_is_logged() -> None:
    said: list[tuple[str, str]] = []
    made = ImageService(settings(), lambda *line: said.append(line))
    made.status("rhuss/app")
    made.status(APP)
    conf = "/etc/containers/registries.conf.d/crio.conf"
    assert said == [("info", f'Resolving "rhuss/app" using unqualified-search registries ({conf})')]


# Listing


@pytest.mark.parametrize("release", RELEASES)
def test_an_image_that_lost_its_name_is_listed_by_the_former_one_and_looked_up_without(release: str) -> None:
    made = service(release, APP)
    pulled(made, APP, NEWER)
    assert made.list() == [
        ListedImage(ID, (), (BY_DIGEST,)),
        ListedImage(NEWER_ID, (APP,), ("docker.io/rhuss/app@sha256:fb0018ee",)),
    ]
    assert made.list(ID) == made.list(ID[:8]) == [ListedImage(ID, (), (BY_DIGEST,))]
    assert made.status(ID) == ImageLookup(ListedImage(ID, (), ()))
    assert made.status(BY_DIGEST) == ImageLookup()


def test_an_image_that_has_a_name_is_not_listed_by_a_former_one() -> None:
    made = service("1.36.3", APP, "quay.io/rhuss/app")
    pulled(made, APP, NEWER)
    assert made.list()[0] == ListedImage(ID, ("quay.io/rhuss/app:latest",), (f"quay.io/rhuss/app@{IMAGE_DIGEST}",))


# Removing


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("docker.io/rhuss/app:1.2", [APP, "quay.io/rhuss/app:latest"]),
        ("rhuss/app", ["docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest"]),
        ("quay.io/rhuss/app", [APP, "docker.io/rhuss/app:1.2"]),
        (BY_DIGEST, [APP, "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest"]),
        (ID, []),
        (ID[:8], []),
        ("docker.io/rhuss/none", [APP, "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest"]),
        (FIVES, [APP, "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest"]),
        (f"quay.io/rhuss/none@sha256:{FIVES}", [APP, "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest"]),
    ],
)
def test_a_removal_takes_one_name_or_by_id_the_image(release: str, name: str, kept: list[str]) -> None:
    made = service(release, APP, "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest")
    assert made.remove(name) == ""
    assert left(made) == kept


def test_an_image_goes_with_its_last_name() -> None:
    made = service("1.36.3", BY_DIGEST)
    assert (made.remove(BY_DIGEST), made.list()) == ("", [])


@pytest.mark.parametrize(
    ("release", "name", "error"),
    [
        ("1.31.13", f"docker.io/rhuss/app:latest@{IMAGE_DIGEST}", ""),
        ("1.34.11", f"docker.io/rhuss/app:latest@{IMAGE_DIGEST}", ""),
        ("1.35.1", f"docker.io/rhuss/app:latest@{IMAGE_DIGEST}", ARTIFACT),
        ("1.36.3", f"docker.io/rhuss/app:latest@{IMAGE_DIGEST}", ARTIFACT),
        ("1.36.3", f"rhuss/app:latest@{IMAGE_DIGEST}", ""),
        ("1.36.3", BY_DIGEST, ""),
    ],
)
def test_a_full_name_with_tag_and_digest_is_refused_from_1_35_on(release: str, name: str, error: str) -> None:
    made = service(release, APP)
    assert made.remove(name) == error
    assert left(made) == [APP], "and removes nothing in any release"


@pytest.mark.parametrize(
    ("release", "by_name", "by_id"),
    [
        ("1.31.13", f'image "{APP}" is mounted as volume to container with ID: {CONTAINER}', ""),
        ("1.32.13", f'image "{APP}" is mounted as volume to container with ID: {CONTAINER}', ""),
        ("1.33.13", f"the image is in use by {CONTAINER}", f"the image is in use by {CONTAINER}"),
        ("1.36.3", f"the image is in use by {CONTAINER}", f"the image is in use by {CONTAINER}"),
    ],
)
def test_an_image_that_a_container_mounts_stays(release: str, by_name: str, by_id: str) -> None:
    made = ImageService(settings(release), in_use=lambda id_: CONTAINER if id_ == ID else "")
    pulled(made, APP)
    pulled(made, "quay.io/other", NEWER)
    assert made.remove("rhuss/app") == by_name
    assert left(made) == [APP, "quay.io/other:latest"]
    assert made.remove("quay.io/other") == ""
    assert made.remove(ID[:12]) == by_id
    assert left(made) == ([APP] if by_id else [])


@pytest.mark.parametrize("release", ["1.31.13", "1.36.3"])
def test_a_containers_own_image_stays_under_its_last_name(release: str) -> None:
    made = ImageService(settings(release), runs=lambda id_: CONTAINER if id_ == ID else "")
    pulled(made, APP)
    pulled(made, "docker.io/rhuss/app:again")
    assert made.remove("docker.io/rhuss/app:again") == ""
    refusal = f"image used by {CONTAINER}: image is in use by a container"
    assert (made.remove(APP), made.remove(ID)) == (refusal, f"delete image: {refusal}")
    assert (left(made), made.keeps(ID), made.keeps("5" * 64)) == ([APP], True, False)


def test_layers_of_a_refused_image_stay_until_an_image_that_has_them_is_deleted() -> None:
    made = service()
    refused = went(made.pull(APP), Known({"docker.io": replace(IMAGE, commit_fault="no")}))
    assert "committing the finished image: parsing manifest: no" in refused.error
    assert list(made.store.layers) == [LAYER]
    pulled(made, APP)
    assert made.remove(APP) == ""
    assert list(made.store.layers) == []
