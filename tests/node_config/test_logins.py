"""Logins from authentication files, as CRI-O finds them."""

from pathlib import Path

import pytest

from conformance.node_config.logins import Logins
from conformance.node_config.node_config import NodeConfigError

NAME = "team/app"


def test_crio_s_logins_are_root_s(tmp_path: Path) -> None:
    own = tmp_path / ".config" / "containers" / "auth.json"
    own.parent.mkdir(parents=True)
    own.write_text('{"auths": {"quay.io/team": {"auth": "cm9ib3Q6eA=="}}}')
    (tmp_path / "containers").mkdir()
    (tmp_path / "containers" / "auth.json").write_text('{"auths": {"quay.io": {"auth": "bWU6eA=="}, "docker.io": 1}}')
    logins = Logins.of_crio(tmp_path, {"XDG_RUNTIME_DIR": str(tmp_path)})
    login = logins.login("quay.io", NAME)
    assert login is not None
    assert (login.user, login.server) == ("robot", "quay.io")
    assert logins.login("quay.io", "other/app") is None
    assert logins.login("docker.io", NAME) is None
    own.write_text("not json")
    with pytest.raises(NodeConfigError):
        Logins.of_crio(tmp_path, {})
