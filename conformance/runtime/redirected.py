"""Somebody's CRI-O with leave to reload: what cases ask for under the names of registry hosts is had from ours."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cri import CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Collector, Log
from conformance.model.policy import SYSTEM, SignaturePolicies, SignaturePolicy
from conformance.model.profile import profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.reference import DOMAIN
from conformance.model.registries import Registry
from conformance.model.release import Release
from conformance.model.resolution import effective_mode
from conformance.registry_hosts import Login
from conformance.runtime.configuration import Configuration
from conformance.runtime.pull import ImageInfo, Pull
from conformance.runtime.redirected_client import RedirectedClient
from conformance.runtime.redirected_model import RedirectedModel
from conformance.runtime.redirected_names import RedirectedNames
from conformance.runtime.redirected_node import RedirectedNode
from conformance.runtime.runtime import CapabilityError, Runtime, RuntimeFailedError

if TYPE_CHECKING:
    from conformance.runtime.redirected_internet import RedirectedInternet

PROBE = "conformance/probe"
SOMEBODYS = "the CRI-O is somebody's, of whose configuration only names below a prefix are redirected"


class RedirectedRuntime(Runtime):
    """The CRI-O of a node that is somebody's, for the cases of one configuration.

    What of a configuration lies in registries.conf and is about some names alone (mirrors, other locations, aliases) is
    written there for the names below the run's prefix. Raises ``CapabilityError`` for all that would be about others.
    """

    def __init__(self, node: RedirectedNode, release: Release, configuration: Configuration) -> None:
        _check(configuration)
        own = node.crio.registries(profile(release))
        configured = node.crio.short_name_mode
        if configuration.short_names_of_node:
            configuration = replace(configuration, search_registries=own.search, short_name_mode=configured)
        self.release = release
        self.configuration = configuration
        self._node = node
        self.internet: RedirectedInternet = node.internet
        self.oci_runtime = node.crio.properties["oci-runtime"]
        self.cleanup_client = node.cleanup_client
        self.evidence = Collector(
            node.internet.recorder, Log(Path("/nowhere"), f"needs the capability logs: {SOMEBODYS}")
        )
        self._names = RedirectedNames(
            node.word,
            node.internet,
            configuration,
            search=own.search,
            mode=effective_mode(profile(release), configured, own),
            wanted_mode=effective_mode(profile(release), configuration.short_name_mode or "", own),
        )
        self._search = tuple(filter(DOMAIN.fullmatch, own.search))
        self._prepared = ""
        self._settings = ModelSettings(
            profile=profile(release),
            registries=own,
            short_name_mode=configured,
            policies=SignaturePolicies(
                dict.fromkeys((SYSTEM, node.crio.signature_policy or SYSTEM), SignaturePolicy()),
                node.crio.signature_policy,
            ),
        )
        self._model = RedirectedModel(self._settings, node.internet, self._names, self._prepare)
        self._model.share_disk(node.model or self._model)
        self.model_monitor = node.model = self._model
        self.client = RedirectedClient(
            str(node.socket),
            self.evidence.calls.append,
            self._names,
            self._prepare,
            node.pods.place,
            is_running=lambda: self.running,
        )

    def probe(self) -> None:
        """Pull from each of the well-known hosts, so that what is in the way is reported once.

        Raises ``RuntimeFailedError``.
        """
        for host in self.internet.hosts.values():
            host.offer(PROBE)
            name = self._names.outward(f"{host}/{PROBE}")
            self._prepare()
            try:
                self.cleanup_client.pull_image(api.PullImageRequest(image=api.ImageSpec(image=name)))
            except CRIError as error:
                msg = f"CRI-O cannot pull {name}, for which registries.conf has it ask this run: {error.message}"
                raise RuntimeFailedError(msg) from None
        self.reset()

    def _prepare(self, pulled: str = "") -> None:
        """Let the node ask where this configuration has it ask, and the model know that."""
        with self._node.applying:
            self._apply()
            if pulled:
                self._check_name(pulled)

    def _check_name(self, name: str) -> None:
        """Refuse to let an artifact lose its name to another: no call removes all that it has on the disk then."""
        request = api.ImageStatusRequest(image=api.ImageSpec(image=name))
        try:
            found = ImageInfo.of(self.cleanup_client.image_status(request).image)
        except CRIError:
            return  # whoever pulls it meets that error as well
        is_artifact = any(each.endswith(f"@sha256:{found.id}") for each in found.digests)
        repositories = [each for host in self.internet.hosts.values() for each in host.origin.repositories.values()]
        if is_artifact and not any(f"sha256:{found.id}" in each.tags.values() for each in repositories):
            raise CapabilityError("hermetic", "an artifact that loses its name leaves parts on the node's disk")

    def _apply(self) -> None:
        for host in self._search:
            self.internet.host(host)
        entries = {each.prefix: each for each in self._redirects()}
        entries |= {each.prefix: each for each in map(self._names.entry, self.configuration.registries)}
        aliases = {self._names.outward(short): self._names.outward(full) for short, full in self.configuration.aliases}
        self._node.apply(entries.values(), aliases)
        if self._prepared != self._node.text:
            self._settings = replace(self._settings, registries=self._node.crio.registries(self._settings.profile))
            self._model.reconfigure(self._settings)
            self._prepared = self._node.text

    def _redirects(self) -> Iterator[Registry]:
        """Give an entry for each registry host there is: by its name, and by the address where it is."""
        word = self._names.word
        for host, address in self.internet.addresses.items():
            yield Registry(prefix=f"{host}/{word}", location=address, insecure=True)
            yield Registry(prefix=f"{address}/{word}", location=address, insecure=True)

    # What it lets a case do

    @property
    def capabilities(self) -> frozenset[str]:
        """What this runtime lets a case do (docs/glossary.md)."""
        pods = set() if self._node.why_no_pods else {"pods", "containers"}
        return frozenset({"live", "cri", "registries"} | pods)

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        if capability in self.capabilities:
            return ""
        return self._node.why_no_pods if capability in {"pods", "containers"} else SOMEBODYS

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._node.process.running

    def pull(
        self,
        name: str,
        login: Login | None = None,
        *,
        sandbox: api.PodSandboxConfig | None = None,
        unpacks: bool = True,
    ) -> Pull:
        """Pull an image, with a login by the address of its registry host, to which it would not be shown else."""
        if login:
            self._names.ask_directly(name)
        return super().pull(name, login, sandbox=sandbox, unpacks=unpacks)

    # Between cases

    def _clean_store(self) -> None:
        """Remove the images that have names of the run."""
        self._node.clear()

    def reset(self) -> None:
        """Take away what a case left."""
        super().reset()
        self._names.reset()

    def end(self) -> None:
        """Do nothing: the runtime is somebody's, and runs on."""

    def close(self) -> None:
        """Disconnect: what the run has on the node goes with the run."""
        self.client.close()


def _check(configuration: Configuration) -> None:
    """Refuse what is about more than names; raises ``CapabilityError``."""
    usual = Configuration()
    for what in ("drop_ins", "policies", "signature_policy", "auth_files", "files", "network"):
        if getattr(configuration, what) != getattr(usual, what):
            raise CapabilityError("configurable", f"{SOMEBODYS}, and the case has {what.replace('_', ' ')} of its own")
