"""The mounts of a container, as its status shows them; images are found by the model's rules."""

from conformance.cri.v1 import api_pb2 as api
from conformance.model.artifact_store import StoredArtifact
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules
from conformance.simulator.rpc import ServicerError


def mount_status(volumes: VolumeRules, mount: api.Mount) -> list[api.Mount]:
    """Give a mount as the container's status shows it (CRI-O server/container_create_linux.go, ``addOCIBindMounts``).

    An image is shown with its ID, an artifact likewise, once for each of its files.
    """
    try:
        image = volumes.mount(
            Mount(
                mount.container_path,
                mount.image.image,
                mount.host_path,
                mount.image_sub_path,
                mount.image.user_specified_image,
            )
        )
    except CreateContainerError as refused:
        raise ServicerError(str(refused)) from None
    shown = api.Mount()
    shown.CopyFrom(mount)
    if image:
        shown.image.Clear()
        shown.image.image = image.id
        shown.image_sub_path = ""
        shown.host_path = f"/var/lib/containers/storage/overlay/{image.id}/merged"
    if isinstance(image, StoredArtifact):
        shown.host_path = "/var/lib/containers/storage/artifacts/blobs"
        return [shown for _ in image.below(mount.image_sub_path)]
    return [shown]
