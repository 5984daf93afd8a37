"""The running CRI-Os of one run: one per configuration."""

from collections import OrderedDict
from collections.abc import Callable

from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio

LIMIT = 12
"""How many CRI-Os may run at once; the one not used for longest makes room."""


class Pool:
    """Gives the CRI-O of a configuration, started at its first use; the same configuration, the same CRI-O."""

    def __init__(self, start: Callable[[Configuration], Crio]) -> None:
        self._start = start
        self._running: OrderedDict[Configuration, Crio] = OrderedDict()

    def get(self, configuration: Configuration) -> Crio:
        """Give the CRI-O of that configuration, started if need be."""
        crio = self._running.pop(configuration, None)
        if crio is not None and not crio.process.running:
            crio.close()
            crio = None
        if crio is None:
            while len(self._running) >= LIMIT:
                self._running.popitem(last=False)[1].close()
            crio = self._start(configuration)
        self._running[configuration] = crio
        return crio

    def close(self) -> None:
        """End them all."""
        for crio in self._running.values():
            crio.world.end()
        while self._running:
            self._running.popitem()[1].close()
