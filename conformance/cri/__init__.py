"""A small typed face on a CRI socket: one client per connection, one exception class, every call recorded.

In come CRI requests, out go CRI responses or a ``CRIError`` with what its text says. The stubs in ``v1`` are generated
from ``protos/cri/`` when the package is built or installed.
"""

from conformance.cri.client import Call, Client
from conformance.cri.errors import CallError, CRIError

__all__ = ["CRIError", "Call", "CallError", "Client"]
