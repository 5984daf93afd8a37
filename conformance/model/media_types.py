"""The media types of manifests and configs, and which one counts for a manifest that a registry gave.

Source: containers/image docker/docker_image_src.go (``simplifyContentType``), internal/manifest/manifest.go
(``NormalizedMIMEType``).
"""

import re

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
SIGNED_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"

INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
IMAGE_CONFIGS = frozenset({"", OCI_CONFIG, DOCKER_CONFIG})
"""The media types that the config of a container image may have."""

_MANIFESTS = {OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST, SCHEMA_1, SIGNED_SCHEMA_1}
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 (RFC 9110's word, no secret)
_CONTENT_TYPE = re.compile(
    rf'\s*({_TOKEN}(?:/{_TOKEN})?)\s*((?:;\s*{_TOKEN}\s*=\s*(?:{_TOKEN}|"(?:[^"\\]|\\.)*")\s*)*);?\s*'
)


def media_type_of(content_type: str) -> str:
    """Give the media type that a manifest is read as, by the header ``Content-Type`` alone (Go ``mime``).

    What is no type that a manifest has, ``application/json`` and no header at all included, is read as Docker's
    schema 1.
    """
    match = _CONTENT_TYPE.fullmatch(content_type)
    named = match[1].lower() if match else ""
    return named if named in _MANIFESTS else SIGNED_SCHEMA_1
