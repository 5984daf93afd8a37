"""The world's own ``/etc``: the few files that programs and the C library need, and nothing of the host's settings."""

import shutil
from pathlib import Path

HOST_FILES = ("passwd", "group", "ld.so.cache", "localtime", "machine-id", "os-release", "protocols", "services")
RESOLVER = "127.0.0.1"
"""Address of the world's name server, UDP port 53."""


def write_etc(folder: Path) -> None:
    """Write a world's ``/etc`` into ``folder``: the host's users and libraries, no host names."""
    folder.mkdir()
    for name in HOST_FILES:
        source = Path("/etc", name)
        if source.exists():
            shutil.copyfile(source, folder / name)
    (folder / "mtab").symlink_to("/proc/self/mounts")
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    (folder / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    (folder / "containers").mkdir()
