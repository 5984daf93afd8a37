"""What a simulator is made of, so that a piece can be another."""

from dataclasses import dataclass
from pathlib import Path

from conformance.model.image_service import ImageService
from conformance.model.pull import Puller
from conformance.model.registries import Registries
from conformance.model.registries_conf import Paths, load
from conformance.model.volumes import Volumes
from conformance.registry_client.pull_client import RegistryClient
from conformance.simulator.image_servicer import ImageServicer
from conformance.simulator.runtime_servicer import RuntimeServicer


class Loader:
    """Reads registries.conf."""

    def load(self, paths: Paths, root: Path) -> Registries:
        """Read the files below ``root``."""
        return load(paths, root=root)


@dataclass(frozen=True)
class Variant:
    """The classes that a simulator is made of; by default it behaves as CRI-O does."""

    loader: type[Loader] = Loader
    service: type[ImageService] = ImageService
    puller: type[Puller] = Puller
    client: type[RegistryClient] = RegistryClient
    images: type[ImageServicer] = ImageServicer
    runtime: type[RuntimeServicer] = RuntimeServicer
    volumes: type[Volumes] = Volumes
