"""A CRI server that behaves as CRI-O of a release does with images, on the model's rules; it runs no container.

In come CRI calls on a Unix socket, out go questions to registries, and the answers and errors of that release. Pods and
containers are records. ``Variant`` puts a piece of another make in: a simulator with one fault shows which case tells.
"""

from conformance.simulator.server import SimulatorServer
from conformance.simulator.variant import Variant

__all__ = ["SimulatorServer", "Variant"]
