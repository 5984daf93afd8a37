"""The image that registry containers are made from."""

import hashlib
from pathlib import Path

import docker
from docker.errors import BuildError, DockerException, ImageNotFound
from testcontainers.core.image import DockerImage

import conformance
from conformance.registry_containers.engine import NoRegistries

BASE = "docker.io/library/registry:2"
BASE_VARIABLE = "CRIO_CONFORMANCE_REGISTRY_BASE"
NAME = "crio-conformance/registry"


def fixtures() -> Path:
    """Give the folder with Dockerfile and configurations: in the package, or in the repository that it lies in."""
    packaged = Path(conformance.__file__).parent / "registries" / "fixtures"
    return packaged if packaged.is_dir() else packaged.parents[2] / "fixtures" / "registry"


def ensure(client: docker.DockerClient, base: str) -> str:
    """Give the name of the image, built from ``base`` unless it is there; raises ``NoRegistries``, Docker's errors."""
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
    made_of = [each.read_bytes() for each in sorted(fixtures().iterdir())]
    return hashlib.sha256(b"\0".join([base.encode(), found.encode(), *made_of])).hexdigest()[:12]


def _build(tag: str, base: str) -> None:
    """Build the image."""
    image = DockerImage(fixtures(), tag=tag, clean_up=False, buildargs={"BASE": base}, forcerm=True)
    try:
        image.build()
    except (BuildError, DockerException) as error:
        told = " ".join(str(error).split())
        msg = (
            f"the image of the registry cannot be built from {base}: {told}; name another base, an image that has the"
            f" program on PATH as registry, with --registry-base or {BASE_VARIABLE}"
        )
        raise NoRegistries(msg) from error
    finally:
        image.get_docker_client().client.close()
