"""How the well-known registry hosts answer: token service, headers, and their own words for "no".

Each value is what the public service sends, as its code, its documentation or reports of users quote it, or what we
guess: docs/personalities.md says which, and where.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.registry_hosts.recorder import RequestKind


@dataclass(frozen=True)
class ErrorAnswer:
    """An answer that is no: HTTP status and the error that the body carries (distribution-spec, "Error Codes").

    ``detail`` may be made of what was asked for: a function of the repository's name and the tag or digest, which
    stands in ``message`` for ``{reference}``.
    """

    status: int
    code: str
    message: str
    detail: Any = None

    def asked(self, name: str, reference: str) -> "ErrorAnswer":
        """Give the answer to a request for that repository and tag or digest, its message and detail made of them."""
        detail = self.detail(name, reference) if callable(self.detail) else self.detail
        return replace(self, message=self.message.replace("{reference}", reference), detail=detail)

    def body(self) -> bytes:
        """Give the body: JSON with this one error, and its detail if it has any."""
        error = {"code": self.code, "message": self.message}
        return json.dumps({"errors": [error | ({} if self.detail is None else {"detail": self.detail})]}).encode()


@dataclass(frozen=True, kw_only=True)
class Personality:
    """The behaviour of one registry host.

    ``servers`` are the names it is reached by, the registry's first. ``realm`` is the URL of its token service (none:
    it asks for no token), ``blobs`` the server it redirects blobs to, ``backend`` a server and path prefix that it
    redirects everything to, ``redirect`` the status of that. ``default_namespace`` comes before names of one component.
    ``missing`` answers for a repository that does not exist or that the caller may not see (none: as for one that is
    empty), ``no_manifest``, ``no_blob`` and ``no_tags`` for what a repository does not have.

    ``token_refused``, where there is one, is what the token service itself says to a caller who may not pull,
    ``login_wanted`` what instead to one without a login, where the repository exists, and ``scope_error`` the error
    that the challenge names when a token is there but does not open the repository.
    ``strict`` is a registry that takes nothing but the tokens of its service, and says of others that they are none.
    ``scheme`` is that of the addresses which it sends callers to.
    """

    name: str
    servers: tuple[str, ...]
    realm: str = ""
    service: str = ""
    blobs: str = ""
    backend: tuple[str, str] = ("", "")
    redirect: int = 307
    default_namespace: str = ""
    missing: ErrorAnswer | None = None
    no_manifest: ErrorAnswer
    no_blob: ErrorAnswer = ErrorAnswer(404, "BLOB_UNKNOWN", "blob unknown to registry")
    no_tags: ErrorAnswer = ErrorAnswer(404, "NAME_UNKNOWN", "repository name not known to registry")
    unauthorized: ErrorAnswer = ErrorAnswer(401, "UNAUTHORIZED", "authentication required")
    bad_login: ErrorAnswer = ErrorAnswer(401, "UNAUTHORIZED", "incorrect username or password")
    token_refused: ErrorAnswer | None = None
    login_wanted: ErrorAnswer | None = None
    scope_error: str = ""
    strict: bool = False
    scheme: str = "https"

    def served_at(self, addresses: Mapping[str, str]) -> "Personality":
        """Give the same behaviour of servers that speak plain HTTP at other addresses (``127.0.0.1:5000``), by name."""
        _, _, realm = self.realm.partition("//")
        server, _, path = realm.partition("/")
        return replace(
            self,
            servers=tuple(addresses[each] for each in self.servers),
            realm=f"http://{addresses[server]}/{path}" if self.realm else "",
            blobs=addresses.get(self.blobs, ""),
            backend=(addresses.get(self.backend[0], ""), self.backend[1]),
            scheme="http",
        )

    def absent(self, kind: RequestKind) -> ErrorAnswer:
        """Give the answer about a repository that does not exist, or that the caller may not see."""
        return self.missing or {RequestKind.BLOB: self.no_blob, RequestKind.TAGS: self.no_tags}.get(
            kind, self.no_manifest
        )

    def no_token(self, *, exists: bool, anonymous: bool) -> ErrorAnswer | None:
        """Give what the token service says to who may not pull; none where it gives everybody a token."""
        return self.login_wanted if exists and anonymous and self.login_wanted else self.token_refused

    def repository(self, name: str) -> str:
        """Give the repository's name as the host knows it (``busybox`` is ``library/busybox`` on docker.io)."""
        return f"{self.default_namespace}/{name}" if self.default_namespace and "/" not in name else name


