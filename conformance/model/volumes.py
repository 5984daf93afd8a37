"""The image of a container, and the images that it mounts: found in the store, or refused as the release words it.

Source: CRI-O server/container_create_linux.go (``addOCIBindMounts``, ``mountImage``, ``mountArtifact``),
server/container_create.go (``verifyImageSignature``, and since 1.35 ``resolveAndVerifyContainerImage``).
"""

from copy import copy
from posixpath import normpath
from typing import NamedTuple, Self

from conformance.model.artifact_store import StoredArtifact, is_whole_artifact
from conformance.model.go_text import go_quote
from conformance.model.image_service import ImageService
from conformance.model.image_store import StoredImage
from conformance.model.policy import PolicyRequirement, rejection
from conformance.model.profile import Fallback
from conformance.model.reference import InvalidReferenceError, Reference, parse_normalized

CODE = "ImageVolumeMountFailed"
STORE = "[overlay@/var/lib/containers/storage+/run/containers/storage]"


class CreateContainerError(Exception):
    """CreateContainer fails; the message is the error's text."""


class Mount(NamedTuple):
    """A mount that is asked for: an image, or a path in it, or a path of the host, at a path of the container.

    ``user_specified`` is the image as the pod names it.
    """

    container_path: str
    image: str = ""
    host_path: str = ""
    sub_path: str = ""
    user_specified: str = ""


def mount_depth(container_path: str) -> int:
    """Tell how deep a mount lies: those of fewer path parts are made first.

    Source: CRI-O server/container_create.go, ``criOrderedMounts``.
    """
    return normpath(container_path).count("/")


class VolumeRules:
    """The rules by which CreateContainer finds images, which never asks a registry, for a pod of ``namespace``."""

    namespace = ""

    def __init__(self, service: ImageService) -> None:
        self.service = service
        self.profile = service.profile

    def for_namespace(self, namespace: str) -> Self:
        """Give the rules for pods of a namespace."""
        volumes = copy(self)
        volumes.namespace = namespace
        return volumes

    def image(self, name: str, user_specified: str) -> StoredImage:
        """Give the image of a container, which its pod names so; raises ``CreateContainerError``."""
        image = self.found(name)
        self.verify(user_specified)
        return image

    def found(self, name: str) -> StoredImage:
        """Find the image of a container; raises ``CreateContainerError``."""
        store, puller = self.service.store, self.service.puller
        if not name:
            raise CreateContainerError("CreateContainerRequest.ContainerConfig.Image.Image is empty")
        if (id_ := store.identified(name)) is not None:
            if id_ not in store.images:
                raise CreateContainerError(f'reading image "{id_}": locating image with ID "{id_}": image not known')
            return store.images[id_]
        resolution = puller.resolve(name)
        if resolution.refusal:
            raise CreateContainerError(resolution.refusal)
        if resolution.short_name:
            self.log("info", resolution.log_line)
        found = self.service.find(resolution.candidates)
        if found is None:
            raise CreateContainerError(self.missing(resolution.candidates[-1]))
        return found[1]

    def missing(self, reference: Reference) -> str:
        """Word that the store has no such image (containers/image storage/storage_reference.go, ``resolveImage``)."""
        text = f"reference {go_quote(f'{STORE}{reference}')} does not resolve to an image ID"
        return f"{text}: identifier is not an image" if self.profile.artifact is Fallback.NEVER else text

    def verify(self, user_specified: str) -> None:
        """Ask the policy that is configured, by the name that the pod has for an image.

        Raises ``CreateContainerError``. The system's own policy was asked when the image was pulled, and is not asked
        again (CRI-O server/container_create.go, ``verifyImageSignature``).
        """
        policies, namespace = self.service.puller.settings.policies, self.namespace
        if not policies.path(namespace):
            return
        if not user_specified:
            raise CreateContainerError("user specified image not specified, cannot verify image signature")
        try:
            reference = parse_normalized(user_specified).with_default_tag().without_tag_beside_digest()
        except InvalidReferenceError as error:
            what = f"unable to get userSpecifiedImageRef from user specified image {go_quote(user_specified)}"
            raise CreateContainerError(f"{what}: {error}") from None
        policy = policies.policy(namespace)
        if policy is None:
            raise CreateContainerError(
                f"get default policy: {policies.missing(namespace, self.profile.policy_missing)}"
            )
        if policy.requirement(reference) is PolicyRequirement.REJECT:
            verdict = self.profile.policy_verdict.format(f"SignatureValidationFailed: {rejection(reference)}")
            raise CreateContainerError(f"checking signature of {go_quote(str(reference))}: {verdict}")

    def mount(self, mount: Mount) -> StoredImage | StoredArtifact | None:
        """Give the image or artifact of a mount, none where it is the host's; raises ``CreateContainerError``."""
        if not mount.container_path:
            raise CreateContainerError("mount.ContainerPath is empty")
        if mount.image:
            artifact = self.artifact(mount.image, mount.sub_path)
            return artifact or self.mountable(self.volume(mount.image), mount.user_specified)
        if not mount.host_path:
            raise CreateContainerError("mount.HostPath is empty")
        return None

    def volume(self, name: str) -> StoredImage:
        """Give the image that is mounted under a name; raises ``CreateContainerError``."""
        lookup = self.service.image_status(name)
        if lookup.error:
            raise self.refusal(f"get storage image status: {lookup.error}")
        if lookup.image is None:
            self.log("info", f"Image {name} not found")
            raise self.refusal(f"image {go_quote(name)} does not exist locally")
        return self.service.store.images[lookup.image.id]

    def mountable(self, image: StoredImage, user_specified: str) -> StoredImage:
        """Give the image of a volume back if it may and can be mounted; raises ``CreateContainerError``."""
        if self.profile.verifies_volumes:
            try:
                self.verify(user_specified)
            except CreateContainerError as refused:
                raise self.refusal(str(refused)) from None
        if not image.layers:
            raise self.refusal("mount storage: layer not known")
        return image

    def artifact(self, name: str, sub_path: str) -> StoredArtifact | None:
        """Give the artifact that is mounted under a name, none where an image is looked for.

        Raises ``CreateContainerError``.
        """
        if not self.service.keeps_artifacts:
            return None
        found = self.service.artifacts.find(name)
        if isinstance(found, StoredArtifact) and found.name:
            if is_whole_artifact(sub_path) or found.below(sub_path):
                return found
            error = f"sub path {go_quote(sub_path)} does not exist in OCI artifact volume {go_quote(name)}"
            raise self.refusal(error if self.profile.mounts_images_after_errors else f"{CODE}: {error}")
        if isinstance(found, StoredArtifact):
            error = f"failed to get an image source: no descriptor found for reference {go_quote(found.reference)}"
            error = f"failed to get artifact blob mount paths: {error}"
        else:
            error = f"failed to get artifact status: {found}" if found else ""
        if error and not self.profile.mounts_images_after_errors:
            raise self.refusal(error)
        self.log("warning", self.fallback(name))
        return None

    def fallback(self, name: str) -> str:
        """Word that no artifact has that name, so that an image is looked for."""
        del name
        return "Artifact mount failed, falling back to image mount: failed to get artifact status: no artifact found"

    def refusal(self, text: str) -> CreateContainerError:
        """Refuse to mount: since 1.33 with the CRI's code for image volumes."""
        return CreateContainerError(self.profile.volume_refusal.format(text))

    def log(self, level: str, message: str) -> None:
        """Write a line to CRI-O's log, if anybody keeps one."""
        if self.service.log:
            self.service.log(level, message)
