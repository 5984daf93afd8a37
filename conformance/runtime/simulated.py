"""The simulator as a runtime, for a rehearsal: in this process, without a world, and so on any machine."""

from contextlib import ExitStack, closing

from conformance.cri import Client
from conformance.evidence import Collector, Log
from conformance.evidence.log import NOT_RELOADED
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import InvalidRegistriesConfError
from conformance.model.release import Release
from conformance.node.folders import private_folder
from conformance.registry_hosts import Internet, loopback
from conformance.registry_hosts.internet import authority
from conformance.runtime.configuration import Configuration, NotReloadedError
from conformance.runtime.model_monitor import ModelMonitor, model_settings
from conformance.runtime.runtime import Runtime, RuntimeFailedError
from conformance.simulator import SimulatorServer, Variant
from conformance.simulator.mutants import Mutant


class SimulatedRuntime(Runtime):
    """The simulator of a release, with an internet around it; ``mutant`` is a fault that it has, if any.

    Raises ``RuntimeFailedError`` where CRI-O would not start.
    """

    def __init__(self, release: Release, configuration: Configuration, mutant: Mutant | None = None) -> None:
        self.configuration = configuration
        self.release = release
        with ExitStack() as stack:
            self._folder = folder = stack.enter_context(private_folder())
            self.internet = stack.enter_context(Internet(loopback))
            self._variant = variant = mutant.variant if mutant else Variant()
            try:
                settings = self._configure(configuration)
            except InvalidRegistriesConfError as error:
                raise RuntimeFailedError(f"CRI-O {release} does not start: {error}") from None
            self._served = stack.enter_context(
                SimulatorServer(
                    settings,
                    release,
                    folder / "crio.sock",
                    log=folder / "crio.log",
                    debug=True,
                    resolve=self.internet.bound_address,
                    shown=self.internet.client_address,
                    authority=authority().cert_pem.bytes(),
                    variant=variant,
                )
            )
            log = stack.enter_context(closing(Log(folder / "crio.log")))
            self.evidence = Collector(self.internet.recorder, log)
            self.client = stack.enter_context(Client(str(folder / "crio.sock"), self.evidence.calls.append))
            if mutant is None:  # a mutant is to be killed by what cases state
                self.model_monitor = ModelMonitor(settings, self.internet)
            self._stack = stack.pop_all()

    def _configure(self, configuration: Configuration) -> ModelSettings:
        """Write the files that the model reads, and give what they come to; raises ``InvalidRegistriesConfError``."""
        etc, home = self._folder / "etc", self._folder / "home"
        configuration.write_registries(etc)
        configuration.write_files(etc, home)
        return model_settings(self.release, configuration, self._variant.loader().load, root=self._folder, home=home)

    @property
    def capabilities(self) -> frozenset[str]:
        """What it lets a case do: all that needs no running container, and is not about a live CRI-O."""
        return frozenset({"cri", "registries", "hermetic", "configurable", "logs", "pods"})

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        return "" if capability in self.capabilities else "the simulator runs nothing"

    @property
    def running(self) -> bool:
        """Always true: it is a part of this process."""
        return True

    def reload(self, configuration: Configuration) -> None:
        """Write another configuration, and go on under that; one that is wrong is not taken over."""
        self.dirty = True
        self.configuration.remove_registries(self._folder / "etc")
        self.configuration = configuration
        try:
            settings = self._configure(configuration)
        except InvalidRegistriesConfError as error:
            raise NotReloadedError(f"{NOT_RELOADED}{error}") from None
        self._served.service.reconfigure(settings)
        if self.model_monitor:
            self.model_monitor.reconfigure(settings)

    def restart(self) -> None:
        """Do nothing: images are kept, and nothing runs."""

    def _clean_store(self) -> None:
        """Remove pods and images at once, whatever fault the calls for that have."""
        self._served.forget()
        if self.model_monitor:
            self.model_monitor.infra_layers.clear()

    def end(self) -> None:
        """Do nothing: nothing of it takes time to end."""

    def close(self) -> None:
        """Stop serving, and remove its folder."""
        self._stack.close()
