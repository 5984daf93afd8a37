"""What is recorded of an exchange besides its facts: headers that matter, and what content is, in words."""

import json

from aiohttp import web

from conformance.images.builder import Blob
from conformance.registry_hosts.recorder import HEADERS

PLATFORM_PARTS = ("os", "architecture", "variant")


def telling_headers(request: web.Request) -> dict[str, str]:
    """Give the headers that matter; of credentials only their kind, ``Basic`` or ``Bearer``."""
    found = {name: ", ".join(request.headers.getall(name)) for name in HEADERS if name in request.headers}
    if "authorization" in found:
        kind, space, _ = found["authorization"].partition(" ")
        found["authorization"] = kind if space else "?"
    return found


async def without_empty_type(_: web.Request, response: web.StreamResponse) -> None:
    """Leave ``Content-Type`` away where it is empty; aiohttp would put one of its own in the place of none."""
    if not response.headers.get("Content-Type", "?"):
        del response.headers["Content-Type"]


def describe_manifest(manifest: Blob) -> str:
    """Say what a manifest is: an image, an index and the platforms it is for, or neither."""
    try:
        children = json.loads(manifest.data).get("manifests")
        if children is None:
            return "an image"
        platforms = [child.get("platform") or {} for child in children]
        return "an index for " + ", ".join("/".join(filter(None, map(each.get, PLATFORM_PARTS))) for each in platforms)
    except (AttributeError, RecursionError, TypeError, ValueError):  # whatever it is, it goes out as it is
        return "neither an image nor an index"


def describe_alteration(content: Blob, data: bytes) -> str:
    """Say so when what leaves is not what is stored."""
    return "" if data == content.data else ", altered"
