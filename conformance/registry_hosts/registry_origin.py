"""An origin whose content lies in a real registry: what a host serves was pushed there, and is fetched each time."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from conformance.images.builder import Blob, Content
from conformance.registry_client.push_client import PushClient, PushRefusedError, PushUnreachableError
from conformance.registry_hosts.origin import OfferRefusedError, Origin, OriginError

BLOB_TYPE = "application/octet-stream"
NOTHING = "nothing"
"""Where repositories lie to which nothing was pushed: they are asked for, too."""

Offer = tuple[Content, tuple[str, ...]]
"""Content, and the tags that point at it."""


class RegistryOrigin(Origin):
    """The repositories of one host, in a registry that many hosts share.

    A repository lies below a prefix made of what was pushed to it, in which order. So a case that offers what another
    one did finds it there (``pushed`` remembers that), and none finds what it did not offer: nothing is ever deleted.
    ``do`` does something on the registry's event loop and waits for it; all prefixes begin with ``owner``.
    """

    def __init__(
        self, registry: PushClient, do: Callable[[Coroutine[Any, Any, None]], None], owner: str, pushed: set[str]
    ) -> None:
        super().__init__()
        self._registry = registry
        self._do = do
        self._owner = owner
        self._pushed = pushed
        self._offers: dict[str, list[Offer]] = {}
        self._paths: dict[str, str] = {}

    def store(self, name: str, content: Content, tags: tuple[str, ...]) -> None:
        """Push content, unless the registry has a repository to which just that was pushed."""
        offers = [*self._offers.get(name, ()), (content, tags)]
        path = f"{self._owner}/{_fingerprint(offers)}/{name}"
        if path not in self._pushed:
            self._do(self._push(path, offers))
            self._pushed.add(path)
        self._offers[name], self._paths[name] = offers, path
        super().store(name, content, tags)

    async def _push(self, path: str, offers: list[Offer]) -> None:
        """Push blobs, then the manifests that name them, the tags last."""
        blobs = dict.fromkeys(blob for content, _ in offers for blob in content.blobs())
        async with _failures():
            await asyncio.gather(*(self._registry.push_blob(path, each.digest, each.data) for each in blobs))
            for content, tags in offers:
                for each in content.manifests():
                    names = tags if each.digest == content.digest else ()
                    for reference in names or (each.digest,):
                        await self._registry.push_manifest(path, reference, each.media_type, each.data)

    async def manifest(self, name: str, reference: str) -> Blob | None:
        """Fetch a manifest; a tag is resolved there."""
        async with _failures():
            found = await self._registry.manifest(self._path(name), reference)
        return found and Blob(*found)

    async def blob(self, name: str, digest: str) -> Blob | None:
        """Fetch a blob; of its media type the registry says nothing."""
        async with _failures():
            found = await self._registry.blob(self._path(name), digest)
        return None if found is None else Blob(BLOB_TYPE, found)

    async def tags(self, name: str) -> list[str]:
        """Fetch the tags, sorted; a repository to which nothing was pushed has none."""
        async with _failures():
            return await self._registry.tags(self._path(name))

    def clear(self) -> None:
        """Forget everything: what was pushed stays, where nobody looks who did not push the same."""
        super().clear()
        self._offers.clear()
        self._paths.clear()

    def _path(self, name: str) -> str:
        """Give a repository's name in the registry."""
        return self._paths.get(name, f"{self._owner}/{NOTHING}/{name}")


def _fingerprint(offers: list[Offer]) -> str:
    """Give a name for what is pushed, in its order."""
    described = [
        ([(each.digest, each.media_type) for each in (*content.manifests(), *content.blobs())], tags)
        for content, tags in offers
    ]
    return hashlib.sha256(repr(described).encode()).hexdigest()[:16]


def _is_unread_manifest(error: PushRefusedError) -> bool:
    """Tell whether a registry trips over a manifest: distribution 2.8 says so of one with half a digest."""
    unknown = error.status == HTTPStatus.INTERNAL_SERVER_ERROR and error.code == "UNKNOWN"
    return unknown and "/manifests/" in str(error)


@asynccontextmanager
async def _failures() -> AsyncIterator[None]:
    """Raise what a registry answers as the errors of an origin."""
    try:
        yield
    except PushRefusedError as error:
        if error.status == HTTPStatus.BAD_REQUEST or _is_unread_manifest(error):
            msg = f"the registry in the container does not take what this case offers: {error.code}, {error.message}"
            raise OfferRefusedError(msg) from error
        raise OriginError(f"the registry in the container: {error}") from error
    except PushUnreachableError as error:
        raise OriginError(f"the registry in the container: {error}") from error
