"""Registries whose answers a test knows beforehand: steps of the model, gone through without a network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    HostAddress,
    IndexEntry,
    Manifest,
    NoResponse,
    RegistryRequest,
)
from conformance.model.media_types import OCI_INDEX
from conformance.model.platform import Platform
from conformance.model.profile import profile
from conformance.model.pull_sources import ModelSettings, Steps
from conformance.model.puller import Puller
from conformance.model.reason import Reason
from conformance.model.registries import Registries
from conformance.model.release import Release

T = TypeVar("T")

AMD64 = Platform("linux", "amd64")
IMAGE_DIGEST = "sha256:34146d723aad6f90c9264d1efe37fcb1f46f7a75653891c9c6c033ea4462becf"
CONFIG = "sha256:62cb3d5b30a991e63894dfad39bb9f5825121dc8753a0dcd546dcb0b3e37a366"
LAYER = "sha256:371a64ceca0c2a1e709beea40214cc3b3f9341c64a392fd44182feac610d1dcc"
INDEX_DIGEST = "sha256:fa445bac78c619c40449b86a40148eca5ebc31c06c6b37d6a01c2a50b666d3ec"
ID = CONFIG.partition(":")[2]

IMAGE = Manifest(IMAGE_DIGEST, "application/vnd.oci.image.manifest.v1+json", config=CONFIG, layers=(LAYER,))
INDEX = Manifest(INDEX_DIGEST, OCI_INDEX, children=(IndexEntry(IMAGE_DIGEST, AMD64),))
FOREIGN = Manifest(INDEX_DIGEST, OCI_INDEX, children=(IndexEntry(IMAGE_DIGEST, Platform("linux", "arm64")),))

NO_TAG = ErrorResponse(step="manifest", status=404, code="MANIFEST_UNKNOWN", message="manifest unknown")
OF_QUAY = ErrorResponse(
    step="manifest",
    status=401,
    code="UNAUTHORIZED",
    message="access to the requested resource is not authorized",
    detail=True,
)
OF_DOCKER = ErrorResponse(
    step="manifest",
    status=401,
    code="UNAUTHORIZED",
    message="authentication required",
    scope_error="insufficient_scope",
)
NO_BLOB = ErrorResponse(step="blob", status=404, code="BLOB_UNKNOWN", message="blob unknown to registry")


def refuses_connections(server: str, scheme: str = "https", address: str = "127.0.0.2:443") -> NoResponse:
    """Nobody listens."""
    words = f"dial tcp {address}: connect: connection refused"
    return NoResponse(step="ping", url=f"{scheme}://{server}/v2/", words=words, refused=True)


def unknown(server: str) -> NoResponse:
    """There is no such host."""
    words = f"dial tcp: lookup {server} on 127.0.0.1:53: no such host"
    return NoResponse(step="ping", url=f"https://{server}/v2/", words=words, reason=Reason.UNKNOWN_HOST)


@dataclass
class Known:
    """Answers by host, or by host and reference (``quay.io latest``), which counts first.

    A blob that is not mentioned comes as its digest says, a host that is looked up is some other machine.
    """

    answers: Mapping[str, Answer]
    asked: list[RegistryRequest] = field(default_factory=list)

    def __call__(self, ask: RegistryRequest) -> Answer:
        self.asked.append(ask)
        if ask.lookup:
            return self.answers.get(f"{ask.host} lookup", HostAddress(loopback=False))
        if (answer := self.answers.get(f"{ask.host} {ask.reference}")) is not None:
            return answer
        return FetchedBlob(ask.reference) if ask.blob else self.answers[ask.host]

    @property
    def questions(self) -> list[str]:
        """The questions for manifests and blobs, as host and tag or the digest's beginning."""
        asked = [each for each in self.asked if not each.lookup]
        return [f"{each.host} {each.reference.removeprefix('sha256:')[:6]}" for each in asked]


def went(steps: Steps[T], known: Known) -> T:
    """Go through steps to their end."""
    try:
        ask = next(steps)
        while True:
            ask = steps.send(known(ask))
    except StopIteration as end:
        result: T = end.value
        return result


def settings(release: str = "1.36.3", registries: Registries | None = None, **more: Any) -> ModelSettings:
    """A machine with amd64 that has docker.io and quay.io in its search list and tries them in order."""
    of_both = Registries(search=("docker.io", "quay.io"), search_file="/etc/containers/registries.conf.d/crio.conf")
    told = {"short_name_mode": "disabled", "platform": AMD64, **more}
    return ModelSettings(profile=profile(Release(release)), registries=registries or of_both, **told)


def puller(release: str = "1.36.3", registries: Registries | None = None, **more: Any) -> Puller:
    """The rules of a pull on such a machine."""
    return Puller(settings(release, registries, **more))
