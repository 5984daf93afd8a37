"""The running runtimes of one run: one per configuration."""

from collections import OrderedDict
from collections.abc import Callable

from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import Runtime

LIMIT = 12
"""How many may run at once; the one not used for longest makes room."""


class Pool:
    """Gives the runtime of a configuration, started at its first use; the same configuration, the same runtime."""

    def __init__(self, start: Callable[[Configuration], Runtime]) -> None:
        self._start = start
        self._running: OrderedDict[Configuration, Runtime] = OrderedDict()

    def get(self, configuration: Configuration) -> Runtime:
        """Give the runtime of that configuration, started if need be."""
        runtime = self._running.pop(configuration, None)
        if runtime is not None and (runtime.dirty or not runtime.running):
            runtime.close()
            runtime = None
        if runtime is None:
            while len(self._running) >= LIMIT:
                self._running.popitem(last=False)[1].close()
            runtime = self._start(configuration)
        self._running[configuration] = runtime
        return runtime

    def close(self) -> None:
        """End all at once, then wait for each until it has."""
        for runtime in self._running.values():
            runtime.end()
        while self._running:
            self._running.popitem()[1].close()
