"""What any runtime needs in its world: the names of the internet, a home, and an authority to trust."""

import platform

from conformance.node import World
from conformance.registry_hosts import Internet
from conformance.registry_hosts.internet import authority

TMPFS_USER_XATTRS = (6, 6)
"""Linux release from which an overlay of an ordinary user can lie on a tmpfs."""


def write_world_files(world: World, internet: Internet) -> dict[str, str]:
    """Write the files, and give the environment that points at them."""
    with (world.etc / "hosts").open("a") as hosts:
        hosts.write(internet.hosts_file)
    authority().cert_pem.write_to_path(str(world.folder / "authority.pem"))
    (world.folder / "home").mkdir()
    return {"HOME": str(world.folder / "home"), "SSL_CERT_FILE": str(world.folder / "authority.pem")}


def storage_driver(*, root: bool) -> str:
    """Name the driver of containers/storage that works in a world, of root or not: ``overlay``, or ``vfs``."""
    linux = tuple(int(part) for part in platform.release().split(".")[:2] if part.isdigit())
    return "overlay" if root or linux >= TMPFS_USER_XATTRS else "vfs"
