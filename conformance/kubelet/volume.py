"""An image as a volume: what a pod's author writes, and the CRI mount that a kubelet makes of it (KEP-4639)."""

from dataclasses import dataclass
from typing import Literal

from conformance.cri.v1 import api_pb2 as api
from conformance.model.reference import InvalidReferenceError, parse_as_docker

PullPolicy = Literal["Always", "IfNotPresent", "Never"]


@dataclass(frozen=True)
class ImageVolume:
    """An image volume of a pod, mounted in its container.

    ``image`` is ``volumes[].image.reference`` and ``policy`` ``pullPolicy`` beside it, which may be left out; ``at`` is
    the container's ``volumeMounts[].mountPath`` and ``sub_path`` its ``subPath``.
    """

    image: str
    at: str
    policy: PullPolicy | None = "IfNotPresent"
    sub_path: str = ""

    @property
    def effective_policy(self) -> PullPolicy:
        """The pull policy, and where none is written, the default.

        The tag ``latest`` is always pulled, also beside a digest; what is no name at all is not (kubernetes/kubernetes
        pkg/apis/core/v1/defaults.go, ``SetDefaults_Volume``).
        """
        if self.policy is not None:
            return self.policy
        try:
            reference = parse_as_docker(self.image)
        except InvalidReferenceError:
            return "IfNotPresent"
        tag = reference.tag or ("" if reference.digest else "latest")
        return "Always" if tag == "latest" else "IfNotPresent"

    def mount(self, reference: str) -> api.Mount:
        """Give the CRI mount of it; ``reference`` is how the runtime calls the image."""
        return image_mount(reference, self.at, user_specified=self.image, sub_path=self.sub_path)


def image_mount(
    image: str, at: str, *, user_specified: str | None = None, sub_path: str = "", readonly: bool = True
) -> api.Mount:
    """Give the CRI mount of an image at the container path ``at``."""
    spec = api.ImageSpec(image=image, user_specified_image=image if user_specified is None else user_specified)
    return api.Mount(container_path=at, image=spec, image_sub_path=sub_path, readonly=readonly)
