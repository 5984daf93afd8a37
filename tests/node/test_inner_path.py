from pathlib import Path

import pytest

from conformance.node import NodeError
from conformance.node.inner_path import inner_path


def test_a_path_of_a_node_is_below_its_root(tmp_path: Path) -> None:
    assert inner_path(tmp_path, Path("/run/systemd")) == tmp_path / "run/systemd", "there or not"


@pytest.mark.parametrize("target", ["/etc", "other", "nowhere"])
@pytest.mark.parametrize("link", ["run", "run/systemd"])
def test_a_link_on_the_way_is_not_followed(tmp_path: Path, link: str, target: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(target)
    with pytest.raises(NodeError, match=f"^{tmp_path / link} is a symbolic link, which may lead out of the node$"):
        inner_path(tmp_path, Path("/run/systemd/system"))
