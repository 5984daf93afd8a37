"""Faults about what is in the store, and what is said of it."""

from collections.abc import Callable

from conformance.cri.v1 import api_pb2 as api
from conformance.model.answers import Login
from conformance.model.image_copy import PulledImage
from conformance.model.image_service import ImageLookup, ImageService
from conformance.model.image_store import ImageStore, ListedImage, StoredImage
from conformance.model.pull_sources import Steps
from conformance.model.puller import Outcome, Puller
from conformance.simulator.image_servicer import ImageServicer


class StatusAsksTheNetwork(ImageServicer):
    """Asks the registries when an image is looked up."""

    async def image_status(self, request: api.ImageStatusRequest) -> api.ImageStatusResponse:  # type: ignore[override]
        for reference in self.service.puller.resolve(request.image.image).candidates:
            await self.drive(self.service.puller.candidate(reference, None))
        return super().image_status(request)


class MissingIsAnError(ImageService):
    """Fails when an image is looked up that is not there."""

    def status(self, name: str) -> ImageLookup:
        lookup = super().status(name)
        return lookup if lookup.image or lookup.error else ImageLookup(error=f"image {name} not found")


class FindsNoShortName(ImageService):
    """Finds nothing by a short name."""

    def image_status(self, name: str) -> ImageLookup:
        lookup = super().image_status(name)
        short = self.store.identified(name) is None and self.puller.resolve(name).short_name
        return ImageLookup() if lookup.image and short else lookup


class UnknownIdsAreNoError(ImageService):
    """Finds nothing under an ID that no image has, as later releases do."""

    release_line = "1.31"

    def image_status(self, name: str) -> ImageLookup:
        lookup = super().image_status(name)
        return ImageLookup() if "image not known" in lookup.error else lookup


class _Identifying(ImageService):
    """Finds images by ID in another way."""

    def __init__(self, *arguments: object, **options: object) -> None:
        make: Callable[..., None] = super().__init__
        make(*arguments, **options)
        self.store.identified = self.identified  # type: ignore[method-assign]

    def identified(self, text: str) -> str | None:
        raise NotImplementedError


class FindsNoId(_Identifying):
    """Does not find an image by its ID."""

    def identified(self, text: str) -> str | None:
        del text
        return None


class FindsNoShortId(_Identifying):
    """Does not find an image by the beginning of its ID."""

    def identified(self, text: str) -> str | None:
        found = ImageStore.identified(self.store, text)
        return found if found == text else None


class _Listing(ImageService):
    """Keeps an image in the store otherwise."""

    def __init__(self, *arguments: object, **options: object) -> None:
        make: Callable[..., None] = super().__init__
        make(*arguments, **options)
        self.store.add = self.added  # type: ignore[method-assign]

    def added(self, copied: PulledImage) -> StoredImage:
        return ImageStore.add(self.store, copied)


class OldNamesStay(_Listing):
    """Leaves a tag with the image that had it when another image gets it."""

    def added(self, copied: PulledImage) -> StoredImage:
        named = {image.id: list(image.names) for image in self.store.images.values()}
        kept = super().added(copied)
        for id_, names in named.items():
            self.store.images[id_].names = list(dict.fromkeys([*self.store.images[id_].names, *names]))
        return kept


class DigestsOfTheWrongHost(_Listing):
    """Names the digests of every image as docker.io's."""

    def added(self, copied: PulledImage) -> StoredImage:
        kept = super().added(copied)
        wrong = tuple(f"docker.io/{each.partition('/')[2]}" for each in kept.listed().digests)
        kept.listed = lambda: StoredImage.listed(kept)._replace(digests=wrong)  # type: ignore[method-assign]
        return kept


class AnswersWithTheDigest(Puller):
    """Answers a pull with name and digest, as older releases do, and not with the ID."""

    def image_ref(self, copied: PulledImage) -> str:
        return f"{copied.reference.name}@{copied.manifest.digest}"


class AnswersWithTheIdTooEarly(Puller):
    """Answers a pull with the ID, as later releases do."""

    release_line = "1.33"

    def image_ref(self, copied: PulledImage) -> str:
        return copied.id


class FailedPullsStay(Puller):
    """Keeps an image in the store although a part of it did not come."""

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        outcome = yield from super().pull(name, login)
        return outcome._replace(image=self._half) if outcome.error and self._half else outcome

    _half: PulledImage | None = None

    def content(self, *arguments: object) -> Steps[object]:  # type: ignore[override]
        reference, _, manifest, top, _ = arguments
        self._half = PulledImage(reference, manifest, top)  # type: ignore[arg-type]
        return (yield from super().content(*arguments))  # type: ignore[arg-type]


class RemovesAllNames(ImageService):
    """Removes an image with all its names when one of them is removed."""

    def remove(self, name: str) -> str:
        found = self.status(name).image
        error = super().remove(name)
        if found and not error:
            self.store.delete(found.id)
        return error


class RemovesNothing(ImageService):
    """Says that an image is removed, and leaves it."""

    def remove(self, name: str) -> str:
        return "" if self.store.identified(name) is None and name else super().remove(name)


class RemovesByDigest(ImageService):
    """Removes an image that was pulled by a tag when one of its digests is removed."""

    def remove(self, name: str) -> str:
        found = self.status(name).image if "@" in name else None
        error = super().remove(name)
        if found and not error:
            self.store.delete(found.id)
        return error


class RemovingWhatIsMissingFails(ImageService):
    """Fails when an image is removed that is not there."""

    def remove(self, name: str) -> str:
        lookup = self.status(name)
        return super().remove(name) or ("" if lookup.image or lookup.error else f"image {name} not found")


class ListsNothing(ImageService):
    """Lists no image."""

    def list(self, name: str = "") -> list[ListedImage] | str:
        return super().list(name) if name else []


class FiltersNothing(ImageService):
    """Lists all images whatever the filter."""

    def list(self, name: str = "") -> list[ListedImage] | str:
        found = super().list(name)
        return found if isinstance(found, str) else super().list()


class TellsNoFileSystem(ImageServicer):
    """Does not report where images are kept."""

    def image_fs_info(self, request: api.ImageFsInfoRequest) -> api.ImageFsInfoResponse:
        response = super().image_fs_info(request)
        for each in response.image_filesystems:
            each.fs_id.mountpoint = ""
        return response
