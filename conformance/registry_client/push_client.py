"""A registry that is ours to fill: content is pushed and fetched as one user, without any of the behaviour of pulls.

Source: OCI distribution-spec v1.1, "Pull", "Push" (POST then PUT, "Mounting a blob from another repository"), "Error
Codes".
"""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "*/*",
)
SECONDS = 30.0


@dataclass(frozen=True)
class RegistryAccess:
    """Where a registry is (``http://127.0.0.1:32768``), and the user who may do everything there."""

    url: str
    user: str
    password: str = field(repr=False)


class PushRefusedError(Exception):
    """A registry answered no: ``status``, and the ``code`` and ``message`` of the first error in the body."""

    def __init__(self, asked: str, status: int, body: bytes) -> None:
        self.status = status
        self.code, self.message = _first_error(body)
        said = ": ".join(filter(None, (self.code, self.message)))
        super().__init__(f"{asked} was answered with {status}{f' ({said})' if said else ''}")


class PushUnreachableError(Exception):
    """A registry gave no answer: one sentence that says what happened."""


@dataclass(frozen=True)
class _Answer:
    """An answer that was read to its end."""

    status: int
    media_type: str
    location: str
    body: bytes


class PushClient:
    """A client of one registry, to be used in one event loop.

    Every method raises ``PushRefusedError`` and ``PushUnreachableError``.
    """

    def __init__(self, access: RegistryAccess) -> None:
        self._access = access
        self._session: aiohttp.ClientSession | None = None
        self._holders: dict[str, str] = {}

    async def push_blob(self, repository: str, digest: str, data: bytes) -> None:
        """Store a blob in one piece; one that was pushed to another repository is mounted from there."""
        holder = self._holders.get(digest)
        mount = {"mount": digest, "from": holder} if holder else {}
        begun = await self._ask("POST", f"{repository}/blobs/uploads/", HTTPStatus.ACCEPTED, query=mount)
        if begun.status == HTTPStatus.CREATED:
            return
        # The registry names itself as it sees itself; only the path and its own parameters are of interest.
        where = URL(urlsplit(begun.location)._replace(scheme="", netloc="").geturl(), encoded=True)
        await self._ask("PUT", where.update_query(digest=digest), HTTPStatus.CREATED, data=data)
        self._holders[digest] = repository

    async def push_manifest(self, repository: str, reference: str, media_type: str, data: bytes) -> None:
        """Store a manifest under a tag or its digest."""
        path = f"{repository}/manifests/{reference}"
        await self._ask("PUT", path, HTTPStatus.CREATED, data=data, headers={"Content-Type": media_type})

    async def manifest(self, repository: str, reference: str) -> tuple[str, bytes] | None:
        """Give the media type and the bytes of a manifest; none where the registry has none."""
        headers = {"Accept": ", ".join(MANIFEST_TYPES)}
        answer = await self._ask("GET", f"{repository}/manifests/{reference}", HTTPStatus.OK, headers=headers)
        return None if answer.status == HTTPStatus.NOT_FOUND else (answer.media_type, answer.body)

    async def blob(self, repository: str, digest: str) -> bytes | None:
        """Give the bytes of a blob; none where the registry has none."""
        answer = await self._ask("GET", f"{repository}/blobs/{digest}", HTTPStatus.OK)
        return None if answer.status == HTTPStatus.NOT_FOUND else answer.body

    async def tags(self, repository: str) -> list[str]:
        """Give the tags of a repository, sorted; a repository that holds nothing has none."""
        answer = await self._ask("GET", f"{repository}/tags/list", HTTPStatus.OK)
        return [] if answer.status == HTTPStatus.NOT_FOUND else sorted(json.loads(answer.body).get("tags") or [])

    async def _ask(
        self,
        method: str,
        path: str | URL,
        expected: HTTPStatus,
        *,
        query: dict[str, str] | None = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> _Answer:
        """Make a request; what GET does not find is an answer, and so is a blob that needs no sending."""
        url = path if isinstance(path, URL) else URL(f"/v2/{path}", encoded=True).with_query(query or {})
        fine = {expected, HTTPStatus.NOT_FOUND} if method == "GET" else {expected, HTTPStatus.CREATED}
        async with self._request(method, url, data=data, headers=headers) as response:
            body = await response.read()
        if response.status not in fine:
            raise PushRefusedError(f"{method} {url.path}", response.status, body)
        return _Answer(response.status, response.content_type, response.headers.get("Location", ""), body)

    @asynccontextmanager
    async def _request(self, method: str, url: URL, **sent: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            login = b64encode(f"{self._access.user}:{self._access.password}".encode()).decode()
            self._session = aiohttp.ClientSession(
                self._access.url,
                headers={"Authorization": f"Basic {login}"},
                timeout=aiohttp.ClientTimeout(total=SECONDS),
            )
        try:
            async with self._session.request(method, url, **sent) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            msg = f"{method} {url.path} was not answered: {error or type(error).__name__}"
            raise PushUnreachableError(msg) from error

    async def close(self) -> None:
        """Close the connections; the client cannot be used any more."""
        if self._session is not None:
            await self._session.close()


def _first_error(body: bytes) -> tuple[str, str]:
    """Give code and message of the first error in a body; nothing where it is not of the distribution-spec's form."""
    try:
        error = json.loads(body)["errors"][0]
        return str(error["code"]), str(error["message"])
    except (ValueError, LookupError, TypeError):
        return "", ""
