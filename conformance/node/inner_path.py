"""Paths of a node, as they are seen out here below its root folder."""

from pathlib import Path

from conformance.node.node import NodeError


def inner_path(root: Path, path: Path) -> Path:
    """Give a path of a node below its root folder, to be written to from out here.

    Raises ``NodeError`` where a symbolic link is on the way, since it would be followed out here, and not on the node.
    """
    inner = root
    for part in path.relative_to("/").parts:
        inner /= part
        if inner.is_symlink():
            msg = f"{inner} is a symbolic link, which may lead out of the node"
            raise NodeError(msg)
    return inner
