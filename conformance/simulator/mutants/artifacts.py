"""Faults about artifacts: what is taken for one, under which names it is kept, and what is mounted of it."""

from collections.abc import Callable

from conformance.cri.v1 import api_pb2 as api
from conformance.model.answers import Manifest
from conformance.model.artifact_store import ArtifactStore, StoredArtifact
from conformance.model.image_copy import PulledImage
from conformance.model.image_service import ImageService
from conformance.model.image_store import ListedImage
from conformance.model.pull_sources import PullError, PullOptions, Steps
from conformance.model.puller import Puller
from conformance.model.reason import Reason
from conformance.model.reference import Reference
from conformance.model.registries import PullSource
from conformance.model.volumes import CreateContainerError, VolumeRules
from conformance.simulator.runtime_servicer import RuntimeServicer

# What is pulled


class PullsNoArtifact(Puller):
    """Takes nothing for an artifact."""

    def artifact(self, reference: Reference, options: PullOptions) -> Steps[PulledImage | PullError | None]:
        yield from self.opened_artifact(reference, options)
        return None


class WantsAnArtifactType(Puller):
    """Takes only what says of which type it is for an artifact."""

    def files(self, *arguments: object) -> Steps[PulledImage | PullError]:
        manifest = arguments[2]
        assert isinstance(manifest, Manifest)  # noqa: S101 (what the base takes)
        if not manifest.artifact_type:
            return PullError("no artifact type", Reason.NO_IMAGE)
        return (yield from super().files(*arguments))  # type: ignore[arg-type]


class DoesWithoutAnArtifactsConfig(Puller):
    """Takes an artifact although its config cannot be had."""

    def files(
        self, reference: Reference, source: PullSource, manifest: Manifest, top: Manifest, options: PullOptions
    ) -> Steps[PulledImage | PullError]:
        got = yield from super().files(reference, source, manifest, top, options)
        lost = isinstance(got, PullError) and "config blob" in got.text
        return PulledImage(reference, manifest, top, is_artifact=True) if lost else got


class SaysOfArtifactsNothing(Puller):
    """Does not say what it is that cannot be an image."""

    release_line = "1.31"

    def content(self, *arguments: object) -> Steps[PulledImage | PullError]:
        got = yield from super().content(*arguments)  # type: ignore[arg-type]
        return got.reworded("invalid image") if isinstance(got, PullError) else got


# What is kept


class _Keeping(ImageService):
    """Has another artifact store."""

    kept: type[ArtifactStore] = ArtifactStore

    def __init__(self, *arguments: object, **options: object) -> None:
        make: Callable[..., None] = super().__init__
        make(*arguments, **options)
        blobs = self.artifacts.blobs
        self.artifacts = self.kept(self.profile, self.artifacts.registries)
        self.artifacts.blobs = blobs


class KnowsArtifactsByWhatGoWrites(_Keeping):
    """Knows an artifact by the digest of its manifest as it would write it."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Has the digest of the rewritten manifest for an ID."""

        def add(self, copied: PulledImage) -> StoredArtifact:
            artifact = super().add(copied)
            artifact.id = copied.manifest.rewritten.partition(":")[2]
            return artifact


class FindsArtifactsOfAnyRegistry(_Keeping):
    """Finds an artifact under another registry's name."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Looks at the path only."""

        def find(self, name: str) -> StoredArtifact | str | None:
            path = name.partition("/")[2]
            alike = (each for each in self.kept if path and path.partition("@")[0] in each.reference)
            return super().find(name) or next(alike, None)


class FindsArtifactsByAnyTag(_Keeping):
    """Finds an artifact under another tag or digest of its repository."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Looks at the repository only."""

        def find(self, name: str) -> StoredArtifact | str | None:
            repository = name.partition("@")[0].partition(":")[0]
            alike = (each for each in self.kept if "/" in name and each.reference.startswith(f"{repository}:"))
            return super().find(name) or next(alike, None)


class FindsNoArtifactByItsId(_Keeping):
    """Finds an artifact by names only."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Finds nothing by an ID, whole or shortened."""

        def find(self, name: str) -> StoredArtifact | str | None:
            return super().find(name) if "/" in name else None


class ArtifactsKeepOldNames(_Keeping):
    """Leaves a tag with the artifact that had it when another one gets it."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Lets two artifacts have one name."""

        def add(self, copied: PulledImage) -> StoredArtifact:
            names = [(each, each.name) for each in self.kept]
            artifact = super().add(copied)
            for each, name in names:
                each.name = name
            return artifact


