"""Logins from authentication files, as CRI-O finds them."""

from pathlib import Path

import pytest

from conformance.model.auth import InvalidAuthFileError
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


@pytest.mark.parametrize("text", ["", "not json", "[]"])
def test_a_file_that_cannot_be_read_fails_what_needs_it(tmp_path: Path, text: str) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text('{"auths": {"quay.io": {"auth": "cm9ib3Q6eA=="}}}')
    (tmp_path / ".dockercfg").write_text(text)
    logins = Logins.of_crio(tmp_path, {})
    assert logins.login("quay.io", NAME) is not None
    with pytest.raises(InvalidAuthFileError):
        logins.login("docker.io", NAME)
    assert logins.unused("docker.io", NAME) == ""
    with pytest.raises(NodeConfigError):
        Logins(tmp_path / ".dockercfg", needed=True)


def test_null_is_a_file_without_logins(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_text("null")
    assert Logins(tmp_path / "auth.json", needed=True).login("quay.io", NAME) is None
