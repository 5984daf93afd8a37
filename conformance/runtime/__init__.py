"""Where the runtime comes from, how it is configured and started, and the face that cases see.

In come a ``--runtime`` value and a ``Configuration``; out comes a running CRI-O in a world of its own, that pulls, is
asked for images and runs pods, each with the evidence of it.
"""

from conformance.runtime.configuration import Configuration
from conformance.runtime.crio import Crio, RuntimeFailure
from conformance.runtime.installation import Installation, NoRuntime, find
from conformance.runtime.pods import Container, Pod, Start, Walk
from conformance.runtime.pool import Pool
from conformance.runtime.pull import Pull, StoredImage

__all__ = [
    "Configuration",
    "Container",
    "Crio",
    "Installation",
    "NoRuntime",
    "Pod",
    "Pool",
    "Pull",
    "RuntimeFailure",
    "Start",
    "StoredImage",
    "Walk",
    "find",
]
