"""The Docker engine of this machine, or one sentence that says why there is none to be had."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient, get_docker_host

DEFAULT = "unix:///var/run/docker.sock"
NEEDS_ENGINE = "--registries containers needs a Docker engine on this machine"

# The reaper of testcontainers is one more image to pull. Labels do its work here (owner.py).
testcontainers_config.ryuk_disabled = True
testcontainers_config.hub_image_name_prefix = ""


class RegistryContainerError(Exception):
    """Registries cannot be started in containers: one sentence that says why and what to do."""


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """Give a client of the engine that ``DOCKER_HOST`` or Docker's own settings name.

    Raises ``RegistryContainerError`` where there is none, and for every error of the engine in the block.
    """
    address = get_docker_host() or DEFAULT
    if not address.startswith("unix://"):
        msg = f"{NEEDS_ENGINE}, and {address} may be another: let DOCKER_HOST name a socket, as {DEFAULT} does"
        raise RegistryContainerError(msg)
    client = None
    try:
        client = DockerClient().client
        yield client
    except (DockerException, OSError) as error:
        raise RegistryContainerError(_sentence(address.removeprefix("unix://"), error)) from error
    finally:
        if client is not None:
            client.close()


def _sentence(path: str, error: BaseException) -> str:
    """Say what is the matter with the engine whose socket is at ``path``."""
    match _cause(error):
        case FileNotFoundError():
            return f"{NEEDS_ENGINE}, and there is none at {path}: start one, or let DOCKER_HOST name another"
        case PermissionError():
            user = getpass.getuser() if os.geteuid() else "root"
            return f"{NEEDS_ENGINE}, and {user} may not use the one at {path}: it takes root, or the group docker"
        case ConnectionRefusedError():
            return f"{NEEDS_ENGINE}, and nobody answers at {path}: start it, or let DOCKER_HOST name another"
    sentence = " ".join(str(getattr(error, "explanation", None) or error).split())
    return f"{NEEDS_ENGINE}, and the one at {path} answers with an error: {sentence}"


def _cause(error: BaseException | None) -> OSError | None:
    """Find the error of the operating system below those of the libraries, which wrap it in one another."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno is not None:
            return error
        error = error.__cause__ or error.__context__
    return None
