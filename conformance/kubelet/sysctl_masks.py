"""What a kubelet must not see or change of the machine: covered in the world before one is started there.

A kubelet sets kernel parameters that are everybody's (kubernetes/kubernetes pkg/kubelet/cm/container_manager_linux.go,
``setupKernelTunables``); in the world it finds them as it wants them, in files of ours. It also has huge pages of every
size limited that the kernel has, and where no control group can do that, no container starts; there it finds none.
"""

from pathlib import Path

from conformance.node import World, WorldError

WANTED = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
"""The kernel parameters that a kubelet sets, and to what."""

SYSCTL = Path("/proc/sys")
HUGE_PAGES = Path("/sys/kernel/mm/hugepages")
V1_MEMORY = Path("/sys/fs/cgroup/memory")
V1_HUGE_PAGES = Path("/sys/fs/cgroup/hugetlb")


def mask_sysctls(world: World, folder: Path) -> None:
    """Cover all of it in a world, with files in ``folder``; raises ``WorldError``."""
    for name, value in WANTED.items():
        own = folder / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(f"{value}\n")
        _mount(world, "--bind", str(own), str(SYSCTL / name))
    if HUGE_PAGES.is_dir() and V1_MEMORY.is_dir() and not V1_HUGE_PAGES.is_dir():
        _mount(world, "-t", "tmpfs", "-o", "mode=755,nosuid,nodev", "tmpfs", str(HUGE_PAGES))


def _mount(world: World, *arguments: str) -> None:
    """Mount something in a world, where it stays."""
    command = ["mount", "--no-canonicalize", *arguments]
    process = world.spawn(command, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, "mount.log")
    process.wait()
    status = process.status()
    process.close()
    if status:
        said = [line for line in process.log.read_text().splitlines() if line.startswith("mount: ")]
        raise WorldError(f"{arguments[-1]} cannot be covered for a kubelet: {said[-1] if said else status}")