class DropsArtifactsWithoutAName(_Keeping):
    """Takes an artifact away when its tag moves on to another."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Keeps only what has a name."""

        def add(self, copied: PulledImage) -> StoredArtifact:
            artifact = super().add(copied)
            self.kept[:] = [each for each in self.kept if each.name]
            return artifact


class ListsOneArtifactWithoutAName(_Keeping):
    """Lists the first of several artifacts that lost their names, as only 1.35.2 and later do."""

    release_line = "1.34"

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Lists nothing twice under one name."""

        @property
        def listed(self) -> list[StoredArtifact]:
            unnamed = [each for each in self.kept if not each.name]
            return [each for each in self.kept if each not in unnamed[1:]]


class RemovesArtifactsInUse(ImageService):
    """Removes an artifact that a container mounts."""

    def remove_artifact(self, name: str) -> str:
        self.artifacts.remove(name)
        return super().remove_artifact(name)


class ForgetsNoArtifact(ImageService):
    """Says that an artifact is removed, and leaves it."""

    def remove_artifact(self, name: str) -> str:
        found = self.artifacts.find(name)
        return (
            self.refusal_if_mounted(found.id, name)
            if isinstance(found, StoredArtifact)
            else super().remove_artifact(name)
        )


class ListsNoArtifact(ImageService):
    """Lists images only."""

    def list(self, name: str = "") -> list[ListedImage] | str:
        found = super().list(name)
        return found if isinstance(found, str) else [each for each in found if each.id in self.store.images]


class ArtifactsHideImages(ImageService):
    """Gives the artifact of a name although an image was pulled under it later."""

    def image_status(self, name: str) -> object:  # type: ignore[override]
        found = self.artifacts.find(name)
        lookup = super().image_status(name)
        return type(lookup)() if isinstance(found, StoredArtifact) else lookup


class FindsArtifactsByShortNames(_Keeping):
    """Finds an artifact by a short name, too, on whichever registry it is."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Looks at docker.io as well."""

        def find(self, name: str) -> StoredArtifact | str | None:
            return super().find(name) or super().find(f"docker.io/{name}")


class FindsArtifactsByTagAndDigest(_Keeping):
    """Finds an artifact by a name with a tag and a digest, too."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Leaves the tag away where there is a digest."""

        def find(self, name: str) -> StoredArtifact | str | None:
            before, at, digest = name.partition("@")
            folder, slash, last = before.rpartition("/")
            return super().find(f"{folder}{slash}{last.partition(':')[0]}@{digest}" if at else name)


class FindsArtifactsByIdOnly(_Keeping):
    """Finds an artifact by its ID, and by no name."""

    class kept(ArtifactStore):  # noqa: N801 (it takes the place of a value)
        """Finds nothing by a name."""

        def find(self, name: str) -> StoredArtifact | str | None:
            return None if "/" in name else super().find(name)


# What is mounted


class MountsAnySubPath(VolumeRules):
    """Mounts a whole artifact whatever sub path of it is asked for."""

    def artifact(self, name: str, sub_path: str) -> StoredArtifact | None:
        del sub_path
        return super().artifact(name, "")


class MountsNoArtifact(VolumeRules):
    """Looks for images only."""

    def artifact(self, name: str, sub_path: str) -> StoredArtifact | None:
        del name, sub_path
        return None


class RefusesSubPathsWithoutACode(VolumeRules):
    """Says that a sub path is missing without the code for image volumes, and without the path."""

    def artifact(self, name: str, sub_path: str) -> StoredArtifact | None:
        try:
            return super().artifact(name, sub_path)
        except CreateContainerError:
            raise CreateContainerError("no such path") from None


class NamesMountedArtifactsByTheirName(RuntimeServicer):
    """Reports an image volume by the name that was asked for, and not by the ID."""

    def create_container(self, request: api.CreateContainerRequest) -> api.CreateContainerResponse:
        response = super().create_container(request)
        for mount, asked in zip(
            self.pods.containers[response.container_id].mounts, request.config.mounts, strict=False
        ):
            mount.image.image = asked.image.image and f"{asked.image.image} as it was written"
        return response


class ArtifactsAreImages(VolumeRules):
    """Lets a container run from an artifact."""

    def found(self, name: str) -> object:  # type: ignore[override]
        found = self.service.artifacts.find(name)
        return found if isinstance(found, StoredArtifact) else super().found(name)
