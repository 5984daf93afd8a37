"""Faults about image volumes: which image is mounted, what is refused and how, and what a mount holds on to."""

import re
from collections.abc import Callable

from conformance.cri.v1 import api_pb2 as api
from conformance.model.image_service import ImageLookup, ImageService
from conformance.model.image_store import ListedImage, StoredImage
from conformance.model.reference import InvalidReferenceError, parse
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules
from conformance.simulator.image_servicer import ImageServicer
from conformance.simulator.records import ContainerRecord
from conformance.simulator.rpc import ServicerError
from conformance.simulator.runtime_servicer import RuntimeServicer

# Which image is mounted


class MountsTheLastRegistrysImage(VolumeRules):
    """Mounts the image of the last search registry where several in the store have a short name."""

    def volume(self, name: str) -> StoredImage:
        usual = super().volume(name)
        candidates = self.service.puller.resolve(name).candidates
        return next((kept for each in reversed(candidates) if (kept := self.service.store.named(each))), usual)


class MountsWithoutTheSearchList(VolumeRules):
    """Takes the short name of a volume for docker.io's, whatever the search list and the aliases say."""

    def volume(self, name: str) -> StoredImage:
        if self.service.store.identified(name) is None and self.service.puller.resolve(name).short_name:
            return super().volume(f"docker.io/{name}")
        return super().volume(name)


class MountsAnyDigest(VolumeRules):
    """Mounts the image that has a volume's tag, whatever digest is asked for."""

    def volume(self, name: str) -> StoredImage:
        return super().volume(name.partition("@")[0])


class MountsAnyRegistrysImage(VolumeRules):
    """Mounts an image of the same path from another registry where that of a volume is not in the store."""

    def volume(self, name: str) -> StoredImage:
        try:
            reference = parse(name)
        except InvalidReferenceError:
            return super().volume(name)
        images = [] if reference.digest else self.service.store.images.values()
        alike = (kept for kept in images if reference.path in map(_path, kept.repositories))
        return next(alike, None) or super().volume(name)


class MountsWhatTheUserWrote(RuntimeServicer):
    """Mounts the image that the user's name means now, and not the one that a kubelet had pulled."""

    def create_container(self, request: api.CreateContainerRequest) -> api.CreateContainerResponse:
        for mount in request.config.mounts:
            mount.image.image = mount.image.user_specified_image or mount.image.image
        return super().create_container(request)


class MountsOneVolumeOnly(RuntimeServicer):
    """Mounts the first of several image volumes, and not the others."""

    def create_container(self, request: api.CreateContainerRequest) -> api.CreateContainerResponse:
        del request.config.mounts[1:]
        return super().create_container(request)


class TellsTheNameOfAVolume(RuntimeServicer):
    """Reports a mounted image by the name that it was asked for by, not by its ID."""

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        response = super().container_status(request)
        asked = self.pods.container(request.container_id).config.mounts
        for mount in response.status.mounts:
            names = [each.image.user_specified_image for each in asked if each.container_path == mount.container_path]
            mount.image.image = next(filter(None, names), mount.image.image)
        return response


class TellsNoVolumes(RuntimeServicer):
    """Leaves the image volumes out of a container's status."""

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        response = super().container_status(request)
        others = [mount for mount in response.status.mounts if not mount.image.image]
        del response.status.mounts[:]
        response.status.mounts.extend(others)
        return response


# What is refused, and how


class LeavesOutMissingVolumes(VolumeRules):
    """Creates a container without a volume whose image is missing."""

    def volume(self, name: str) -> StoredImage:
        try:
            return super().volume(name)
        except CreateContainerError as refused:
            if "does not exist locally" in str(refused):
                return StoredImage(name, layers=(name,))
            raise


class ChoosesAmongVolumes(VolumeRules):
    """Mounts an image by a name that the short-name mode calls ambiguous."""

    def volume(self, name: str) -> StoredImage:
        found = self.service.find(self.service.puller.resolve(name).candidates)
        return found[1] if found else super().volume(name)


class MountsNowhere(VolumeRules):
    """Accepts a mount without a container path, and one of neither an image nor the host's."""

    def mount(self, mount: Mount) -> object:  # type: ignore[override]
        return super().mount(mount._replace(container_path=mount.container_path or "/", host_path="/"))


class RefusesVolumesWithoutTheCode(VolumeRules):
    """Does not put the CRI's code before the refusal of an image volume."""

    def refusal(self, text: str) -> CreateContainerError:
        return CreateContainerError(text)


class RefusesVolumesWithoutTheName(VolumeRules):
    """Does not say which image it is that a volume lacks."""

    def refusal(self, text: str) -> CreateContainerError:
        return super().refusal(re.sub(r'"[^"]*"', '""', text))


class LeavesRefusedContainers(RuntimeServicer):
    """Keeps a container on record that it has refused to create."""

    def create_container(self, request: api.CreateContainerRequest) -> api.CreateContainerResponse:
        try:
            return super().create_container(request)
        except ServicerError:
            left = ContainerRecord(self.pods.pod(request.pod_sandbox_id), request.config, "", "", "", [])
            self.pods.containers[left.id] = left
            raise


# What a mount holds on to


class RemovesWhatIsMounted(ImageService):
    """Removes an image that a container mounts."""

    def refusal_if_mounted(self, id_: str, name: str) -> str:
        del id_, name
        return ""


class RemovesWhatRuns(ImageService):
    """Removes an image that is a container's own."""

    def refusal_if_running(self, id_: str) -> str:
        del id_
        return ""


class KeepsRemovedContainers(RuntimeServicer):
    """Says that a container is removed, and keeps it with what it mounts."""

    def remove_container(self, request: api.RemoveContainerRequest) -> api.RemoveContainerResponse:
        del request
        return api.RemoveContainerResponse()


# What a kubelet is answered on the way


class FindsRemovedImages(ImageService):
    """Finds an image by name after it was removed."""

    def __init__(self, *arguments: object, **options: object) -> None:
        make: Callable[..., None] = super().__init__
        make(*arguments, **options)
        self._gone: dict[str, ListedImage] = {}

    def clear(self) -> None:
        super().clear()
        self._gone.clear()

    def remove(self, name: str) -> str:
        image = self.status(name).image
        error = super().remove(name)
        if image and not error:
            self._gone |= dict.fromkeys(image.tags, image)
        return error

    def status(self, name: str) -> ImageLookup:
        lookup = super().status(name)
        return lookup if lookup.image or lookup.error else ImageLookup(self._gone.get(name))


class PullsOnlyWhatIsMissing(ImageServicer):
    """Answers a pull with what is in the store, where there is anything of that name."""

    async def pull_image(self, request: api.PullImageRequest) -> api.PullImageResponse:
        image = self.service.status(request.image.image).image
        return api.PullImageResponse(image_ref=image.id) if image else await super().pull_image(request)


class LosesTheLoginOfAPod(ImageServicer):
    """Leaves out the login of a pull that is for a pod."""

    async def pull_image(self, request: api.PullImageRequest) -> api.PullImageResponse:
        if request.HasField("sandbox_config"):
            request.ClearField("auth")
        return await super().pull_image(request)


def _path(repository: str) -> str:
    return repository.partition("/")[2]
