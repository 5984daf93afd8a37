"""The classes that a simulator is made of, so that another can stand in the place of one."""

from dataclasses import dataclass
from pathlib import Path

from conformance.model.image_service import ImageService
from conformance.model.profile import Profile
from conformance.model.puller import Puller
from conformance.model.registries import Registries
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.model.volumes import VolumeRules
from conformance.registry_client.pull_client import PullClient
from conformance.simulator.image_servicer import ImageServicer
from conformance.simulator.runtime_servicer import RuntimeServicer


class RegistriesLoader:
    """Reads registries.conf, as one of the pieces of a simulator."""

    def load(self, paths: RegistriesConfPaths, root: Path, profile: Profile) -> Registries:
        """Read and merge the files below ``root``; raises ``InvalidRegistriesConfError``."""
        return load_registries(paths, root, profile)


@dataclass(frozen=True)
class Variant:
    """The classes that a simulator is made of; by default it behaves as CRI-O does."""

    loader: type[RegistriesLoader] = RegistriesLoader
    service: type[ImageService] = ImageService
    puller: type[Puller] = Puller
    client: type[PullClient] = PullClient
    images: type[ImageServicer] = ImageServicer
    runtime: type[RuntimeServicer] = RuntimeServicer
    volumes: type[VolumeRules] = VolumeRules
