"""The artifact store: what is kept in it under which names, and what looking up and removing do.

Source: CRI-O internal/ociartifact/store.go up to 1.35.0 and, from 1.35.1 on, containers/common
pkg/libartifact/store.go; both keep an OCI layout (containers/image oci/layout/oci_dest.go, ``addManifest``;
oci/layout/oci_delete.go, ``DeleteImage``).
"""

from collections import Counter
from dataclasses import dataclass

from conformance.model.go_text import go_quote
from conformance.model.image_copy import PulledImage
from conformance.model.image_store import SHORTEST_ID, ListedImage
from conformance.model.profile import Profile
from conformance.model.reference import InvalidReferenceError, Reference, parse, parse_canonical, parse_normalized
from conformance.model.registries import Registries
from conformance.model.resolution import resolve_locally

UNNAMED = "unknown"
"""What an artifact is called that has lost its name (CRI-O internal/ociartifact, ``unknownRef``)."""


@dataclass
class StoredArtifact:
    """An artifact in the store.

    ``name`` is its name with tag or digest, empty where another artifact got it; ``manifest`` is the digest of its
    manifest, ``id`` what it is known by, 64 hex digits; ``titles`` are what its layers are called, ``blobs`` are the
    digests of all its parts, and ``size`` is that of the layers, in bytes. What is ``pinned`` is not to be collected as
    garbage.
    """

    name: str
    manifest: str
    id: str
    titles: tuple[str, ...]
    blobs: tuple[str, ...]
    size: int = 0
    pinned: bool = False

    @property
    def reference(self) -> str:
        """Its name, as far as it has one."""
        return self.name or UNNAMED

    @property
    def canonical(self) -> str:
        """Its repository with its digest, as ``repo_digests`` has it; without a name, the repository is ``unknown``."""
        repository = parse_normalized(self.name).name if self.name else UNNAMED
        return f"{repository}@sha256:{self.id}"

    def listed(self) -> ListedImage:
        """Give it as the CRI lists it (CRI-O internal/ociartifact/artifact.go, ``CRIImage``)."""
        tags = (self.name,) if self.name and "@" not in self.name else ()
        return ListedImage(self.id, tags, (self.canonical,), self.size, pinned=self.pinned)

    def below(self, sub_path: str) -> tuple[str, ...]:
        """Name the files that are mounted, below a sub path where one is given.

        Source: CRI-O server/container_create_linux.go, ``FilterMountPathsBySubPath``, since 1.33.
        """
        titled = tuple(filter(None, self.titles))
        if is_whole_artifact(sub_path):
            return titled
        folder = f"{clean_path(sub_path)}/"
        return tuple(each.removeprefix(folder) for each in titled if each.startswith(folder))


def is_whole_artifact(sub_path: str) -> bool:
    """Tell whether a sub path means all that there is."""
    return sub_path in {"", "."}


