"""A way around a machine's limits: huge pages that no control group can limit."""

from pathlib import Path

HUGE_PAGES = Path("/sys/kernel/mm/hugepages")
V1 = Path("/sys/fs/cgroup/memory")
CONTROLLER = Path("/sys/fs/cgroup/hugetlb")


def unlimited_huge_pages() -> tuple[str, ...]:
    """Give the folder to hide in a world, if any: a kubelet has every size limited that it finds there.

    Where control groups are of version 1 and the controller ``hugetlb`` is not mounted, the OCI runtime fails at that.
    """
    return (str(HUGE_PAGES),) if HUGE_PAGES.is_dir() and V1.is_dir() and not CONTROLLER.is_dir() else ()
