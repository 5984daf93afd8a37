"""The image of a container, and the images that it mounts: found in the store, or refused as the release words it.

Source: CRI-O server/container_create_linux.go (``addOCIBindMounts``, ``mountImage``, ``mountArtifact``),
server/container_create.go (``resolveAndVerifyContainerImage``).
"""

from conformance.cri.v1 import api_pb2 as api
from conformance.model.reference import Reference
from conformance.model.release import Release
from conformance.model.service import ImageService
from conformance.model.store import Kept
from conformance.model.wording import go_quote
from conformance.simulator.log import LogFile
from conformance.simulator.rpc import Refusal

ARTIFACTS_SINCE = Release("1.33")
STORE = "[overlay@/var/lib/containers/storage+/run/containers/storage]"


class Volumes:
    """The rules by which CreateContainer finds images, which never asks a registry."""

    def __init__(self, service: ImageService, release: Release, log: LogFile) -> None:
        self.service = service
        self.release = release
        self.log = log

    def image(self, name: str) -> Kept:
        """Give the image of a container."""
        store, puller = self.service.store, self.service.puller
        if not name:
            raise Refusal("CreateContainerRequest.ContainerConfig.Image.Image is empty")
        if (id_ := store.identified(name)) is not None:
            if id_ not in store.images:
                raise Refusal(f'reading image "{id_}": locating image with ID "{id_}": image not known')
            return store.images[id_]
        resolution = puller.resolve(name)
        if resolution.refusal:
            raise Refusal(resolution.refusal)
        if resolution.short_name:
            self.log.write("info", resolution.log_line)
        found = self.service.find(resolution.candidates)
        if found is None:
            raise Refusal(self.missing(resolution.candidates[-1]))
        return found[1]

    def missing(self, reference: Reference) -> str:
        """Word that the store has no such image (containers/image storage/storage_reference.go)."""
        text = f"reference {go_quote(f'{STORE}{reference}')} does not resolve to an image ID"
        return text if self.release.base >= ARTIFACTS_SINCE else f"{text}: identifier is not an image"

    def mount(self, mount: api.Mount) -> api.Mount:
        """Give a mount as the container's status shows it."""
        if not mount.container_path:
            raise Refusal("mount.ContainerPath is empty")
        shown = api.Mount()
        shown.CopyFrom(mount)
        if mount.image.image:
            shown.image.Clear()
            shown.image.image = self.volume(mount.image.image)
            shown.image_sub_path = ""
            shown.host_path = f"/var/lib/containers/storage/overlay/{shown.image.image}/merged"
        elif not mount.host_path:
            raise Refusal("mount.HostPath is empty")
        return shown

    def volume(self, name: str) -> str:
        """Give the ID of the image that is mounted under that name."""
        if error := self.service.artifact_trouble(name):
            raise self.refusal(error.replace("failed to get artifact:", "failed to get artifact status:", 1))
        if self.release.base >= ARTIFACTS_SINCE:
            self.log.write("warning", self.fallback(name))
        lookup = self.service.status(name)
        if lookup.error:
            raise self.refusal(f"get storage image status: {lookup.error}")
        if lookup.image is None:
            self.log.write("info", f"Image {name} not found")
            raise self.refusal(f"image {go_quote(name)} does not exist locally")
        return lookup.image.id

    def fallback(self, name: str) -> str:
        """Word that no artifact has that name, so that an image is looked for."""
        del name
        return "Artifact mount failed, falling back to image mount: failed to get artifact status: no artifact found"

    def refusal(self, text: str) -> Refusal:
        """Refuse to mount: since 1.33 with the CRI's code for image volumes."""
        prefix = "ImageVolumeMountFailed" if self.release.base >= ARTIFACTS_SINCE else "mount image"
        return Refusal(f"{prefix}: {text}")
