"""The client side of the distribution API, as containers/image speaks it on behalf of CRI-O.

In come the questions of a pull (``conformance.model.answers``), out go the answers of real registries over HTTP.
"""

from conformance.distribution.client import RegistryClient
from conformance.distribution.wire import Wire

__all__ = ["RegistryClient", "Wire"]
