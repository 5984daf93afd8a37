"""The client side of the distribution API, as containers/image speaks it on behalf of CRI-O.

In come the requests of a pull (``conformance.model.answers``), out go the answers of real registries over HTTP, errors
in Go's words. ``push_client`` fills a registry of ours, and has none of that behaviour.
"""

from conformance.registry_client.http_transport import HTTPTransport
from conformance.registry_client.pull_client import PullClient

__all__ = ["HTTPTransport", "PullClient"]
