"""Conformance suite for CRI-O: what a release does with image names, registries, errors and image volumes.

The rooms: ``cri`` talks to the socket, ``world`` isolates, ``runtime`` starts CRI-O, ``internet`` is the registries
around it, ``evidence`` collects what was seen, ``report`` tells it, ``model`` holds the words that need none of these,
and ``suite`` states the behaviour, a file per family.
"""

import os

os.environ.setdefault(
    "GRPC_VERBOSITY", "ERROR"
)  # before gRPC is imported: else it tells of connections that are closed
