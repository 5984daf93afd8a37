"""The image service as a whole: pulls, lookups, lists and removals over one store.

Source: CRI-O server/image_pull.go, image_status.go, image_list.go, image_remove.go.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from conformance.model.answers import Login
from conformance.model.places import Note, Settings, Steps
from conformance.model.pull import Outcome, Puller
from conformance.model.reference import InvalidReference, Reference, parse
from conformance.model.store import ImageStore, Kept, Listed

NO_IMAGE = "no image specified"
_HEX = re.compile(r"[0-9a-fA-F]{3,}")


@dataclass(frozen=True, slots=True)
class Lookup:
    """What ImageStatus answers: the image, none, or ``error``, the text of the gRPC error."""

    image: Listed | None = None
    error: str = ""


class ImageService:
    """The rules of the image service under given settings.

    ``in_use`` gives the ID of a container that mounts the image of an ID, or nothing. ``puller`` makes the rules of a
    pull, which a variant may replace.
    """

    def __init__(
        self,
        settings: Settings,
        note: Note | None = None,
        in_use: Callable[[str], str] = lambda _id: "",
        puller: type[Puller] = Puller,
    ) -> None:
        self.store = ImageStore()
        self.profile = settings.profile
        self.note = note
        self.in_use = in_use
        self.puller = puller(settings, note, self.store.layers)

    def pull(self, name: str, login: Login | None = None) -> Steps[Outcome]:
        """Pull an image and keep it."""
        outcome = yield from self.puller.pull(name, login)
        if outcome.image is not None:
            self.store.add(outcome.image)
        return outcome

    def status(self, name: str) -> Lookup:
        """Look an image up: no registry is asked (``storageImageStatus``)."""
        if not name:
            return Lookup(error=NO_IMAGE)
        if (id_ := self.store.identified(name)) is not None:
            kept = self.store.images.get(id_)
            return Lookup(kept.listed()) if kept else Lookup(error=self.profile.unknown_id.format(id=id_))
        resolution = self.puller.resolve(name)
        if resolution.refusal:
            if self.profile.hex_lookups_are_ids and _HEX.fullmatch(name):
                return Lookup()
            return Lookup(error=resolution.refusal)
        if self.note and resolution.short_name:
            self.note("info", resolution.log_line)
        found = self.find(resolution.candidates)
        return Lookup(found[1].listed() if found else None)

    def find(self, candidates: tuple[Reference, ...]) -> tuple[Reference, Kept] | None:
        """Give the first candidate that is in the store, and its image."""
        return next(((each, kept) for each in candidates if (kept := self.store.named(each)) is not None), None)

    def list(self, name: str = "") -> list[Listed] | str:
        """List all images, or the one of that name; a text is the error (``listImages``)."""
        if name:
            lookup = self.status(name)
            return lookup.error or ([self.described(self.store.images[lookup.image.id])] if lookup.image else [])
        return [self.described(kept) for kept in self.store.images.values()]

    def described(self, kept: Kept) -> Listed:
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
            used = self.used(id_, name) if self.profile.guards_ids else ""
            if not used:
                self.store.delete(id_)
            return used
        resolution = self.puller.resolve(name)
        if resolution.refusal:
            return resolution.refusal
        if (found := self.find(resolution.candidates)) is not None:
            reference, kept = found
            if used := self.used(kept.id, str(reference)):
                return used
            self.store.untag(kept, reference)
        return self.artifact_trouble(name)

    def artifact_trouble(self, name: str) -> str:
        """Give what the artifact store says, which is asked for the name as well."""
        try:
            reference = parse(name)
        except InvalidReference:
            return ""
        if self.profile.refuses_tag_and_digest and reference.tag and reference.digest and not reference.is_short:
            return "failed to get artifact: invalid nameOrDigest: reference cannot be tagged and digested"
        return ""

    def used(self, id_: str, name: str) -> str:
        """Refuse to remove an image that a container mounts (``volumeInUse``)."""
        container = self.in_use(id_)
        return self.profile.in_use.format(name=name, container=container) if container else ""
