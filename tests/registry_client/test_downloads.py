"""Contents that are downloaded: what is no manifest, digests, and how much is kept."""

import pytest

from conformance.model.answers import FetchedBlob, Manifest
from conformance.model.media_types import OCI_INDEX
from conformance.registry_client.downloads import KEPT, SMALL, ContentCache, Download
from tests.registry_client.scripted_registry import ASK, MANIFEST, Reply, Scripted, by_path


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b'{"layers": [{}]}'])
def test_what_is_no_manifest_is_a_manifest_with_a_fault(body: bytes) -> None:
    (answer,) = Scripted(by_path(latest=Reply(200, body))).ask(ASK)
    assert isinstance(answer, Manifest)
    assert (answer.digest, bool(answer.fault)) == (FetchedBlob.of(body).digest, True)


def test_the_media_type_is_the_header_s() -> None:
    headers = {"Content-Type": f"{OCI_INDEX.upper()}; charset=utf-8"}
    (answer,) = Scripted(by_path(latest=Reply(200, MANIFEST, headers))).ask(ASK)
    assert isinstance(answer, Manifest)
    assert answer.media_type == OCI_INDEX


def test_digests_of_other_algorithms() -> None:
    (answer,) = Scripted(by_path()).ask(ASK._replace(reference="sha512:" + "0" * 128))
    assert isinstance(answer, Manifest)
    assert answer.digest.startswith("sha512:")
    assert len(answer.digest) == len("sha512:") + 128


def test_contents_are_bounded() -> None:
    contents = ContentCache()
    for number in range(KEPT // SMALL + 2):
        incoming = Download("sha256")
        incoming.feed(bytes([number]) * (SMALL - 1))
        contents.add(incoming)
    assert contents._bytes <= KEPT
    large = Download("sha256")
    large.feed(b"\x1f\x8b" + bytes(SMALL))
    large.feed((1234).to_bytes(4, "little"))
    contents.add(large)
    assert (contents[large.digest], contents.unpacked_size(large.digest)) == (b"", 1234)
    assert len(contents[incoming.digest]) == SMALL - 1
