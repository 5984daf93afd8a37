"""Manifests as Go writes them: digests that Go programs gave are found again."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.images.artifacts import artifact
from conformance.model.answers import Manifest
from conformance.model.go_manifest import go_manifest

DIGEST = "sha256:" + "5" * 64
EMPTY = '{"schemaVersion":0,"config":{"mediaType":"","digest":"","size":0},"layers":null}'
PLATFORM = '{"architecture":"","os":"linux","os.version":"1"}'
LAYER = f'{{"mediaType":"","digest":"","size":1,"urls":["u"],"platform":{PLATFORM}}}'
SUBJECT = f'"subject":{{"mediaType":"","digest":"{DIGEST}","size":0}}'
MORE = SUBJECT + r',"annotations":{"a":"\u2028é\n","b":"\u003c\u0026\u003e"}'
OF_CRIO = {
    "annotations": {"org.opencontainers.image.created": "2025-03-13T00:12:12Z"},
    "artifactType": "application/x.test.test.test.v1",
    "config": {
        "data": "e30=",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "mediaType": "application/vnd.oci.empty.v1+json",
        "size": 2,
    },
    "layers": [
        {
            "annotations": {"org.opencontainers.image.title": "artifact.txt"},
            "digest": "sha256:d1cc3064379fca32757730461bd728cb7de430e46a0046aa59ab55c65be7ce3b",
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "size": 14,
        }
    ],
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "schemaVersion": 2,
}
"""``quay.io/crio/artifact:singlefile``, members sorted."""


def test_the_digest_is_the_one_that_podman_tells() -> None:
    assert sha256(go_manifest(OF_CRIO)).hexdigest() == (
        "d2dbbc46e94529be98d2513fe2a46ef650683af96c584e1287dd966300aaf583"
    )


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ({}, EMPTY),
        ({"layers": [], "annotations": {}, "artifactType": ""}, EMPTY.replace("null", "[]")),
        ({"unknown": 1, "config": {"unknown": 1}}, EMPTY),
        (
            {"layers": [{"urls": ["u"], "size": 1, "platform": {"os": "linux", "os.version": "1"}}]},
            EMPTY.replace("null", f"[{LAYER}]"),
        ),
        (
            {"subject": {"digest": DIGEST}, "annotations": {"b": "<&>", "a": "\u2028é\n"}},
            f"{EMPTY[:-1]},{MORE}}}",
        ),
    ],
    ids=["nothing", "empty", "unknown", "descriptor", "escapes"],
)
def test_members_are_written_in_go_s_order(content: dict[str, Any], written: str) -> None:
    assert go_manifest(content).decode() == written


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(min_size=1), st.text()))
def test_what_was_written_so_is_written_so_again(annotations: dict[str, str], files: dict[str, str]) -> None:
    made = artifact(files, annotations=annotations)
    once = go_manifest(json.loads(made.manifest.data))
    assert go_manifest(json.loads(once)) == once


@pytest.mark.parametrize("indent", [None, 2])
def test_the_builder_writes_as_go_unless_it_is_told_otherwise(indent: int | None) -> None:
    made = artifact({"a": "1", "b": "2"}, annotations={"b": "1", "a": "2"}, indent=indent)
    parsed = Manifest.parse(made.manifest.data, made.manifest.media_type)
    assert (parsed.digest == made.digest, parsed.rewritten == made.digest) == (True, indent is None)
