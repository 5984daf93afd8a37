"""Faults about what is reported of the runtime and of an image, besides its names."""

from conformance.cri.v1 import api_pb2 as api
from conformance.model.image_store import ListedImage
from conformance.simulator.image_servicer import ImageServicer
from conformance.simulator.runtime_servicer import RuntimeServicer


class BearsNoName(RuntimeServicer):
    """Does not say which runtime it is."""

    def version(self, request: api.VersionRequest) -> api.VersionResponse:
        response = super().version(request)
        response.ClearField("runtime_name")
        return response


class TellsItsLineOnly(RuntimeServicer):
    """Gives its release line in place of its release."""

    def version(self, request: api.VersionRequest) -> api.VersionResponse:
        response = super().version(request)
        response.runtime_version = self.release.line
        return response


class IsNeverReady(RuntimeServicer):
    """Says that it is not ready."""

    def status(self, request: api.StatusRequest) -> api.StatusResponse:
        response = super().status(request)
        for condition in response.status.conditions:
            condition.status = False
        return response


class TellsItsConfigurationUnasked(RuntimeServicer):
    """Gives more than the conditions, asked for it or not."""

    def status(self, request: api.StatusRequest) -> api.StatusResponse:
        response = super().status(request)
        response.info["config"] = "{}"
        return response


class _Telling(ImageServicer):
    """Reports an image otherwise."""

    def image(self, listed: ListedImage) -> api.Image:
        return self.altered(super().image(listed))

    def altered(self, image: api.Image) -> api.Image:
        raise NotImplementedError


class TellsNoSize(_Telling):
    """Counts no bytes."""

    def altered(self, image: api.Image) -> api.Image:
        image.ClearField("size")
        return image


class TellsNumbersAsNames(_Telling):
    """Gives the user of an image as a name, whatever it is."""

    def altered(self, image: api.Image) -> api.Image:
        if image.HasField("uid"):
            image.username = str(image.uid.value)
            image.ClearField("uid")
        return image


class TakesNamesForRoot(_Telling):
    """Gives the user of an image as a number, root's for every name."""

    def altered(self, image: api.Image) -> api.Image:
        if image.username:
            image.uid.value = 0
            image.ClearField("username")
        return image


class SaysLittleWhenAskedForMore(ImageServicer):
    """Gives no information about an image, asked for it or not."""

    def image_status(self, request: api.ImageStatusRequest) -> api.ImageStatusResponse:
        response = super().image_status(request)
        response.info.clear()
        return response


class SaysMuchUnasked(ImageServicer):
    """Gives all information about an image, asked for it or not."""

    def image_status(self, request: api.ImageStatusRequest) -> api.ImageStatusResponse:
        return super().image_status(api.ImageStatusRequest(image=request.image, verbose=True))


class CountsNoBytes(ImageServicer):
    """Does not report how much of a file system images take."""

    def image_fs_info(self, request: api.ImageFsInfoRequest) -> api.ImageFsInfoResponse:
        response = super().image_fs_info(request)
        for each in response.image_filesystems:
            each.ClearField("used_bytes")
        return response
