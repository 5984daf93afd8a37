"""Which names an image has in the store, and what moves, untags and removes them; as live releases list them."""

from dataclasses import replace

import pytest

from conformance.model.answers import Manifest
from conformance.model.image_copy import PulledImage
from conformance.model.image_facts import ImageFacts
from conformance.model.image_store import ImageStore, ListedImage, StoredImage
from conformance.model.reference import parse_normalized
from tests.model.known_answers import CONFIG, ID, IMAGE, IMAGE_DIGEST, INDEX, INDEX_DIGEST, LAYER

NEWER_ID = "a4dcbd1fd514023b781875c7b1f875372828e2531ef55b36595dbf2f69311cd7"
NEWER_DIGEST = "sha256:fb0018ee04bea9c600e4a962f65266f06ed2d5d74c5a4132e934d7a5cd59e0f5"
NEWER = Manifest(NEWER_DIGEST, IMAGE.media_type, config=f"sha256:{NEWER_ID}", layers=("sha256:97492e",))
APP, ONE, QUAY = "docker.io/rhuss/app:latest", "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:latest"
BY_DIGEST = f"docker.io/rhuss/app@{IMAGE_DIGEST}"


def stored(*names: str, manifest: Manifest = IMAGE, top: Manifest | None = None) -> ImageStore:
    store = ImageStore()
    for name in names:
        keep(store, name, manifest, top)
    return store


def keep(store: ImageStore, name: str, manifest: Manifest = IMAGE, top: Manifest | None = None) -> StoredImage:
    return store.add(PulledImage(parse_normalized(name), manifest, top or manifest))


def only(store: ImageStore) -> ListedImage:
    (kept,) = store.images.values()
    return kept.listed()


@pytest.mark.parametrize(
    ("names", "tags", "digests"),
    [
        ([APP], (APP,), (BY_DIGEST,)),
        ([APP, ONE], (ONE, APP), (BY_DIGEST,)),
        ([ONE, APP], (ONE, APP), (BY_DIGEST,)),
        ([APP, APP], (APP,), (BY_DIGEST,)),
        ([QUAY, APP], (APP, QUAY), (BY_DIGEST, f"quay.io/rhuss/app@{IMAGE_DIGEST}")),
        ([BY_DIGEST], (), (BY_DIGEST,)),
        ([f"docker.io/rhuss/app@{NEWER_DIGEST}"], (), (BY_DIGEST, f"docker.io/rhuss/app@{NEWER_DIGEST}")),
        ([BY_DIGEST, QUAY], (QUAY,), (BY_DIGEST, f"quay.io/rhuss/app@{IMAGE_DIGEST}")),
    ],
)
def test_one_image_has_all_its_names(names: list[str], tags: tuple[str, ...], digests: tuple[str, ...]) -> None:
    assert only(stored(*names)) == ListedImage(ID, tags, digests)


def test_an_image_of_an_index_has_both_digests_under_every_repository() -> None:
    listed = only(stored("quay.io/team/indexed:latest", "docker.io/other:latest", top=INDEX))
    assert listed.digests == (
        f"docker.io/library/other@{IMAGE_DIGEST}",
        f"docker.io/library/other@{INDEX_DIGEST}",
        f"quay.io/team/indexed@{IMAGE_DIGEST}",
        f"quay.io/team/indexed@{INDEX_DIGEST}",
    )


def test_a_digest_that_came_with_one_repository_is_said_of_all_even_where_it_never_was() -> None:
    store = stored(APP)
    keep(store, QUAY, IMAGE, INDEX)
    assert f"docker.io/rhuss/app@{INDEX_DIGEST}" in only(store).digests


def test_the_id_is_the_config_s() -> None:
    store = stored(APP)
    again = keep(store, QUAY, replace(IMAGE, digest=NEWER_DIGEST))
    assert (list(store.images), again.id) == ([ID], CONFIG.partition(":")[2])
    assert again.digests == [IMAGE_DIGEST, NEWER_DIGEST]


def test_layers_of_failed_pulls_are_there_until_an_image_with_them_goes() -> None:
    store = ImageStore()
    store.other_layers.add("sha256:other")
    for layer in (LAYER, "sha256:other"):
        store.layers.add(layer)
    assert (set(store.layers), store.left_layers) == ({LAYER, "sha256:other"}, {LAYER})
    image = keep(store, APP)
    assert (LAYER in store.layers, store.left_layers) == (True, set())
    store.delete(image.id)
    assert (LAYER in store.layers, "sha256:other" in store.layers) == (False, True)


