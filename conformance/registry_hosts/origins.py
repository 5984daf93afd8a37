"""Which origins the hosts of this process's internets have: memory, or a real registry (``--registries``)."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

from conformance.registry_client.push_client import PushClient, RegistryAccess
from conformance.registry_hosts.origin import MemoryOrigin, Origin
from conformance.registry_hosts.registry_origin import RegistryOrigin

T = TypeVar("T")


class RunOnLoop(Protocol):
    """Does something on an internet's event loop and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait until the coroutine has ended on that loop; give what it returned, or raise what it raised."""


class OriginFactory(Protocol):
    """Makes the origins of the hosts of one internet, and holds what they share."""

    def make(self) -> Origin:
        """Make the origin of one more host, with nothing in it."""

    async def close(self) -> None:
        """Give up what the origins share; none of them is used after that."""


class MemoryOriginFactory:
    """Origins that hold everything in this process's memory, and share nothing."""

    def __init__(self, do: RunOnLoop) -> None:
        del do

    def make(self) -> Origin:
        """Make an origin in memory, with nothing in it."""
        return MemoryOrigin()

    async def close(self) -> None:
        """Do nothing: memory needs no closing."""


class RegistryOriginFactory:
    """Origins that share one real registry; ``pushed`` remembers which repositories it has already."""

    def __init__(self, access: RegistryAccess, owner: str, pushed: set[str], do: RunOnLoop) -> None:
        self._registry = PushClient(access)
        self._owner, self._pushed, self._do = owner, pushed, do

    def make(self) -> Origin:
        """Make an empty ``RegistryOrigin`` that pushes to the shared registry."""
        return RegistryOrigin(self._registry, self._do, self._owner, self._pushed)

    async def close(self) -> None:
        """Close the connections to the registry, which keeps what was pushed."""
        await self._registry.close()


class _OriginKind:
    """The kind in use in this process."""

    make: Callable[[RunOnLoop], OriginFactory] = MemoryOriginFactory


def make_origins(do: RunOnLoop) -> OriginFactory:
    """Make the origins of a new internet, of the kind in use."""
    return _OriginKind.make(do)


def use_memory_origins() -> None:
    """Let the internets that are made from now on hold everything in memory, as they do by default."""
    _OriginKind.make = MemoryOriginFactory


def use_registry_origins(access: RegistryAccess, owner: str) -> None:
    """Let the internets made from now on keep their content in that registry, below the prefix ``owner``.

    The owner is a word of lower-case letters and digits that no other process uses at the same time.
    """
    _OriginKind.make = partial(RegistryOriginFactory, access, owner, set())
