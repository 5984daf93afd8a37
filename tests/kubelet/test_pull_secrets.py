import base64
import json

import pytest

from conformance.kubelet.pull_secrets import is_shown_for, pull_secret
from conformance.model.answers import Login


def test_a_secret_holds_the_login_of_its_registry_alone() -> None:
    secret = pull_secret("mine", Login("robot", "pass:word", "quay.io"))
    assert (secret["kind"], secret["type"], secret["metadata"]) == (
        "Secret",
        "kubernetes.io/dockerconfigjson",
        {"name": "mine"},
    )
    ((registry, entry),) = json.loads(secret["stringData"][".dockerconfigjson"])["auths"].items()
    assert (registry, base64.b64decode(entry["auth"])) == ("quay.io", b"robot:pass:word")


@pytest.mark.parametrize(
    ("server", "image", "shown"),
    [
        ("quay.io", "quay.io/team/app", True),
        ("quay.io", "quay.io/team/app:1", True),
        ("quay.io", "docker.io/team/app", False),
        ("quay.io", "team/app", False),
        ("docker.io", "team/app", True),
        ("docker.io", "app", True),
        ("docker.io", "docker.io/team/app", True),
        ("docker.io", "quay.io/team/app", False),
        ("registry.example:5000", "registry.example:5000/app", True),
        ("registry.example", "registry.example:5000/app", False),
        ("docker.io", "Team/App", False),
    ],
)
def test_a_name_without_a_registry_is_docker_ios(server: str, image: str, shown: bool) -> None:
    assert is_shown_for(Login("robot", "x", server), image) is shown
