"""What a kubelet finds of the machine in a world: seen and written from inside."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.kubelet import sysctl_masks as cover_module
from conformance.kubelet.sysctl_masks import SYSCTL, WANTED, mask_sysctls
from conformance.node import NodeError, World
from tests.node.world_traces import PYTHON_HOME, run

pytestmark = [
    pytest.mark.usefixtures("namespaces", "own_tmpdir"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root's kubelet is started, since only root has containers"),
]


@pytest.fixture
def here(tmp_path: Path, own_tmpdir: Path) -> Iterator[World]:
    del own_tmpdir
    with World(visible=[PYTHON_HOME, tmp_path]) as living:
        yield living


def machine() -> dict[str, str]:
    """Give the machine's kernel parameters that a kubelet sets."""
    return {name: (SYSCTL / name).read_text() for name in WANTED}


def write(name: str) -> str:
    """Give a script that writes a kernel parameter, unless that would be the machine's: it must be a mount."""
    return f"grep -q ' {SYSCTL}/{name} ' /proc/self/mountinfo || exit; echo 77 > {SYSCTL}/{name}"


def test_inside_the_kernel_parameters_are_as_a_kubelet_wants_them(here: World) -> None:
    mask_sysctls(here, here.folder / "sysctl")
    printed = run(here, "sh", "-c", "cd /proc/sys && grep -r . " + " ".join(WANTED))
    assert dict(line.split(":") for line in printed.splitlines()) == {
        name: str(value) for name, value in WANTED.items()
    }
    assert run(here, "cat", "/proc/sys/kernel/panic", "/proc/sys/vm/overcommit_memory", log="two") == "10\n1\n"


def test_what_is_written_inside_stays_inside(here: World) -> None:
    before = machine()
    mask_sysctls(here, here.folder / "sysctl")
    assert machine() == before
    script = "".join(f"{write(name)}; cat {SYSCTL}/{name}\n" for name in WANTED)
    assert run(here, "sh", "-c", script) == "77\n" * len(WANTED)
    assert machine() == before


def test_a_second_kubelet_in_the_same_world_is_covered_as_well(here: World) -> None:
    mask_sysctls(here, here.folder / "sysctl")
    run(here, "sh", "-c", write("kernel/panic"))
    mask_sysctls(here, here.folder / "sysctl")
    assert run(here, "cat", "/proc/sys/kernel/panic") == "10\n"


def test_a_mount_that_fails_is_told_in_one_sentence(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover_module, "SYSCTL", Path("/nowhere"))
    with pytest.raises(NodeError) as caught:
        mask_sysctls(here, here.folder / "sysctl")
    assert str(caught.value) == (
        "/nowhere/vm/overcommit_memory cannot be covered for a kubelet:"
        " mount: /nowhere/vm/overcommit_memory: mount point does not exist."
    )


# Huge pages


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        pytest.param("hugepages memory", "", id="hidden where nothing can limit them"),
        pytest.param("hugepages memory hugetlb", "hugepages-2048kB\n", id="shown with a hugetlb hierarchy"),
        pytest.param("hugepages", "hugepages-2048kB\n", id="shown where control groups are of version 2"),
        pytest.param("memory", None, id="nothing to hide"),
    ],
)
def test_huge_pages_are_hidden_only_where_no_container_would_start(
    here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, shown: str | None
) -> None:
    for name in there.split():
        (tmp_path / name).mkdir()
    for constant, name in (("HUGE_PAGES", "hugepages"), ("V1_MEMORY", "memory"), ("V1_HUGE_PAGES", "hugetlb")):
        monkeypatch.setattr(cover_module, constant, tmp_path / name)
    if shown is not None:
        (tmp_path / "hugepages" / "hugepages-2048kB").mkdir()
    mask_sysctls(here, here.folder / "sysctl")
    if shown is None:
        assert not (tmp_path / "hugepages").exists()
    else:
        assert run(here, "ls", str(tmp_path / "hugepages")) == shown
        assert [each.name for each in (tmp_path / "hugepages").iterdir()] == ["hugepages-2048kB"], "out here as ever"