def _access(name: str, _: str) -> list[dict[str, str]] | None:
    """Give the detail of a 401: what access was wanted (docker/distribution registry/auth/auth.go, ``Access``)."""
    return [{"Type": "repository", "Class": "", "Name": name, "Action": "pull"}] if name else None


def _manifest(name: str, reference: str) -> dict[str, str]:
    """Give the detail of a missing manifest (docker/distribution errors.go, ``ErrManifestUnknown``)."""
    return {"Name": name, "Revision": reference} if ":" in reference else {"Tag": reference}


def _blob(_: str, reference: str) -> str:
    """Give the detail of a missing blob, its digest (docker/distribution registry/handlers/blob.go)."""
    return reference


def _name(name: str, _: str) -> dict[str, str]:
    """Give the detail of a missing repository (docker/distribution errors.go, ``ErrRepositoryUnknown``)."""
    return {"name": name}


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
    strict=True,
    unauthorized=ErrorAnswer(401, "UNAUTHORIZED", "authentication required", _access),
    missing=ErrorAnswer(401, "UNAUTHORIZED", "authentication required", _access),
    no_manifest=ErrorAnswer(404, "MANIFEST_UNKNOWN", "manifest unknown", _manifest),
)

QUAY_IO = Personality(
    name="quay.io",
    servers=("quay.io", "cdn01.quay.io"),
    realm="https://quay.io/v2/auth",
    service="quay.io",
    blobs="cdn01.quay.io",
    redirect=302,
    missing=ErrorAnswer(401, "UNAUTHORIZED", "access to the requested resource is not authorized", {}),
    unauthorized=ErrorAnswer(401, "UNAUTHORIZED", "access to the requested resource is not authorized", {}),
    no_manifest=ErrorAnswer(404, "MANIFEST_UNKNOWN", "manifest unknown", {}),
    no_blob=ErrorAnswer(404, "BLOB_UNKNOWN", "blob unknown to registry", {}),
    bad_login=ErrorAnswer(401, "UNAUTHORIZED", "Invalid Username or Password", {}),
)

REGISTRY_K8S_IO = Personality(
    name="registry.k8s.io",
    servers=("registry.k8s.io", "us-central1-docker.pkg.dev"),
    backend=("us-central1-docker.pkg.dev", "k8s-artifacts-prod/images/"),
    no_manifest=ErrorAnswer(404, "MANIFEST_UNKNOWN", 'Failed to fetch "{reference}"'),
)

GHCR_IO = Personality(
    name="ghcr.io",
    servers=("ghcr.io", "pkg-containers.githubusercontent.com"),
    realm="https://ghcr.io/token",
    service="ghcr.io",
    blobs="pkg-containers.githubusercontent.com",
    missing=ErrorAnswer(403, "DENIED", "requested access to the resource is denied"),
    no_manifest=ErrorAnswer(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    bad_login=ErrorAnswer(403, "DENIED", "denied"),
    login_wanted=ErrorAnswer(401, "UNAUTHORIZED", "authentication required"),
    token_refused=ErrorAnswer(403, "DENIED", "requested access to the resource is denied"),
)

WELL_KNOWN = {personality.name: personality for personality in (DOCKER_IO, QUAY_IO, REGISTRY_K8S_IO, GHCR_IO)}


def plain_registry(name: str) -> Personality:
    """Give the behaviour of any other host: the CNCF distribution registry, open to all, 404 for what it lacks.

    As seen of distribution 2.8.2; a test holds it against the registry in a container.
    """
    return Personality(
        name=name,
        servers=(name,),
        no_manifest=ErrorAnswer(404, "MANIFEST_UNKNOWN", "manifest unknown", _manifest),
        no_blob=ErrorAnswer(404, "BLOB_UNKNOWN", "blob unknown to registry", _blob),
        no_tags=ErrorAnswer(404, "NAME_UNKNOWN", "repository name not known to registry", _name),
    )
