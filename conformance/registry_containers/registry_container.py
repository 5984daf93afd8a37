"""A registry in a container of its own, published on loopback."""

import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self, cast

import bcrypt
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from conformance.registry_client.push_client import RegistryAccess
from conformance.registry_containers.engine import RegistryContainerError, engine
from conformance.registry_containers.owner import owner_labels, remove_container, remove_leftover_containers
from conformance.registry_containers.registry_image import BASE, BASE_VARIABLE, ensure_image

FOLDER = "/etc/conformance"
PORT = 5000
LOOPBACK = "127.0.0.1"
STORAGE = "/var/lib/registry"
POLL_SECONDS = 0.02
READY_SECONDS = 30
HASH_ROUNDS = 4
"""The least that bcrypt has: every request pays for it, and nobody guesses a password of 256 random bits."""


class RegistryContainer:
    """A registry that answers when this is made, and is gone after ``close``; content lives in memory (tmpfs).

    ``way`` names a configuration in ``fixtures/registry/``: ``htpasswd``, ``open`` or ``token``. ``files`` are put
    into the container's folder ``/etc/conformance`` before it starts. ``url`` is where it is, ``version`` what it says
    it is. What processes that are no more left is removed first. Raises ``RegistryContainerError``.
    """

    def __init__(self, way: str, files: Mapping[str, bytes] | None = None, base: str = BASE) -> None:
        self.name = f"crio-conformance-{secrets.token_hex(6)}"
        with engine() as client:
            remove_leftover_containers(client)
            self.image = ensure_image(client, base)
            container = DockerContainer(self.image, name=self.name, labels=owner_labels())
            try:
                self.url, self.version = self._start(container, way, files or {})
            except BaseException:
                remove_container(client, self.name)
                raise
            finally:
                container.get_docker_client().client.close()

    def _start(self, container: DockerContainer, way: str, files: Mapping[str, bytes]) -> tuple[str, str]:
        """Start it and wait for its first answer; give its address and version."""
        port = f"{PORT}/tcp"
        cast("dict[str, Any]", container.ports)[port] = (LOOPBACK, None)  # any free port
        container.with_command(f"{FOLDER}/{way}.yml").with_tmpfs_mount(STORAGE)
        container.with_env("REGISTRY_HTTP_SECRET", secrets.token_hex())
        for name, content in files.items():
            container.with_copy_into_container(content, f"{FOLDER}/{name}")
        container.waiting_for(_FirstAnswer().with_poll_interval(POLL_SECONDS).with_startup_timeout(READY_SECONDS))
        container.start()
        said = container.exec(["registry", "--version"]).output.decode(errors="replace").split()
        return _url(container), said[-1] if said else "of no known version"

    def close(self) -> None:
        """Remove it; where the engine has gone, whoever asks for registries next removes it."""
        with suppress(RegistryContainerError), engine() as client:
            remove_container(client, self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RegistryOfTheRun(RegistryContainer):
    """The registry of one run, which only that run has the login of: ``access``.

    It is built from ``base``, else from what ``CRIO_CONFORMANCE_REGISTRY_BASE`` names, else from the public image.
    """

    def __init__(self, base: str | None = None) -> None:
        user, password = "conformance", secrets.token_urlsafe(32)
        line = f"{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(HASH_ROUNDS)).decode()}\n"
        super().__init__("htpasswd", {"htpasswd": line.encode()}, base or os.environ.get(BASE_VARIABLE) or BASE)
        self.access = RegistryAccess(self.url, user, password)

    @property
    def title(self) -> str:
        """The program, its version, the container and the URL, in a line for the head of a run."""
        return f"registries: CNCF distribution {self.version} in the container {self.name}, {self.url}"


class _FirstAnswer(WaitStrategy):
    """Waits until the registry answers by HTTP, yes or no, or has ended."""

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Ask for ``/v2/`` until it answers; raises ``RegistryContainerError`` with the last line of its log."""
        registry = cast("DockerContainer", container)
        if not self._poll(lambda: _ended(registry) or _answers(_url(registry))) or _ended(registry):
            lines = registry.get_wrapped_container().logs().decode(errors="replace").splitlines()
            msg = f"the registry in the container does not answer: {lines[-1] if lines else 'its log is empty'}"
            raise RegistryContainerError(msg)


def _ended(container: DockerContainer) -> bool:
    container.reload()
    return container.status == "exited"


def _url(container: DockerContainer) -> str:
    return f"http://{LOOPBACK}:{container.get_docker_client().port(container.get_container_id(), PORT)}"


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/v2/", timeout=READY_SECONDS).close()  # noqa: S310 (our own http address)
    except urllib.error.HTTPError as error:
        error.close()  # it wants a login: that is an answer
    except (OSError, urllib.error.URLError):
        return False
    return True
