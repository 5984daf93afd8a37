"""The image service as a whole: pulls, lookups, lists and removals over one store.

Source: CRI-O server/image_pull.go, server/image_status.go, server/image_list.go, server/image_remove.go.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from conformance.model.answers import Login
from conformance.model.artifact_store import ArtifactStore, StoredArtifact
from conformance.model.image_copy import PulledImage
from conformance.model.image_facts import ImageFacts
from conformance.model.image_store import ImageStore, ListedImage, StoredImage
from conformance.model.profile import Fallback
from conformance.model.pull_sources import LogWriter, ModelSettings, Steps
from conformance.model.puller import Outcome, Puller
from conformance.model.reference import Reference

NO_IMAGE = "no image specified"
_HEX = re.compile(r"[0-9a-fA-F]{3,}")


@dataclass(frozen=True, slots=True)
class ImageLookup:
    """What ImageStatus answers: the image, or none, or ``error``, the text of the gRPC error."""

    image: ListedImage | None = None
    error: str = ""


class ImageService:
    """The rules of the image service under given settings.

    ``in_use`` gives the ID of the newest container that mounts the image of an ID, ``runs`` of the newest whose own
    image it is, or nothing. ``puller`` makes the rules of a pull, which a variant may replace, and ``facts`` reads what
    the content of an image says.
    """

    def __init__(
        self,
        settings: ModelSettings,
        log: LogWriter | None = None,
        *,
        in_use: Callable[[str], str] = lambda _id: "",
        runs: Callable[[str], str] = lambda _id: "",
        puller: type[Puller] = Puller,
        facts: Callable[[PulledImage], ImageFacts] = lambda _image: ImageFacts(),
    ) -> None:
        self.store = ImageStore()
        self.artifacts = ArtifactStore(settings.profile, settings.registries)
        self.profile = settings.profile
        self.log = log
        self.in_use = in_use
        self.runs = runs
        self.facts = facts
        self.puller = puller(settings, log, self.store.layers, self.artifacts.blobs)

    def clear(self) -> None:
        """Take all images and artifacts away, whatever uses them; what failed pulls left on the disk stays."""
        self.store.images.clear()
        self.artifacts.clear()

    def reconfigure(self, settings: ModelSettings) -> None:
        """Go on under other settings, as after a reload: what is stored stays."""
        self.artifacts.registries = settings.registries
        self.puller = type(self.puller)(settings, self.log, self.store.layers, self.artifacts.blobs)

    def share_disk(self, other: "ImageService") -> None:
        """Know of what another's pulls left on the disk, and let it know: both are about one runtime."""
        self.store.left_layers, self.store.other_layers = other.store.left_layers, other.store.other_layers
        self.artifacts.blobs = other.artifacts.blobs
        self.reconfigure(self.puller.settings)

    @property
    def left_on_disk(self) -> tuple[frozenset[str], frozenset[str]]:
        """What there is on the disk, also of pulls that failed: layers without an image, and parts of artifacts."""
        return frozenset(self.store.left_layers), frozenset(self.artifacts.blobs)

    def forget_left(self, before: tuple[frozenset[str], frozenset[str]]) -> None:
        """Know of no more on the disk than there was before."""
        self.store.left_layers.intersection_update(before[0])
        self.artifacts.blobs.intersection_update(before[1])

    def pull(self, name: str, login: Login | None = None, namespace: str = "") -> Steps[Outcome]:
        """Pull an image or artifact, for a pod of a namespace or for none, and keep it."""
        outcome = yield from self.puller.for_namespace(namespace).pull(name, login)
        if outcome.image is None:
            return outcome
        if outcome.image.is_artifact:
            self.artifacts.add(outcome.image)
        else:
            self.store.add(outcome.image).learn(self.facts(outcome.image))
        return outcome

    def status(self, name: str) -> ImageLookup:
        """Look an image up, or else an artifact: no registry is asked (``ImageStatus``)."""
        if not name:
            return ImageLookup(error=NO_IMAGE)
        lookup = self.image_status(name)
        if lookup.error or lookup.image:
            return lookup
        artifact = self.artifacts.find(name)
        return ImageLookup(artifact.listed()) if isinstance(artifact, StoredArtifact) else lookup

    def image_status(self, name: str) -> ImageLookup:
        """Look an image up by ID or name, artifacts left out (CRI-O server/image_status.go, ``storageImageStatus``)."""
        if (id_ := self.store.identified(name)) is not None:
            kept = self.store.images.get(id_)
            return ImageLookup(kept.listed()) if kept else ImageLookup(error=self.profile.unknown_id.format(id=id_))
        resolution = self.puller.resolve(name)
        if resolution.refusal:
            if self.profile.hex_lookups_are_ids and _HEX.fullmatch(name):
                return ImageLookup()
            return ImageLookup(error=resolution.refusal)
        if self.log and resolution.short_name:
            self.log("info", resolution.log_line)
        found = self.find(resolution.candidates)
        return ImageLookup(found[1].listed() if found else None)

    def find(self, candidates: tuple[Reference, ...]) -> tuple[Reference, StoredImage] | None:
        """Give the first candidate that is in the store, and its image."""
        return next(((each, kept) for each in candidates if (kept := self.store.named(each)) is not None), None)

    def keeps(self, id_: str) -> bool:
        """Tell whether an image or artifact of that ID is there."""
        return id_ in self.store.images or self.artifacts.known(id_) is not None

    def list(self, name: str = "") -> list[ListedImage] | str:
        """List all images and artifacts, or what has that name; a text is the error (CRI-O server/image_list.go)."""
        if not name:
            images = [self.described(kept) for kept in self.store.images.values()]
            return images + [each.listed() for each in self.artifacts.listed]
        lookup = self.image_status(name)
        if lookup.error:
            return lookup.error
        found = [self.described(self.store.images[lookup.image.id])] if lookup.image else []
        artifact = self.artifacts.find(name) if self.profile.lists_both or not found else None
        return [*found, artifact.listed()] if isinstance(artifact, StoredArtifact) else found

    def described(self, kept: StoredImage) -> ListedImage:
        """Give an image as a list has it: one that lost its name still shows where it was from (``ConvertImage``)."""
        listed = kept.listed()
        if not listed.digests and kept.former:
            return listed._replace(digests=(f"{kept.former.partition(':')[0]}@{kept.digests[0]}",))
        return listed

    def remove(self, name: str) -> str:
        """Remove an image by ID, or one of its names; gives the error's text, none for success (``removeImage``)."""
        if not name:
            return NO_IMAGE
        if (id_ := self.store.identified(name)) is not None:
            return self.remove_id(id_, name)
        resolution = self.puller.resolve(name)
        if resolution.refusal:
            return resolution.refusal
        if (found := self.find(resolution.candidates)) is not None:
            reference, kept = found
            used = self.refusal_if_mounted(kept.id, str(reference))
            if used or (self.store.is_last_name(kept, reference) and (used := self.refusal_if_running(kept.id))):
                return used
            self.store.untag(kept, reference)
        return self.remove_artifact(name)

    def remove_id(self, id_: str, name: str) -> str:
        """Remove an image with all its names, if it is there."""
        if self.profile.guards_ids and (used := self.refusal_if_mounted(id_, name)):
            return used
        if used := self.refusal_if_running(id_):
            return f"delete image: {used}"
        self.store.delete(id_)
        return ""

    def remove_artifact(self, name: str) -> str:
        """Remove what has the name in the artifact store, which is asked for it whatever became of an image."""
        artifact = self.artifacts.find(name)
        if isinstance(artifact, str):
            return f"failed to get artifact: {artifact}" if self.keeps_artifacts else ""
        if artifact is None:
            return ""
        if used := self.refusal_if_mounted(artifact.id, name):
            return used
        self.artifacts.remove(name)
        return ""

    @property
    def keeps_artifacts(self) -> bool:
        """Whether the release has an artifact store."""
        return self.profile.artifact is not Fallback.NEVER

    def refusal_if_mounted(self, id_: str, name: str) -> str:
        """Give the refusal to remove an image that a container mounts, empty where none does (``volumeInUse``)."""
        container = self.in_use(id_)
        return self.profile.in_use.format(name=name, container=container) if container else ""

    def refusal_if_running(self, id_: str) -> str:
        """Give the refusal to delete an image that is a container's own, empty where it is none's.

        Source: containers/storage store.go, ``DeleteImage``.
        """
        container = self.runs(id_)
        return f"image used by {container}: image is in use by a container" if container else ""
