"""Artifacts, and image services that have pulled them."""

import pytest

from conformance.images.artifacts import Artifact, artifact
from conformance.images.builder import Blob as Content
from conformance.model.answers import Manifest
from conformance.model.image_service import ImageService
from conformance.model.image_store import ListedImage
from conformance.model.puller import Outcome
from conformance.model.release import Release
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules
from tests.model.known_answers import Known, settings, went

RELEASES = ("1.33.2", "1.33.13", "1.34.11", "1.35.1", "1.35.6", "1.36.3")
MADE = artifact({"model.bin": "weights", "doc/README": "read me"})
OTHER = artifact({"model.bin": "better"})
NAME = "docker.io/rhuss/model"
LATEST = f"{NAME}:latest"


def parsed(content: Content) -> Manifest:
    return Manifest.parse(content.data, content.media_type)


def service(release: str, *pulled: tuple[str, Artifact]) -> ImageService:
    """A service that has pulled these, each by a name."""
    made = ImageService(settings(release))
    for name, content in pulled:
        assert pull(made, name, content).image
    return made


def pull(made: ImageService, name: str, content: Artifact) -> Outcome:
    return went(made.pull(name), Known({name.partition("/")[0]: parsed(content.manifest)}))


def listed(
    content: Artifact, *tags: str, release: str = "1.36.3", repository: str = NAME, id_: str = ""
) -> ListedImage:
    """An artifact as a release lists it, by another ID if need be."""
    size = sum(layer.size for layer in content.layers)
    digest = f"sha256:{id_ or content.id}"
    pinned = Release("1.33") <= Release(release) < Release("1.35.2")
    return ListedImage(id_ or content.id, tags, (f"{repository}@{digest}",), size, pinned=pinned)


def refusal(made: ImageService, name: str, sub_path: str = "") -> str:
    with pytest.raises(CreateContainerError) as refused:
        VolumeRules(made).mount(Mount("/models", name, sub_path=sub_path))
    return str(refused.value)
