"""Which origins the hosts of this process's internets have: memory, or a real registry (``--registries``)."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

from conformance.registry_client.push_client import Access, PushClient
from conformance.registry_hosts.origin import MemoryOrigin, Origin
from conformance.registry_hosts.registry_origin import RegistryOrigin

T = TypeVar("T")


class RunOnLoop(Protocol):
    """Does something on an internet's event loop and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Give what came of it."""


class Origins(Protocol):
    """The origins of one internet."""

    def make(self) -> Origin:
        """Give one more host its origin."""

    async def close(self) -> None:
        """Give up what they share."""


class MemoryOrigins:
    """Origins that hold everything in memory."""

    def __init__(self, do: RunOnLoop) -> None:
        del do

    def make(self) -> Origin:
        """Make an origin with nothing in it."""
        return MemoryOrigin()

    async def close(self) -> None:
        """There is nothing to give up."""


class RegistryOrigins:
    """Origins that share one real registry; ``pushed`` remembers which repositories it has already."""

    def __init__(self, access: Access, owner: str, pushed: set[str], do: RunOnLoop) -> None:
        self._registry = PushClient(access)
        self._owner, self._pushed, self._do = owner, pushed, do

    def make(self) -> Origin:
        """Make an origin with nothing in it."""
        return RegistryOrigin(self._registry, self._do, self._owner, self._pushed)

    async def close(self) -> None:
        """Close the connections to the registry."""
        await self._registry.close()


class _Chosen:
    """The kind in use in this process."""

    make: Callable[[RunOnLoop], Origins] = MemoryOrigins


def make_origins(do: RunOnLoop) -> Origins:
    """Make the origins of a new internet, of the kind in use."""
    return _Chosen.make(do)


def use_memory() -> None:
    """Let the internets that are made from now on hold everything in memory, as they do by default."""
    _Chosen.make = MemoryOrigins


def use_registry(access: Access, owner: str) -> None:
    """Let the internets made from now on keep their content in that registry, below the prefix ``owner``.

    The owner is a word of lower-case letters and digits that no other process uses at the same time.
    """
    _Chosen.make = partial(RegistryOrigins, access, owner, set())
