"""Manifests as what they come as: types, kinds, digests, and what is wrong with them."""

import json
from typing import Any

import pytest

from conformance.images.artifacts import artifact
from conformance.images.builder import Blob, Content, Format, image, index, layer
from conformance.model.answers import IndexEntry, Manifest
from conformance.model.manifest_reading import commit_fault, digest_fault, guess_type
from conformance.model.media_types import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    SIGNED_SCHEMA_1,
    media_type_of,
)
from conformance.model.platform import Platform

IMAGE = image([layer({"a": "b"})], platform="linux/amd64")
DOCKER_IMAGE = image([layer({"a": "b"})], platform="linux/amd64", format=Format.DOCKER)
INDEX = index([IMAGE])
LIST = index([DOCKER_IMAGE], format=Format.DOCKER)
BODIES: dict[str, Content] = {OCI_MANIFEST: IMAGE, DOCKER_MANIFEST: DOCKER_IMAGE, OCI_INDEX: INDEX, DOCKER_LIST: LIST}


@pytest.mark.parametrize(
    ("header", "read_as"),
    [
        (OCI_MANIFEST, OCI_MANIFEST),
        (f"{OCI_INDEX}; charset=utf-8", OCI_INDEX),
        (f'{OCI_INDEX};a="b\\"c";', OCI_INDEX),
        (DOCKER_LIST.upper(), DOCKER_LIST),
        (SCHEMA_1, SCHEMA_1),
        ("application/json", SIGNED_SCHEMA_1),
        ("text/plain", SIGNED_SCHEMA_1),
        ("", SIGNED_SCHEMA_1),
        (f"{OCI_MANIFEST};;", SIGNED_SCHEMA_1),
        (f"{OCI_MANIFEST} x", SIGNED_SCHEMA_1),
    ],
)
def test_the_header_alone_decides(header: str, read_as: str) -> None:
    assert media_type_of(header) == read_as


def amended(content: Content, **members: Any) -> Manifest:
    """Read a manifest with other members."""
    document = json.loads(content.manifest.data) | members
    return Manifest.parse(json.dumps(document).encode(), content.manifest.media_type)


@pytest.mark.parametrize("media_type", BODIES)
def test_what_comes_as_what_it_is_has_no_fault(media_type: str) -> None:
    content = BODIES[media_type]
    parsed = Manifest.parse(content.manifest.data, media_type)
    assert (parsed.digest, parsed.fault, parsed.commit_fault) == (content.digest, "", "")


@pytest.mark.parametrize("header", ["application/json", "text/plain", ""])
@pytest.mark.parametrize("media_type", BODIES)
def test_what_comes_as_something_else_is_read_as_schema_1(media_type: str, header: str) -> None:
    parsed = Manifest.parse(BODIES[media_type].manifest.data, header)
    assert (parsed.is_index, parsed.fault) == (False, "unsupported schema version 2")


@pytest.mark.parametrize(
    ("media_type", "member", "is_refused"),
    [
        *((type_, member, True) for type_ in (OCI_MANIFEST, DOCKER_MANIFEST) for member in ("fsLayers", "history")),
        *((type_, "manifests", True) for type_ in (OCI_MANIFEST, DOCKER_MANIFEST)),
        *((type_, member, True) for type_ in (OCI_INDEX, DOCKER_LIST) for member in ("config", "layers", "fsLayers")),
        *((type_, member, False) for type_ in (OCI_INDEX, DOCKER_LIST) for member in ("subject", "annotations")),
        *((type_, "urls", False) for type_ in BODIES),
    ],
)
def test_a_manifest_has_the_members_of_one_kind(media_type: str, member: str, is_refused: bool) -> None:
    parsed = amended(BODIES[media_type], **{member: {}})
    words = f'rejecting ambiguous manifest, unexpected fields []string{{"{member}"}} in supposedly {media_type}'
    assert parsed.fault == (words if is_refused else "")
    assert amended(BODIES[media_type], **{member: None}).fault == ""


def test_members_of_another_kind_are_known_in_any_case() -> None:
    assert '[]string{"manifests"}' in amended(IMAGE, Manifests=[]).fault


@pytest.mark.parametrize(
    ("content", "members", "fault"),
    [
        (DOCKER_IMAGE, {"mediaType": OCI_MANIFEST}, f'unsupported docker v2s2 media type: "{OCI_MANIFEST}"'),
        (DOCKER_IMAGE, {"layers": [{"mediaType": "a/b"}]}, 'unsupported docker v2s2 media type: "a/b"'),
        (IMAGE, {"layers": [{"mediaType": "a/b"}]}, ""),
        (IMAGE, {"mediaType": "a/b"}, ""),
        (IMAGE, {"config": None}, ""),
        (IMAGE, {"layers": None}, ""),
    ],
)
def test_docker_s_types_are_looked_at(content: Any, members: dict[str, Any], fault: str) -> None:
    assert amended(content, **members).fault == fault


