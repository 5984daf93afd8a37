"""Nodes: the machines that runtimes run on. A world is one that we made of private namespaces.

In comes what must stay visible inside; out go listening sockets, processes and a folder that both sides see
(``node.py`` is the face of every node). Nothing outside a world is touched, and all of it ends when the run does,
however that ends; a node container is somebody else's, is taken over for a run, and given back.
"""

from conformance.node.folders import sweep_worlds
from conformance.node.node import Node, NodeError, ServiceError
from conformance.node.node_process import Process
from conformance.node.world import World, WorldError

__all__ = ["Node", "NodeError", "Process", "ServiceError", "World", "WorldError", "sweep_worlds"]
