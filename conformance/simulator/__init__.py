"""A CRI server that behaves as CRI-O of a release does with images, on the model's rules; it runs no container.

In come CRI calls on a Unix socket, out go requests to registries, and the answers and errors of that release. Pods and
containers are records. A ``Variant`` has other classes in it: one with a single fault shows which cases notice that.
"""

from conformance.simulator.server import SimulatorServer
from conformance.simulator.variant import Variant

__all__ = ["SimulatorServer", "Variant"]
