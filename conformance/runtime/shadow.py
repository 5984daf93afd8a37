"""The model, run beside a runtime: it says before every call what will be seen, and afterwards what was otherwise."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from conformance.cri import CRIError
from conformance.evidence import Evidence
from conformance.internet import Internet
from conformance.internet.answers import Answers
from conformance.internet.recorder import Exchange, Kind
from conformance.model.answers import Login
from conformance.model.places import Settings
from conformance.model.prediction import Attempt, Prediction, follow
from conformance.model.profile import profile
from conformance.model.registries import Registries
from conformance.model.registries_conf import Paths
from conformance.model.release import Release
from conformance.model.service import ImageService, Lookup
from conformance.model.store import Listed
from conformance.model.volumes import Mount, Refused, Volumes
from conformance.runtime.configuration import Configuration
from conformance.runtime.pull import Found, Pull, StoredImage

REDIRECTIONS = range(300, 400)


def settings(
    release: Release, configuration: Configuration, load: Callable[[Paths, Path], Registries], *, root: Path, home: Path
) -> Settings:
    """Put a runtime into the model's terms: its ``/etc`` lies below ``root``, ``home`` is its home as it sees that."""
    return Settings(
        profile=profile(release),
        registries=load(Paths.found(None, None, home=home, root=root), root),
        short_name_mode=configuration.short_name_mode or "",
    )


class Created(NamedTuple):
    """What CreateContainer comes to: the IDs of the images that are mounted, or ``error``, the text of the error."""

    mounted: tuple[str, ...] = ()
    error: str = ""


class Shadow:
    """What the model says about one runtime with those settings and that internet around it."""

    def __init__(self, settings: Settings, internet: Internet) -> None:
        self._answers = Answers(internet)
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Begin with an empty store."""
        self._mounted: dict[str, list[str]] = {}
        self._service = ImageService(self._settings, in_use=lambda image: next(iter(self._mounted.get(image, ())), ""))

    def mount(self, images: Iterable[str], container: str) -> None:
        """Take note that a container has images, by ID, as volumes."""
        for image in images:
            self._mounted.setdefault(image, []).append(container)

    def unmount(self, container: str) -> None:
        """Take note that a container is gone."""
        for containers in self._mounted.values():
            if container in containers:
                containers.remove(container)

    # What will be seen

    def pull(self, name: str, login: Login | None) -> Prediction:
        """Pull in the model."""
        return follow(self._service.pull(name, login), self._answers)

    def status(self, name: str) -> Lookup:
        """Look up in the model."""
        return self._service.status(name)

    def images(self, name: str) -> list[Listed] | str:
        """List in the model, all images or those of a name; a text is the error."""
        return self._service.list(name)

    def remove(self, name: str) -> str:
        """Remove in the model; gives the error."""
        return self._service.remove(name)

    def create(self, image: str, mounts: Iterable[Mount]) -> Created:
        """Create a container of an image (none: it is there) with mounts, images by the names that are given."""
        rules = Volumes(self._service)
        try:
            if image:
                rules.image(image)
            return Created(tuple(kept.id for mount in mounts if (kept := rules.mount(mount))))
        except Refused as refused:
            return Created(error=str(refused))


# What was otherwise


def pull_differences(predicted: Prediction, pull: Pull) -> list[str]:
    """Compare a pull with its prediction: who was asked for what and as whom, the image, the error."""
    outcome = predicted.outcome
    image_ref = outcome.image_ref if outcome.image else ""
    return [
        *_different("asked", predicted.attempts, _asked(pull.evidence)),
        *_different("error", outcome.error, pull.error.message if pull.error else ""),
        *_different("image_ref", image_ref, pull.image_ref),
    ]


def status_differences(predicted: Lookup, found: Found) -> list[str]:
    """Compare a lookup with its prediction."""
    return [
        *_different("image", predicted.image, _listed(found.image)),
        *_different("error", predicted.error, found.error.message if found.error else ""),
    ]


def error_differences(predicted: str, error: CRIError | None) -> list[str]:
    """Compare the error of a call with its prediction, an error's text or nothing."""
    return _different("error", predicted, error.message if error else "")


def list_differences(predicted: list[Listed] | str, images: list[StoredImage], error: CRIError | None) -> list[str]:
    """Compare a list of images, in whatever order, or the error in its place, with its prediction."""
    expected = predicted if isinstance(predicted, str) else sorted(predicted)
    return _different("images", expected, error.message if error else sorted(filter(None, map(_listed, images))))


def _different(what: str, predicted: object, seen: object) -> list[str]:
    """Tell a difference, both sides one above the other."""
    return [] if predicted == seen else [f"{what}:\n    the model: {predicted}\n    CRI-O:     {seen}"]


def _listed(image: StoredImage | None) -> Listed | None:
    """Put an image of the runtime's into the model's terms."""
    return Listed(image.id, tuple(image.tags), tuple(image.digests)) if image else None


def _asked(evidence: Evidence) -> list[Attempt]:
    """Read off the exchanges what each host was asked; a redirected request counts where it ends."""
    return [
        Attempt(
            attempt.host,
            tuple(each.reference for each in attempt.exchanges if _is_answered_manifest(each)),
            attempt.users,
        )
        for attempt in evidence.attempts
    ]


def _is_answered_manifest(exchange: Exchange) -> bool:
    """Tell whether an exchange is about a manifest and more than a redirection."""
    return exchange.kind is Kind.MANIFEST and exchange.status not in REDIRECTIONS