class ArtifactStore:
    """Artifacts in the order of the layout's index. ``blobs`` is what is on the disk, also of pulls that failed."""

    def __init__(self, profile: Profile, registries: Registries) -> None:
        self.profile = profile
        self.registries = registries
        self.kept: list[StoredArtifact] = []
        self.blobs: set[str] = set()

    def clear(self) -> None:
        """Take all artifacts away; what failed pulls left on the disk stays."""
        self.blobs.difference_update(blob for each in self.kept for blob in each.blobs)
        self.kept.clear()

    def add(self, copied: PulledImage) -> StoredArtifact:
        """Take an artifact: its name leaves the artifact that had it, and its like without a name makes room."""
        manifest = copied.manifest
        digest = manifest.digest if self.profile.libartifact else manifest.rewritten
        new = StoredArtifact(
            name=str(copied.reference),
            manifest=manifest.digest,
            id=digest.partition(":")[2],
            titles=manifest.titles,
            blobs=(manifest.digest, manifest.config, *manifest.layers),
            size=manifest.size,
            pinned=self.profile.pins_artifacts,
        )
        for each in self.kept:
            if each.name == new.name:
                each.name = ""
        same = next((at for at, each in enumerate(self.kept) if each.manifest == new.manifest and not each.name), None)
        if same is None:
            self.kept.append(new)
        else:
            self.kept[same] = new
        return new

    @property
    def listed(self) -> list[StoredArtifact]:
        """What a list has, in order (``List``)."""
        if not self.profile.lists_names_once:
            return self.kept
        first = {each.reference: each for each in reversed(self.kept)}
        return [each for each in self.kept if first[each.reference] is each]

    def known(self, id_: str) -> StoredArtifact | None:
        """Give the artifact of just that ID (64 hex digits), none where it is not kept."""
        return next((each for each in self.kept if each.id == id_), None)

    def find(self, name: str) -> StoredArtifact | str | None:
        """Give the artifact that a name or digest means, or none; a text is the error (``Status``)."""
        return self._find_whole(name) if self.profile.libartifact else self._find_any(name)

    def _find_any(self, name: str) -> StoredArtifact | str | None:
        """Find by the beginning of a digest, then by name, short or not.

        Source: CRI-O internal/ociartifact/store.go, ``getByNameOrDigest``.
        """
        if len(name) >= SHORTEST_ID:
            for each in self.kept:
                if each.id.startswith(name):
                    return each
        resolution = resolve_locally(name, self.registries)
        if resolution.refusal:
            why = f"get candidates for potentially short image name: {resolution.refusal}"
            return f"get artifact by name or digest: {why}"
        for candidate in map(str, resolution.candidates):
            for each in self.kept:
                if candidate in {each.reference, each.canonical}:
                    return each
        return None

    def _find_whole(self, name: str) -> StoredArtifact | str | None:
        """Find by a name that is whole, or by the beginning of a digest.

        Source: containers/common pkg/libartifact/store.go, ``lookupArtifactLocked``.
        """
        try:
            reference = parse_canonical(name)
        except InvalidReferenceError:
            return self._identified(name)
        if reference.tag and reference.digest:
            return "invalid nameOrDigest: reference cannot be tagged and digested"
        if not reference.digest:
            return next((each for each in self.kept if each.name == str(reference.with_default_tag())), None)
        return next((each for each in self.kept if each.name and _is_same(each, reference)), None)

    def _identified(self, digits: str) -> StoredArtifact | str | None:
        """Find by the beginning of a digest, unless several begin so."""
        found = [each for each in self.kept if each.id.startswith(digits)]
        if len(found) > 1:
            names = ",".join(each.name for each in found)
            return f"inspect artifact: multiple artifacts found with matching digest: {go_quote(names)}"
        return found[0] if found else None

    def remove(self, name: str) -> None:
        """Take an artifact away, if its own name is given (``Remove``); what cannot be is only logged."""
        found = self.find(name)
        if not isinstance(found, StoredArtifact):
            return
        if not self.profile.libartifact and not found.id.startswith(name):
            found = next((each for each in self.kept if each.name == name), None)
        if found is not None and (found.name or (self.profile.libartifact and len(self.kept) == 1)):
            self._delete(found)

    def _delete(self, artifact: StoredArtifact) -> None:
        """Take an artifact away, with what no other needs."""
        used = Counter(blob for each in self.kept for blob in each.blobs)
        used.subtract(artifact.blobs)
        self.blobs -= {blob for blob in artifact.blobs if not used[blob]}
        self.kept.remove(artifact)


def _is_same(artifact: StoredArtifact, reference: Reference) -> bool:
    """Tell whether an artifact is what a name with a digest means."""
    return parse(artifact.name).name == reference.name and reference.digest == f"sha256:{artifact.id}"


def clean_path(path: str) -> str:
    """Give the shortest path that means the same (Go's ``filepath.Clean``)."""
    parts: list[str] = []
    for part in path.split("/"):
        if part in {"", "."}:
            continue
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".." or not path.startswith("/"):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts) or "."
