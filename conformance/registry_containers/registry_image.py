"""The image that registry containers are made from."""

import hashlib
from pathlib import Path

import docker
from docker.errors import BuildError, DockerException, ImageNotFound
from testcontainers.core.image import DockerImage

from conformance.registry_containers.engine import RegistryContainerError

BASE = "docker.io/library/registry:2"
BASE_VARIABLE = "CRIO_CONFORMANCE_REGISTRY_BASE"
NAME = "crio-conformance/registry"


def fixtures_folder() -> Path:
    """Give the folder with Dockerfile and configurations: in the package, or in the repository that it lies in."""
    packaged = Path(__file__).parent / "fixtures"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "fixtures" / "registry"


def ensure_image(client: docker.DockerClient, base: str) -> str:
    """Give the name of the image, built from ``base`` unless it is there.

    Raises ``RegistryContainerError``, and Docker's own errors.
    """
    tag = f"{NAME}:{_fingerprint(client, base)}"
    try:
        client.images.get(tag)
    except ImageNotFound:
        _build(tag, base)
    return tag


def _fingerprint(client: docker.DockerClient, base: str) -> str:
    """Give a name for what the image is made of, so that it is built anew when that changes."""
    try:
        found = str(client.images.get(base).id)
    except ImageNotFound:
        found = ""
    made_of = [each.read_bytes() for each in sorted(fixtures_folder().iterdir())]
    return hashlib.sha256(b"\0".join([base.encode(), found.encode(), *made_of])).hexdigest()[:12]


def _build(tag: str, base: str) -> None:
    image = DockerImage(fixtures_folder(), tag=tag, clean_up=False, buildargs={"BASE": base}, forcerm=True)
    try:
        image.build()
    except (BuildError, DockerException) as error:
        sentence = " ".join(str(error).split())
        msg = (
            f"the image of the registry cannot be built from {base}: {sentence}; name another base, an image that has"
            f" the program on PATH as registry, with --registry-base or {BASE_VARIABLE}"
        )
        raise RegistryContainerError(msg) from error
    finally:
        image.get_docker_client().client.close()
