"""The logins that count, by the node's files and by who asks."""

import os
from pathlib import Path

import pytest

from conformance.node_config import reader

NAME = "team/app"


def test_global_auth_file_is_the_only_one_then(files: Path) -> None:
    (files / "auth.json").write_text('{"auths": {"quay.io": {"auth": "cm9ib3Q6eA=="}}}')
    (files / "crio.conf").write_text(f'[crio.image]\nglobal_auth_file = "{files}/auth.json"\n')
    options = reader.ExplainOptions(
        registries_conf="registries.conf", crio_conf=("crio.conf",), release="1.36", probe=True
    )
    login = reader.read_node_config(options).settings.credentials("quay.io", NAME)
    assert login is not None
    assert login.user == "robot"
    (files / "auth.json").unlink()
    assert reader.read_node_config(options).settings.credentials("quay.io", NAME) is None, "it need not be there"


def test_the_logins_of_another_user_are_not_used(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "config.json").write_text('{"auths": {"quay.io": {"auth": "bWU6eA=="}}}')
    options = reader.ExplainOptions(registries_conf="registries.conf", release="1.36", probe=True)
    env = {"DOCKER_CONFIG": str(files)}
    monkeypatch.setattr(reader, "_home", lambda: files / "home")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert reader.read_node_config(options, env).settings.credentials("quay.io", NAME) is not None
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert reader.read_node_config(options, env).settings.credentials("quay.io", NAME) is None
