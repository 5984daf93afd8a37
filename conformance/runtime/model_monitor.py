"""The model, run beside a runtime: it predicts every call, and afterwards says what was otherwise."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from conformance.cri import CallError
from conformance.evidence import Evidence
from conformance.model.answers import Login
from conformance.model.go_json import without_go_types
from conformance.model.image_service import ImageLookup, ImageService
from conformance.model.image_store import ListedImage, StoredImage
from conformance.model.policy import SignaturePolicies
from conformance.model.prediction import HostRequests, Prediction, answer_steps
from conformance.model.profile import profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.model.release import Release
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules, mount_depth
from conformance.registry_hosts import Internet
from conformance.registry_hosts.host_answers import HostAnswers
from conformance.registry_hosts.recorder import Exchange, RequestKind
from conformance.runtime.configuration import Configuration
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull

REDIRECTIONS = range(300, 400)


def model_settings(
    release: Release,
    configuration: Configuration,
    load: Callable[[RegistriesConfPaths, Path], Registries],
    *,
    root: Path,
    home: Path,
) -> ModelSettings:
    """Put a runtime into the model's terms: its ``/etc`` lies below ``root``, ``home`` is its home as it sees that."""
    return ModelSettings(
        profile=profile(release),
        registries=load(RegistriesConfPaths.found(None, None, home=home, root=root), root),
        short_name_mode=configuration.short_name_mode or "",
        policies=SignaturePolicies(dict(configuration.policies), configuration.signature_policy, str(home)),
    )


class PredictedContainer(NamedTuple):
    """What CreateContainer comes to.

    ``image`` is the ID of the container's own image, empty where that is none of a case's, ``mounted`` are the IDs of
    the images and artifacts that are mounted, ``error`` the text of the error; ``unsure`` says that an image's content
    decides whether there is one, which the model does not know.
    """

    image: str = ""
    mounted: tuple[str, ...] = ()
    error: str = ""
    unsure: bool = False


class ModelMonitor:
    """What the model says about one runtime with those settings and that internet around it."""

    def __init__(self, settings: ModelSettings, internet: Internet) -> None:
        self._answers = HostAnswers(internet)
        self._containers: dict[str, PredictedContainer] = {}
        self._service = ImageService(
            settings,
            in_use=lambda image: self._newest(lambda made: image in made.mounted),
            runs=lambda image: self._newest(lambda made: image == made.image),
        )

    def reset(self) -> None:
        """Begin with an empty store and no containers, as the runtime does after ``reset``."""
        self._containers.clear()
        self._service.clear()

    def created(self, container: str, made: PredictedContainer) -> None:
        """Take note that a container is there."""
        self._containers[container] = made

    def removed(self, container: str) -> None:
        """Take note that a container is gone."""
        self._containers.pop(container, None)

    def _newest(self, uses: Callable[[PredictedContainer], bool]) -> str:
        """Give the newest container of that kind, or nothing (CRI-O internal/memorystore)."""
        return next((each for each, made in reversed(self._containers.items()) if uses(made)), "")

    # What will be seen

    def pull(self, name: str, login: Login | None, namespace: str = "") -> Prediction:
        """Predict a pull, for a pod of a namespace if need be, and keep in the model what comes of it."""
        return answer_steps(self._service.pull(name, login, namespace), self._answers, self._answers.challenges)

    def status(self, name: str) -> ImageLookup:
        """Predict ImageStatus of a name or ID."""
        return self._service.status(name)

    def images(self, name: str) -> list[ListedImage] | str:
        """Predict a list of all images, or those of a name; a text is the error."""
        return self._service.list(name)

    def remove(self, name: str) -> str:
        """Predict a removal, and do it in the model; give the error's text.

        An image that is gone is mounted no more, whoever had it.
        """
        error = self._service.remove(name)
        for container, made in self._containers.items():
            left = tuple(image for image in made.mounted if self._service.keeps(image))
            self._containers[container] = made._replace(mounted=left)
        return error

    def create(self, image: str, user_specified: str, mounts: Iterable[Mount], namespace: str) -> PredictedContainer:
        """Predict CreateContainer for an image (empty: one that pods bring) with mounts, named as in the request."""
        rules = VolumeRules(self._service).for_namespace(namespace)
        try:
            own = rules.image(image, user_specified).id if image else ""
            ordered = sorted(mounts, key=lambda mount: mount_depth(mount.container_path))
            kept = [(mount, found) for mount in ordered if (found := rules.mount(mount))]
        except CreateContainerError as refused:
            return PredictedContainer(error=str(refused))
        seen = [found.id for mount, found in kept if isinstance(found, StoredImage) or found.below(mount.sub_path)]
        unsure = any(mount.sub_path and isinstance(found, StoredImage) for mount, found in kept)
        return PredictedContainer(own, tuple(seen), unsure=unsure)


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


def status_differences(predicted: ImageLookup, found: ImageStatusResult) -> list[str]:
    """Compare the image, or the error, of ImageStatus with its prediction; give a text for each difference."""
    return [
        *_different("image", predicted.image, _listed(found.image)),
        *_different("error", predicted.error, found.error.message if found.error else ""),
    ]


def error_differences(predicted: str, error: CallError | None) -> list[str]:
    """Compare the error of a call with its prediction, an error's text or nothing."""
    return _different("error", predicted, error.message if error else "")


def list_differences(predicted: list[ListedImage] | str, images: list[ImageInfo], error: CallError | None) -> list[str]:
    """Compare a list of images, in whatever order, or the error in its place, with its prediction."""
    expected = predicted if isinstance(predicted, str) else sorted(predicted)
    return _different("images", expected, error.message if error else sorted(filter(None, map(_listed, images))))


def _different(what: str, predicted: object, seen: object) -> list[str]:
    """Word a difference, both sides one above the other."""
    if isinstance(predicted, str) and isinstance(seen, str):
        predicted, seen = without_go_types(predicted), without_go_types(seen)
    return [] if predicted == seen else [f"{what}:\n    the model: {predicted}\n    CRI-O:     {seen}"]


def _listed(image: ImageInfo | None) -> ListedImage | None:
    """Put an image of the runtime's into the model's terms."""
    return ListedImage(image.id, tuple(image.tags), tuple(image.digests)) if image else None


def _asked(evidence: Evidence) -> list[HostRequests]:
    """Read off the exchanges what each host was asked; a redirected request counts where it ends."""
    return [
        HostRequests(
            attempt.host,
            tuple(each.reference for each in attempt.exchanges if _is_answered_manifest(each)),
            attempt.users,
        )
        for attempt in evidence.attempts
    ]


def _is_answered_manifest(exchange: Exchange) -> bool:
    """Tell whether an exchange is about a manifest and more than a redirection."""
    return exchange.kind is RequestKind.MANIFEST and exchange.status not in REDIRECTIONS
