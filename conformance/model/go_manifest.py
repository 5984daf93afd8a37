"""A manifest as Go writes it once it has read it: what it does not know is gone, and members stand in its order.

Source: opencontainers/image-spec specs-go/v1/manifest.go and descriptor.go; Go encoding/json (``Marshal``).
"""

import json
from collections.abc import Mapping
from typing import Any

_MANIFEST = ("schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations")
_DESCRIPTOR = ("mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType")
_PLATFORM = ("architecture", "os", "os.version", "os.features", "variant")
_ALWAYS: dict[str, Any] = {
    "schemaVersion": 0,
    "config": {},
    "layers": None,
    "mediaType": "",
    "digest": "",
    "size": 0,
    "architecture": "",
    "os": "",
}
"""The members that are written also where they are missing, and what is written then; of a manifest's ``mediaType``,
see ``go_manifest``."""

_ESCAPED = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}
"""Characters that Go writes as escapes."""


def go_manifest(content: Mapping[str, Any]) -> bytes:
    """Give the bytes that Go makes of an image manifest: known members in Go's order, and no blanks."""
    written = _members(content, _MANIFEST)
    if not written["mediaType"]:
        del written["mediaType"]
    written["config"] = _descriptor(written["config"])
    if written["layers"] is not None:
        written["layers"] = [_descriptor(each) for each in written["layers"]]
    if "subject" in written:
        written["subject"] = _descriptor(written["subject"])
    text = json.dumps(written, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPED).encode()


def _descriptor(content: Mapping[str, Any]) -> dict[str, Any]:
    written = _members(content, _DESCRIPTOR)
    if "platform" in written:
        written["platform"] = _members(written["platform"], _PLATFORM)
    return written


def _members(content: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Give the members that Go knows, in its order: empty ones where it says so, maps sorted."""
    written: dict[str, Any] = {}
    for name in known:
        value = content.get(name)
        if value or name in _ALWAYS:
            written[name] = value if value is not None else _ALWAYS[name]
    if "annotations" in written:
        written["annotations"] = dict(sorted(written["annotations"].items()))
    return written
