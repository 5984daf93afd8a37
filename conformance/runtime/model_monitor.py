"""The model, run beside a runtime: it predicts every call, and afterwards says what was otherwise."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from conformance.cri import CallError, CRIError
from conformance.evidence.case_records import PredictionRecord
from conformance.evidence.comparison import PullResult, difference, pull_differences, recorded_requests
from conformance.model.answers import Login
from conformance.model.auth import LEGACY_FILE, AuthFile, credentials
from conformance.model.image_facts import ImageFacts
from conformance.model.image_service import ImageLookup, ImageService
from conformance.model.image_store import ListedImage, StoredImage
from conformance.model.policy import SignaturePolicies
from conformance.model.prediction import Prediction, answer_steps
from conformance.model.profile import Profile, profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths
from conformance.model.release import Release
from conformance.model.volumes import CreateContainerError, Mount, VolumeRules, mount_depth
from conformance.registry_hosts import Internet
from conformance.registry_hosts.held_contents import HeldContents
from conformance.registry_hosts.host_answers import HostAnswers
from conformance.releases.installation import CRIO
from conformance.runtime.configuration import Configuration
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull


def model_settings(
    release: Release,
    configuration: Configuration,
    load: Callable[[RegistriesConfPaths, Path, Profile], Registries],
    *,
    root: Path,
    home: Path,
) -> ModelSettings:
    """Put a runtime into the model's terms: its ``/etc`` lies below ``root``, ``home`` is its home as it sees that."""
    auth_files = [
        AuthFile(path.replace("~", str(home), 1), text.encode(), path.endswith(LEGACY_FILE))
        for path, text in configuration.auth_files
    ]
    return ModelSettings(
        profile=profile(release),
        registries=load(RegistriesConfPaths.found(None, None, home=home, root=root), root, profile(release)),
        short_name_mode=configuration.short_name_mode or "",
        credentials=partial(credentials, auth_files),
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
            facts=partial(ImageFacts.read, contents=HeldContents(internet)),
        )

    @property
    def infra_layers(self) -> set[str]:
        """The digests of the layers of images that pods bring, and that stay when a case is over."""
        return self._service.store.other_layers

    def reset(self) -> None:
        """Begin with an empty store, but for images that pods bring, and no containers, as after ``Runtime.reset``."""
        self._containers.clear()
        self._service.clear()

    def reconfigure(self, settings: ModelSettings) -> None:
        """Go on under other settings, as after a reload."""
        self._service.reconfigure(settings)

    def share_disk(self, other: "ModelMonitor") -> None:
        """Know of what pulls left on the disk that another predicted, and let it know."""
        self._service.share_disk(other._service)  # noqa: SLF001 (of the same class)

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
        answers = self._answers
        return answer_steps(self._service.pull(name, login, namespace), answers, answers.challenges, answers.renews)

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


# What was said, and what was otherwise


def told_pull(name: str, predicted: Prediction) -> PredictionRecord:
    """Give the record of a predicted pull."""
    outcome = predicted.outcome
    asked = tuple(map(str, predicted.attempts))
    result = str(outcome.image_ref) if outcome.image else ""
    return PredictionRecord(call=f"PullImage {name}", asked=asked, result=result, error=outcome.error)


def told_status(name: str, predicted: ImageLookup) -> PredictionRecord:
    """Give the record of a predicted ImageStatus."""
    image = str(predicted.image or "no image")
    return PredictionRecord(call=f"ImageStatus {name}", result="" if predicted.error else image, error=predicted.error)


def told_list(call: str, predicted: list[ListedImage] | str) -> PredictionRecord:
    """Give the record of a predicted list of images, or of the error in its place."""
    if isinstance(predicted, str):
        return PredictionRecord(call=call, error=predicted)
    return PredictionRecord(call=call, result="; ".join(map(str, _in_order(predicted))) or "no image")


def compare_pull(predicted: Prediction, pull: Pull) -> list[str]:
    """Compare a pull with its prediction; what the store then holds is compared when that is asked."""
    outcome = predicted.outcome
    return pull_differences(
        PullResult.predicted(predicted, outcome.image_ref if outcome.image else ""),
        PullResult(recorded_requests(pull.evidence.exchanges), pull.image_ref, _message(pull.error)),
        CRIO,
    )


def compare_status(predicted: ImageLookup, found: ImageStatusResult) -> list[str]:
    """Compare the image, or the error, of ImageStatus with its prediction; give a text for each difference."""
    return [
        *difference("image", predicted.image, found.image.listed if found.image else None, CRIO),
        *compare_error(predicted.error, found.error),
    ]


def compare_error(predicted: str, error: CallError | None) -> list[str]:
    """Compare the error of a call with its prediction, an error's text or nothing."""
    return difference("error", predicted, _message(error), CRIO)


def compare_list(predicted: list[ListedImage] | str, images: list[ImageInfo], error: CallError | None) -> list[str]:
    """Compare a list of images, in whatever order, or the error in its place, with its prediction."""
    expected = predicted if isinstance(predicted, str) else _in_order(predicted)
    seen = error.message if error else _in_order([image.listed for image in images])
    return difference("images", expected, seen, CRIO)


def is_beyond_the_model(predicted: str, error: CRIError | None) -> bool:
    """Tell whether CreateContainer, which should succeed, failed for what the model does not know and is silent of."""
    if predicted or error is None:
        return False
    return error.is_from_oci_runtime or error.is_end_of_runtime or bool(error.unknown_user)


def _message(error: CallError | None) -> str:
    return error.message if error else ""


def _in_order(images: list[ListedImage]) -> list[ListedImage]:
    """Order images by what tells them apart."""
    return sorted(images, key=lambda each: (each.id, each.tags, each.digests))
