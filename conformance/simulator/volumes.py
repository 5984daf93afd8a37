"""The mounts of a container, as its status shows them; images are found by the model's rules."""

from conformance.cri.v1 import api_pb2 as api
from conformance.model.volumes import Mount, Refused, Volumes
from conformance.simulator.rpc import Refusal


def mounted(volumes: Volumes, mount: api.Mount) -> api.Mount:
    """Give a mount as the container's status shows it: an image with its ID (``addOCIBindMounts``)."""
    try:
        image = volumes.mount(Mount(mount.container_path, mount.image.image, mount.host_path))
    except Refused as refused:
        raise Refusal(str(refused)) from None
    shown = api.Mount()
    shown.CopyFrom(mount)
    if image:
        shown.image.Clear()
        shown.image.image = image.id
        shown.image_sub_path = ""
        shown.host_path = f"/var/lib/containers/storage/overlay/{image.id}/merged"
    return shown
