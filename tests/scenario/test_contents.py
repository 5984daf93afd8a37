"""Contents: the same words are the same bytes."""

from conformance.images.builder import Image
from conformance.scenario.contents import (
    ContentKind,
    blob_digests,
    build_artifact,
    build_content,
    build_index,
    scenario_digest,
)


def test_a_digest_is_that_of_what_is_meant() -> None:
    index = build_content(ContentKind.INDEX, 1)
    assert scenario_digest("index 1") == index.digest
    assert scenario_digest("image of index 1") in {manifest.digest for manifest in index.manifests()} - {index.digest}
    assert scenario_digest("unknown") == "sha256:" + "0" * 64


def test_an_index_is_for_the_platforms_that_are_named() -> None:
    index = build_index(("linux/arm64", "linux/s390x"), 0)
    assert [str(each.platform) for each in index.images if isinstance(each, Image)] == ["linux/arm64", "linux/s390x"]


def test_parts_of_a_content_have_digests_of_their_own() -> None:
    image = build_content(ContentKind.IMAGE, 0)
    parts = [list(blob_digests(image, part)) for part in ("manifest", "config", "layer")]
    assert [len(each) for each in parts] == [1, 1, 1]
    assert len({each[0] for each in parts}) == 3
    artifact = build_artifact((("model.bin", "weights"),))
    assert list(blob_digests(artifact, "layer")) == [artifact.blobs()[1].digest]
