"""A small image of two layers, and how to look into what is built."""

import hashlib
import json
from typing import Any

from conformance.images.builder import (
    Blob,
    Image,
    image,
    layer,
)
from conformance.model.platform import Platform

AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64", "v8")


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parsed(blob: Blob) -> Any:
    return json.loads(blob.data)


def hello(**options: Any) -> Image:
    return image([layer({"hello": "hello\n"}), layer({"etc/motd": b"hi"})], **options)
