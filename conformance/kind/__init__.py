"""A kind cluster whose nodes run CRI-O: made, asked by the suite, and taken away again (docs/kind.md).

``KindTools`` are the programs for it, ``obtain_node_image`` lets the engine have what nodes are made of, a
``KindCluster`` is there as long as it is entered, ``suite_runs`` has the runs of pytest on it.
"""

from conformance.kind.kind_cluster import KindCluster
from conformance.kind.kind_tools import KindError, KindOptionError, KindTools, find_kind, find_kind_tools
from conformance.kind.node_image import NodeImage, obtain_node_image

__all__ = [
    "KindCluster",
    "KindError",
    "KindOptionError",
    "KindTools",
    "NodeImage",
    "find_kind",
    "find_kind_tools",
    "obtain_node_image",
]
