"""The image of a container, and the images that it mounts: found in the store, or refused as the release words it.

Source: CRI-O server/container_create_linux.go (``addOCIBindMounts``, ``mountImage``, ``mountArtifact``),
server/container_create.go (``resolveAndVerifyContainerImage``).
"""

from typing import NamedTuple

from conformance.model.profile import Fallback
from conformance.model.reference import Reference
from conformance.model.service import ImageService
from conformance.model.store import Kept
from conformance.model.wording import go_quote

STORE = "[overlay@/var/lib/containers/storage+/run/containers/storage]"


class Refused(Exception):  # noqa: N818 (it is an answer)
    """CreateContainer fails; the message is the error's text."""


class Mount(NamedTuple):
    """A mount that is asked for: an image, or a path of the host, at a path of the container."""

    container_path: str
    image: str = ""
    host_path: str = ""


class Volumes:
    """The rules by which CreateContainer finds images, which never asks a registry."""

    def __init__(self, service: ImageService) -> None:
        self.service = service
        self.profile = service.profile

    def image(self, name: str) -> Kept:
        """Give the image of a container; raises ``Refused``."""
        store, puller = self.service.store, self.service.puller
        if not name:
            raise Refused("CreateContainerRequest.ContainerConfig.Image.Image is empty")
        if (id_ := store.identified(name)) is not None:
            if id_ not in store.images:
                raise Refused(f'reading image "{id_}": locating image with ID "{id_}": image not known')
            return store.images[id_]
        resolution = puller.resolve(name)
        if resolution.refusal:
            raise Refused(resolution.refusal)
        if resolution.short_name:
            self.note("info", resolution.log_line)
        found = self.service.find(resolution.candidates)
        if found is None:
            raise Refused(self.missing(resolution.candidates[-1]))
        return found[1]

    def missing(self, reference: Reference) -> str:
        """Word that the store has no such image (containers/image storage/storage_reference.go)."""
        text = f"reference {go_quote(f'{STORE}{reference}')} does not resolve to an image ID"
        return f"{text}: identifier is not an image" if self.profile.artifact is Fallback.NEVER else text

    def mount(self, mount: Mount) -> Kept | None:
        """Give the image of a mount, none where it is the host's; raises ``Refused``."""
        if not mount.container_path:
            raise Refused("mount.ContainerPath is empty")
        if mount.image:
            return self.volume(mount.image)
        if not mount.host_path:
            raise Refused("mount.HostPath is empty")
        return None

    def volume(self, name: str) -> Kept:
        """Give the image that is mounted under a name; raises ``Refused``."""
        if error := self.service.artifact_trouble(name):
            raise self.refusal(error.replace("failed to get artifact:", "failed to get artifact status:", 1))
        if self.profile.artifact is not Fallback.NEVER:
            self.note("warning", self.fallback(name))
        lookup = self.service.status(name)
        if lookup.error:
            raise self.refusal(f"get storage image status: {lookup.error}")
        if lookup.image is None:
            self.note("info", f"Image {name} not found")
            raise self.refusal(f"image {go_quote(name)} does not exist locally")
        return self.service.store.images[lookup.image.id]

    def fallback(self, name: str) -> str:
        """Word that no artifact has that name, so that an image is looked for."""
        del name
        return "Artifact mount failed, falling back to image mount: failed to get artifact status: no artifact found"

    def refusal(self, text: str) -> Refused:
        """Refuse to mount: since 1.33 with the CRI's code for image volumes."""
        return Refused(self.profile.volume_refusal.format(text))

    def note(self, level: str, message: str) -> None:
        """Log what CRI-O logs."""
        if self.service.note:
            self.service.note(level, message)