def test_what_its_content_says_is_listed_and_manifests_add_up() -> None:
    image = keep(ImageStore(), APP)
    image.learn(ImageFacts(100, {"config": 10, "sha256:1": 3, "manifest": 3}, {"config": {"User": "1000:1"}}))
    assert image.listed()[3:] == (116, 1000, "", False)
    image.learn(ImageFacts(100, {"config": 10, "sha256:2": 4, "manifest": 4}, {"config": {"User": "web"}}))
    assert image.listed()[3:] == (121, None, "web", False)


# A name that moves


def test_a_name_leaves_the_image_that_had_it() -> None:
    store = stored(APP)
    keep(store, APP, NEWER)
    old, new = store.images[ID], store.images[NEWER_ID]
    assert old.listed() == ListedImage(ID, (), ())
    assert (old.former, new.former) == (APP, "")
    assert new.listed() == ListedImage(NEWER_ID, (APP,), (f"docker.io/rhuss/app@{NEWER_DIGEST}",))


def test_an_image_keeps_its_other_names() -> None:
    store = stored(APP, ONE)
    keep(store, APP, NEWER)
    assert store.images[ID].listed() == ListedImage(ID, (ONE,), (BY_DIGEST,))


def test_a_name_may_move_back() -> None:
    store = stored(APP)
    keep(store, APP, NEWER)
    keep(store, APP)
    assert (store.images[ID].names, store.images[NEWER_ID].names) == ([APP], [])


# Looking


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (APP, True),
        (ONE, False),
        (QUAY, False),
        (BY_DIGEST, True),
        (f"docker.io/rhuss/app@{INDEX_DIGEST}", True),
        (f"docker.io/rhuss/other@{IMAGE_DIGEST}", False),
        (f"ghcr.io/rhuss/app@{IMAGE_DIGEST}", False),
        (f"docker.io/rhuss/app@{NEWER_DIGEST}", False),
    ],
)
def test_an_image_is_found_by_its_names_and_by_digest_under_its_repositories(name: str, found: bool) -> None:
    store = stored(APP, top=INDEX)
    kept = store.named(parse_normalized(name))
    assert (kept.id if kept else None) == (ID if found else None)


def test_a_digest_is_not_found_once_the_name_has_moved() -> None:
    store = stored(APP)
    keep(store, APP, NEWER)
    assert store.named(parse_normalized(BY_DIGEST)) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ID, ID),
        (ID[:12], ID),
        (ID[:3], ID),
        (ID[:2], None),
        ("", None),
        (ID[1:], None),
        (f"sha256:{ID}", None),
        (ID.upper(), None),
        ("5" * 64, "5" * 64),
        ("5" * 63, None),
        ("5" * 65, None),
        ("app", None),
    ],
)
def test_an_id_is_64_hex_digits_or_three_and_more_that_begin_one(text: str, found: str | None) -> None:
    assert stored(APP).identified(text) == found


def test_digits_that_begin_two_ids_are_none() -> None:
    store = stored(APP)
    keep(store, ONE, replace(IMAGE, config=f"sha256:{ID[:8]}{'0' * 56}"))
    assert store.identified(ID[:8]) is None
    assert store.identified(ID[:9]) == ID


# Taking away


@pytest.mark.parametrize(
    ("names", "untagged", "left"),
    [
        ([APP, ONE], APP, [ONE]),
        ([APP, ONE], ONE, [APP]),
        ([APP], APP, None),
        ([BY_DIGEST], BY_DIGEST, None),
        ([APP, BY_DIGEST], APP, [BY_DIGEST]),
        ([APP], BY_DIGEST, [APP]),
        ([APP, QUAY], BY_DIGEST, [APP, QUAY]),
    ],
)
def test_untagging_takes_one_name_and_the_image_with_its_last(
    names: list[str], untagged: str, left: list[str] | None
) -> None:
    store = stored(*names)
    store.untag(store.images[ID], parse_normalized(untagged))
    assert (store.images[ID].names if ID in store.images else None) == left


def test_an_image_without_names_goes_when_one_is_taken_away() -> None:
    store = stored(APP)
    keep(store, APP, NEWER)
    store.untag(store.images[ID], parse_normalized(APP))
    assert list(store.images) == [NEWER_ID]


def test_deleting_takes_all_names_and_what_is_not_there_is_gone_already() -> None:
    store = stored(APP, ONE, QUAY)
    store.delete(NEWER_ID)
    assert list(store.images) == [ID]
    store.delete(ID)
    assert store.images == {}


# Layers


def test_the_layers_follow_the_store() -> None:
    store = ImageStore()
    layers = store.layers
    assert (len(layers), LAYER in layers) == (0, False)
    keep(store, APP)
    keep(store, QUAY, NEWER)
    assert (sorted(layers), len(layers), LAYER in layers) == (sorted([LAYER, "sha256:97492e"]), 2, True)
    store.delete(ID)
    assert (list(layers), LAYER in layers) == (["sha256:97492e"], False)
