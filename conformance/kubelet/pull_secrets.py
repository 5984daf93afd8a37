"""Image pull secrets: what a pod's author stores, and for which images a kubelet uses it.

Source: kubernetes/kubernetes pkg/credentialprovider/keyring.go (``BasicDockerKeyring.Lookup``), which reads a name by
Docker's convention: one without a registry is docker.io's, whatever registries the runtime goes on to.
"""

import base64
import json
from typing import Any

from conformance.model.answers import Login
from conformance.model.reference import InvalidReferenceError, parse_as_docker

TYPE = "kubernetes.io/dockerconfigjson"


def pull_secret(name: str, login: Login) -> dict[str, Any]:
    """Give the manifest of a secret with a login (core/v1 Secret, containers-auth.json(5))."""
    pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    config = {"auths": {login.server: {"auth": pair}}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": TYPE,
        "metadata": {"name": name},
        "stringData": {".dockerconfigjson": json.dumps(config)},
    }


def is_shown_for(login: Login, image: str) -> bool:
    """Tell whether a kubelet gives the runtime a pod's login when that is to pull an image."""
    try:
        return parse_as_docker(image).domain == login.server
    except InvalidReferenceError:
        return False
