"""What a kubelet must not see or change of the machine: covered on the node before one is started there.

A kubelet sets kernel parameters that are everybody's (kubernetes/kubernetes pkg/kubelet/cm/container_manager_linux.go,
``setupKernelTunables``); there it finds them as it wants them, in files of ours. It also has huge pages of every
size limited that the kernel has, and where no control group can do that, no container starts; there it finds none.
"""

from pathlib import Path

from conformance.node import Node, NodeError

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


def mask_sysctls(node: Node, folder: Path) -> None:
    """Cover all of it on a node, with files in ``folder``; raises ``NodeError``."""
    for name, value in WANTED.items():
        own = folder / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(f"{value}\n")
        _mount(node, "--bind", str(own), str(SYSCTL / name))
    if HUGE_PAGES.is_dir() and V1_MEMORY.is_dir() and not V1_HUGE_PAGES.is_dir():
        _mount(node, "-t", "tmpfs", "-o", "mode=755,nosuid,nodev", "tmpfs", str(HUGE_PAGES))


def _mount(node: Node, *arguments: str) -> None:
    """Mount something on a node, where it stays."""
    command = ["mount", "--no-canonicalize", *arguments]
    process = node.spawn(command, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, "mount.log")
    process.wait()
    status = process.status()
    process.close()
    if status:
        said = [line for line in process.log.read_text().splitlines() if line.startswith("mount: ")]
        raise NodeError(f"{arguments[-1]} cannot be covered for a kubelet: {said[-1] if said else status}")
