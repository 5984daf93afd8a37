"""How the well-known registry hosts answer: token service, headers, and their own words for "no".

Each value is what the public service sends to an anonymous client, as seen in the reports that quote it.
"""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """An answer that is no: HTTP status and the error that the body carries (distribution-spec, "Error Codes")."""

    status: int
    code: str
    message: str
    detail: Any = None

    def body(self) -> bytes:
        """Give the body as JSON."""
        error = {"code": self.code, "message": self.message}
        return json.dumps({"errors": [error | ({} if self.detail is None else {"detail": self.detail})]}).encode()


@dataclass(frozen=True, kw_only=True)
class Personality:
    """The manners of one registry host.

    ``servers`` are the names it is reached by, the registry's first. ``realm`` is the URL of its token service (none:
    it asks for no token), ``blobs`` the server it redirects blobs to, ``backend`` a server and path prefix that it
    redirects everything to. ``default_namespace`` comes before names of one component. ``missing`` answers for a
    repository that does not exist or that the caller may not see, ``no_manifest`` for a tag or digest that does not.
    ``token_refused``, where there is one, is what the token service itself says to a caller who may not pull, and
    ``scope_error`` the error that the challenge names when a token is there but does not open the repository.
    """

    name: str
    servers: tuple[str, ...]
    realm: str = ""
    service: str = ""
    blobs: str = ""
    backend: tuple[str, str] = ("", "")
    default_namespace: str = ""
    missing: Refusal
    no_manifest: Refusal
    bad_login: Refusal = Refusal(401, "UNAUTHORIZED", "incorrect username or password")
    token_refused: Refusal | None = None
    scope_error: str = ""

    def repository(self, name: str) -> str:
        """Give the repository's name as the host knows it (``busybox`` is ``library/busybox`` on docker.io)."""
        return f"{self.default_namespace}/{name}" if self.default_namespace and "/" not in name else name


DOCKER_IO = Personality(
    name="docker.io",
    servers=(
        "registry-1.docker.io",
        "auth.docker.io",
        "docker.io",
        "index.docker.io",
        "production.cloudflare.docker.com",
    ),
    realm="https://auth.docker.io/token",
    service="registry.docker.io",
    blobs="production.cloudflare.docker.com",
    default_namespace="library",
    scope_error="insufficient_scope",
    missing=Refusal(401, "UNAUTHORIZED", "authentication required"),
    no_manifest=Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"),
)

QUAY_IO = Personality(
    name="quay.io",
    servers=("quay.io", "cdn01.quay.io"),
    realm="https://quay.io/v2/auth",
    service="quay.io",
    blobs="cdn01.quay.io",
    missing=Refusal(401, "UNAUTHORIZED", "access to the requested resource is not authorized", {}),
    no_manifest=Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown", {}),
    bad_login=Refusal(401, "UNAUTHORIZED", "Invalid Username or Password"),
)

REGISTRY_K8S_IO = Personality(
    name="registry.k8s.io",
    servers=("registry.k8s.io", "us-central1-docker.pkg.dev"),
    backend=("us-central1-docker.pkg.dev", "k8s-artifacts-prod/images/"),
    missing=Refusal(404, "NAME_UNKNOWN", "Repository not found"),
    no_manifest=Refusal(404, "MANIFEST_UNKNOWN", "Failed to fetch the manifest"),
)

GHCR_IO = Personality(
    name="ghcr.io",
    servers=("ghcr.io", "pkg-containers.githubusercontent.com"),
    realm="https://ghcr.io/token",
    service="ghcr.io",
    blobs="pkg-containers.githubusercontent.com",
    missing=Refusal(403, "DENIED", "requested access to the resource is denied"),
    no_manifest=Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    token_refused=Refusal(403, "DENIED", "requested access to the resource is denied"),
)

WELL_KNOWN = {personality.name: personality for personality in (DOCKER_IO, QUAY_IO, REGISTRY_K8S_IO, GHCR_IO)}


def plain(name: str) -> Personality:
    """Give the manners of any other host: the CNCF distribution registry, open to all, 404 for what it lacks."""
    return Personality(
        name=name,
        servers=(name,),
        missing=Refusal(404, "NAME_UNKNOWN", "repository name not known to registry"),
        no_manifest=Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    )