def test_an_index_that_cannot_be_read_is_quoted() -> None:
    assert Manifest.parse(b'"\xff"', OCI_INDEX).fault == (
        r'unmarshaling OCI1Index "\"\xff\"": '
        "json: cannot unmarshal string into Go value of type manifest.OCI1IndexPublic"
    )
    assert Manifest.parse(b"", DOCKER_LIST).fault == 'unmarshaling Schema2List "": unexpected end of JSON input'


@pytest.mark.parametrize(
    ("platform", "children"),
    [
        (None, (None, Platform("", ""))),
        ({}, (Platform("", ""), Platform("", ""))),
        ({"OS": "linux", "Architecture": "arm64", "variant": "v8"}, (Platform("linux", "arm64", "v8"),) * 2),
    ],
)
def test_an_entry_without_platform_is_for_none_in_docker_s_list(
    platform: Any, children: tuple[Platform | None, Platform]
) -> None:
    entry = {"digest": IMAGE.digest, "platform": platform, "annotations": {}}
    found = [amended(each, manifests=[entry]).children for each in (INDEX, LIST)]
    assert found == [(IndexEntry(IMAGE.digest, each),) for each in children]


def test_schema_1() -> None:
    layers: dict[str, Any] = {
        "schemaVersion": 1,
        "fsLayers": [{"blobSum": IMAGE.digest}],
        "history": [{"v1Compatibility": "{}"}],
    }
    amendments: list[dict[str, Any]] = [{}, {"history": []}, {"fsLayers": [], "history": []}, {"layers": []}]
    faults = [Manifest.parse(json.dumps(layers | members).encode(), "").fault for members in amendments]
    assert faults[:3] == ["", "length of history not equal to number of layers", "no FSLayers in manifest"]
    assert faults[3].startswith("rejecting ambiguous manifest")


@pytest.mark.parametrize(
    ("members", "guess", "fault"),
    [
        ({}, OCI_MANIFEST, ""),
        ({"mediaType": None}, OCI_MANIFEST, ""),
        ({"mediaType": "a/b"}, OCI_MANIFEST, ""),
        ({"mediaType": OCI_INDEX}, OCI_INDEX, "Treating manifest lists as individual manifests is not implemented"),
        (
            {"mediaType": DOCKER_MANIFEST},
            DOCKER_MANIFEST,
            'unsupported docker v2s2 media type: "application/vnd.oci.image.layer.v1.tar+gzip"',
        ),
        ({"schemaVersion": 3, "mediaType": ""}, "", "unsupported schema version 3"),
    ],
)
def test_the_store_reads_a_manifest_by_what_it_says(members: dict[str, Any], guess: str, fault: str) -> None:
    data = json.dumps(json.loads(IMAGE.manifest.data) | members).encode()
    assert (guess_type(data), commit_fault(data)) == (guess, fault)
    assert Manifest.parse(data, OCI_MANIFEST).commit_fault == fault


@pytest.mark.parametrize(
    ("content", "guess"),
    [
        ({"schemaVersion": 1}, SCHEMA_1),
        ({"schemaVersion": 1, "signatures": []}, SIGNED_SCHEMA_1),
        ({"schemaVersion": 2, "manifests": [{}]}, OCI_INDEX),
        ({"schemaVersion": 2, "manifests": []}, OCI_MANIFEST),
        ({"schemaVersion": 2, "manifests": [{}], "config": {"mediaType": "a/b"}}, "a/b"),
        ({}, ""),
        ([], ""),
    ],
)
def test_what_a_manifest_looks_like(content: Any, guess: str) -> None:
    assert guess_type(json.dumps(content).encode()) == guess


@pytest.mark.parametrize(
    ("digest", "fault"),
    [
        (IMAGE.digest, ""),
        ("sha512:" + "0" * 128, ""),
        ("", "invalid checksum digest format"),
        ("sha256:", "invalid checksum digest format"),
        ("sha256:" + "g" * 64, "invalid checksum digest format"),
        ("sha256:123", "invalid checksum digest length"),
        ("md5:" + "0" * 32, "unsupported digest algorithm"),
    ],
)
def test_digests(digest: str, fault: str) -> None:
    assert digest_fault(digest) == fault


def test_an_artifact_is_one_whatever_its_type_is_called() -> None:
    made = artifact({"a": "file"}, artifact_type="a/b", config=Blob("application/vnd.oci.empty.v1+json", b"{}"))
    parsed = Manifest.parse(made.manifest.data, OCI_MANIFEST)
    assert (parsed.artifact_type, parsed.is_image, parsed.titles, parsed.size) == ("a/b", False, ("a",), 4)
