"""The model beside somebody's CRI-O: it predicts by the names that the node is asked by, and is read by the case's."""

from collections.abc import Callable, Iterable

from conformance.model.answers import Login
from conformance.model.image_service import ImageLookup
from conformance.model.image_store import ListedImage
from conformance.model.prediction import Prediction
from conformance.model.pull_sources import ModelSettings
from conformance.model.volumes import Mount
from conformance.registry_hosts import Internet
from conformance.runtime.model_monitor import ModelMonitor, PredictedContainer
from conformance.runtime.redirected_names import RedirectedNames
from conformance.runtime.runtime import CapabilityError


class RedirectedModel(ModelMonitor):
    """A model monitor whose names are written otherwise on the node; ``prepare`` is called before each prediction."""

    def __init__(
        self, settings: ModelSettings, internet: Internet, names: RedirectedNames, prepare: Callable[[], None]
    ) -> None:
        super().__init__(settings, internet)
        self._names = names
        self._prepare = prepare

    def _outward(self, name: str, *, pulled: bool = False) -> str:
        """Give the name that the node is asked by, where that counts by now."""
        outward = self._names.outward(name, pulled=pulled)
        self._prepare()
        return outward

    def pull(self, name: str, login: Login | None, namespace: str = "") -> Prediction:
        """Predict a pull by the name that the node is asked by.

        One that would leave parts of what failed on the disk is not made: ``CapabilityError``.
        """
        outward = self._outward(name, pulled=True)
        before = self._service.left_on_disk
        predicted = super().pull(outward, login, namespace)
        if predicted.outcome.image is None and self._service.left_on_disk != before:
            self._service.forget_left(before)
            raise CapabilityError("hermetic", "a pull that fails leaves parts on the node's disk that no call removes")
        inward, host = self._names.inward, self._names.host_named
        outcome = predicted.outcome
        return predicted._replace(
            asked=tuple((ask._replace(host=host(ask.host)), answer) for ask, answer in predicted.asked),
            outcome=outcome._replace(error=inward(outcome.error), image_ref=inward(outcome.image_ref)),
            challenging=frozenset(map(host, predicted.challenging)),
            renewing=frozenset(map(host, predicted.renewing)),
        )

    def status(self, name: str) -> ImageLookup:
        """Predict ImageStatus of the name that the node is asked by."""
        found = super().status(self._outward(name))
        return ImageLookup(found.image and self._listed(found.image), self._names.inward(found.error))

    def images(self, name: str) -> list[ListedImage] | str:
        """Predict a list by the name that the node is asked by."""
        found = super().images(self._outward(name))
        return self._names.inward(found) if isinstance(found, str) else list(map(self._listed, found))

    def remove(self, name: str) -> str:
        """Predict a removal by the name that the node is asked by."""
        return self._names.inward(super().remove(self._outward(name)))

    def create(self, image: str, user_specified: str, mounts: Iterable[Mount], namespace: str) -> PredictedContainer:
        """Predict CreateContainer by the names that the node is asked by."""
        outward = self._outward
        theirs = [
            each._replace(image=outward(each.image), user_specified=outward(each.user_specified)) for each in mounts
        ]
        predicted = super().create(outward(image), outward(user_specified), theirs, namespace)
        return predicted._replace(error=self._names.inward(predicted.error))

    def _listed(self, image: ListedImage) -> ListedImage:
        inward = self._names.inward
        return image._replace(tags=tuple(map(inward, image.tags)), digests=tuple(map(inward, image.digests)))
