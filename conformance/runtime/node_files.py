"""What any runtime needs on its node: the names of the internet, a home, and an authority to trust."""

import platform

from conformance.node import Node
from conformance.registry_hosts import Internet
from conformance.registry_hosts.internet import authority

TMPFS_USER_XATTRS = (6, 6)
"""Linux release from which an overlay of an ordinary user can lie on a tmpfs."""


def write_node_files(node: Node, internet: Internet) -> dict[str, str]:
    """Write the files, and give the environment that points at them."""
    with (node.etc / "hosts").open("a") as hosts:
        hosts.write(internet.hosts_file)
    authority().cert_pem.write_to_path(str(node.folder / "authority.pem"))
    (node.folder / "home").mkdir()
    return {"HOME": str(node.folder / "home"), "SSL_CERT_FILE": str(node.folder / "authority.pem")}


def storage_driver(*, root: bool) -> str:
    """Name the driver of containers/storage that works on a node, of root or not: ``overlay``, or ``vfs``."""
    linux = tuple(int(part) for part in platform.release().split(".")[:2] if part.isdigit())
    return "overlay" if root or linux >= TMPFS_USER_XATTRS else "vfs"
