"""A world: a node that we made of private namespaces, with one runtime in it.

In comes what must stay visible inside; out go listening sockets, processes and a folder that both sides see. Nothing
outside the world is touched, and all of it ends when the run does, however that ends.
"""

from conformance.node.folders import sweep_worlds
from conformance.node.world import World, WorldError
from conformance.node.world_process import Process

__all__ = ["Process", "World", "WorldError", "sweep_worlds"]
