from pathlib import Path

import pytest

from conformance.node.find_on_node import find_on_node


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A node's root folder: crio is no program in the first folder, and one in the two others."""
    for folder, mode in (("usr/bin", 0o644), ("bin", 0o755), ("sbin", 0o755)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "crio").touch(mode)
    (tmp_path / "usr/bin/runc").mkdir()
    return tmp_path


def test_a_program_is_in_the_first_folder_that_has_it(root: Path) -> None:
    assert find_on_node("crio", ["/opt", "/usr/bin", "/bin", "/sbin"], root) == Path("/bin/crio")


def test_a_folder_without_a_name_is_the_root(root: Path) -> None:
    (root / "crun").touch(0o755)
    assert find_on_node("crun", ["/bin", ""], root) == Path("/crun")


@pytest.mark.parametrize("name", ["runc", "conmon"])
def test_what_is_no_program_is_not_found(root: Path, name: str) -> None:
    assert find_on_node(name, ["/usr/bin", "/bin"], root) is None
