"""Artifacts that were pulled, release by release: by which names they are found and removed."""

import pytest

from conformance.images.artifacts import artifact
from conformance.model.artifact_store import clean_path
from conformance.model.release import Release
from tests.model.known_answers import IMAGE, Known, went
from tests.model.pulled_artifacts import LATEST, MADE, NAME, OTHER, RELEASES, listed, parsed, refusal, service

OLD = ("1.33.13", "1.34.11")
NEW = ("1.35.6", "1.36.3")
INDENTED = artifact({"a": "1"}, indent=2)


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
    assert made.status(name).image == (listed(MADE, LATEST, release=release) if found else None)
    assert made.list(name) == ([listed(MADE, LATEST, release=release)] if found else [])


@pytest.mark.parametrize("release", RELEASES)
def test_up_to_1_34_it_is_known_by_the_digest_that_go_gives_it(release: str) -> None:
    made = service(release, (NAME, INDENTED))
    id_ = parsed(INDENTED.manifest).rewritten if Release(release) < Release("1.35") else INDENTED.digest
    assert made.list() == [listed(INDENTED, LATEST, release=release, id_=id_.removeprefix("sha256:"))]


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
    assert made.status(MADE.id).image == listed(MADE, LATEST, release=release)


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
    assert made.status("rhuss/model").image == listed(
        MADE, f"{of_localhost[0]}:latest", release="1.34.11", repository=of_localhost[0]
    )


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
    assert made.list() == ([] if removed else [listed(MADE, LATEST, release=release)])
    assert bool(made.artifacts.blobs) != removed


def test_what_another_needs_stays() -> None:
    alike = artifact({"model.bin": "weights"})
    made = service("1.36.3", (NAME, MADE), (f"{NAME}:2", alike))
    made.remove(NAME)
    assert made.artifacts.blobs == {alike.digest, alike.config.digest, alike.layers[0].digest} - {alike.digest}


@pytest.mark.parametrize("release", ["1.34.11", "1.36.3"])
def test_a_moved_tag_leaves_one_without_a_name(release: str) -> None:
    made = service(release, (NAME, MADE), (NAME, OTHER))
    lost = listed(MADE, release=release, repository="unknown")
    assert made.list() == [lost, listed(OTHER, LATEST, release=release)]
    assert made.remove(MADE.id[:12]) == ""
    assert made.list() == [lost, listed(OTHER, LATEST, release=release)], "it is not the only one"
    made.remove(LATEST)
    made.remove(MADE.id[:12])
    assert made.list() == ([lost] if release == "1.34.11" else [])


@pytest.mark.parametrize("release", RELEASES)
def test_of_several_without_a_name_the_first_is_listed_from_1_35_2_on(release: str) -> None:
    made = service(release, (NAME, MADE), (NAME, OTHER), (NAME, INDENTED))
    listed_ids = [each.id for each in made.list() if not isinstance(each, str)]
    kept = [each.id for each in made.artifacts.kept]
    assert len(kept) == 3
    assert listed_ids == ([kept[0], kept[2]] if Release(release) >= Release("1.35.2") else kept)
    assert made.status(OTHER.id).image == listed(OTHER, release=release, repository="unknown")


def test_one_without_a_name_makes_room_for_its_like() -> None:
    made = service("1.36.3", (NAME, MADE), (NAME, OTHER), (NAME, MADE))
    assert made.list() == [listed(MADE, LATEST), listed(OTHER, repository="unknown")]


@pytest.mark.parametrize("name", [LATEST, MADE.id, MADE.id[:12]])
def test_one_in_use_is_not_removed(name: str) -> None:
    made = service("1.36.3", (NAME, MADE))
    made.in_use = {MADE.id: "c1"}.get  # type: ignore[assignment]
    assert made.remove(name) == "the image is in use by c1"
    assert made.list() == [listed(MADE, LATEST)]


# Paths


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
