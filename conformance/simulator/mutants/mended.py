"""What releases are known to do differently, done as the contract has it: a deviation must be told as mended."""

from conformance.cri.v1 import api_pb2 as api
from conformance.model.pull_sources import PullError
from conformance.model.puller import Puller
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.model.resolution import Resolution
from conformance.simulator.runtime_servicer import RuntimeServicer


class RefusesByTheNameAsItWasWritten(Puller):
    """Puts the name as it was written before what is wrong with it."""

    def resolve(self, name: str) -> Resolution:
        resolution = super().resolve(name)
        return resolution if resolution.candidates else resolution._replace(refusal=f"{name}: {resolution.refusal}")


class NamesTheFolderThatBlocks(Puller):
    """Says of a blocked registry that the system's drop-ins may be why."""

    def blocked(self, place: Reference) -> PullError | None:
        usual = super().blocked(place)
        return usual and PullError(f"{usual.text} or {RegistriesConfPaths().conf_dir}", Reason.BLOCKED)


class TellsSubPaths(RuntimeServicer):
    """Tells the sub path of an image volume in a container's status."""

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        response = super().container_status(request)
        asked = self.pods.container(request.container_id).config.mounts
        for mount in response.status.mounts:
            mount.image_sub_path = next(
                each.image_sub_path for each in asked if each.container_path == mount.container_path
            )
        return response


class TellsThatVolumesAreReadOnly(RuntimeServicer):
    """Tells of every image volume that it is read-only."""

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        response = super().container_status(request)
        for mount in response.status.mounts:
            mount.readonly = mount.readonly or bool(mount.image.image)
        return response
