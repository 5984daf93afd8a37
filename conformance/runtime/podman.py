"""Podman, for contrast: the same library (containers/image) with another face, in a world of its own.

Its service is asked (podman-system-service(1)), as ``podman --remote`` does: it gives the answers and the texts of
podman-pull(1), podman-image-exists(1) and podman-images(1) without a start of the program for each. There is no CRI: a
case that asks for CRI's own answers asks for a capability that this runtime lacks.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NoReturn

import tomli_w

from conformance.cri import Client
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Collector, Log
from conformance.evidence.evidence import Command
from conformance.model.release import Release
from conformance.node import World
from conformance.registry_hosts import Internet, Login
from conformance.releases.installation import PODMAN
from conformance.runtime.configuration import Configuration
from conformance.runtime.node_files import storage_driver, write_node_files
from conformance.runtime.podman_service import NO_CRI, PodmanError, PodmanService
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull
from conformance.runtime.runtime import CapabilityError, Runtime, RuntimeFailedError

READY_SECONDS = 30.0
LOOK_SECONDS = 0.01


class NoCRIClient(Client):
    """A client of a runtime that has no CRI; every call raises ``CapabilityError``."""

    def __init__(self) -> None:
        super().__init__(os.devnull, lambda _: None)

    def _call(self, *_: object) -> NoReturn:
        raise CapabilityError("cri", NO_CRI)


class Podman(Runtime):
    """Podman's service with a world and a store of its own.

    Raises ``RuntimeFailedError`` when it cannot be started, ``WorldError`` when no world can be made, and
    ``CapabilityError`` for a configuration that it has no word for.
    """

    program = PODMAN

    def __init__(self, binary: Path, release: Release, configuration: Configuration) -> None:
        if configuration.signature_policy:
            raise CapabilityError("cri", "signature_policy is an option of CRI-O's own, and Podman has none like it")
        self.release = release
        self.configuration = configuration
        with ExitStack() as stack:
            self.world = stack.enter_context(World(visible=[binary.parent, binary.resolve().parent]))
            self.internet = stack.enter_context(Internet(self.world.bind))
            env = write_node_files(self.world, self.internet)
            self._configure()
            socket = self.world.folder / "podman.sock"
            path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
            line = [str(binary), "--log-level=debug", f"--storage-driver={storage_driver(root=self.world.root)}"]
            line += ["system", "service", "--time=0", f"unix://{socket}"]
            self.process = self.world.spawn(line, env | {"PATH": path}, "podman.log")
            stack.callback(self.process.close)
            log = stack.enter_context(closing(Log(self.process.log)))
            self.evidence = Collector(self.internet.recorder, log)
            self.client = self.cleanup_client = stack.enter_context(NoCRIClient())
            self._service = stack.enter_context(PodmanService(socket))
            self._await_ready()
            self._pulled = False
            self._stack = stack.pop_all()

    def _configure(self) -> None:
        """Write configuration where Podman looks; ``short_name_mode`` is an option of registries.conf for it."""
        etc = self.world.etc
        self.configuration.write(etc, self.world.folder / "home")
        if mode := self.configuration.short_name_mode:
            drop_in = etc / "containers" / "registries.conf.d" / "short-name-mode.conf"
            drop_in.parent.mkdir(parents=True, exist_ok=True)
            drop_in.write_text(tomli_w.dumps({"short-name-mode": mode}))

    def _await_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while not self._service.answers:
            if self.process.wait(LOOK_SECONDS) or time.monotonic() > until:
                msg = f"Podman {self.release} could not be started: {self.evidence.log.tail(1)}"
                raise RuntimeFailedError(msg)

    @property
    def capabilities(self) -> frozenset[str]:
        """What this runtime lets a case do (docs/glossary.md)."""
        return frozenset({"live", "registries", "hermetic", "configurable", "logs"})

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        return "" if capability in self.capabilities else NO_CRI

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self.process.running

    # What it is asked

    @contextmanager
    def _recorded(self, *command: str) -> Iterator[None]:
        """Record what is asked meanwhile, as the command that asks it."""
        at, failure = time.monotonic(), None
        try:
            yield
        except PodmanError as error:
            failure = error
            raise
        finally:
            self.evidence.commands.append(Command(("podman", *command), failure, at, time.monotonic() - at))

    def _pull(self, name: str, login: Login | None, sandbox: api.PodSandboxConfig | None) -> Pull:
        """Pull, with a login for its server, or for whichever is asked where it names none."""
        if sandbox:
            raise CapabilityError("cri", NO_CRI)
        if login:
            self.evidence.secrets.add(login.password)
        mark = self.evidence.cursor()
        try:
            with self._recorded("pull", name):
                image = self._service.pull(name, login)
        except PodmanError as error:
            return Pull(name, "", None, error, self.evidence.since(mark))
        self._pulled = True
        evidence = self.evidence.since(mark)
        return Pull(name, image, self._service.image(image), None, evidence)

    def _status(self, name: str) -> ImageStatusResult:
        """Ask whether an image exists, and if so, what it is."""
        mark = self.evidence.cursor()
        image = None
        try:
            with self._recorded("image", "exists", name):
                exists = self._service.exists(name)
            if exists:
                image = self._service.image(name)
        except PodmanError as error:
            return ImageStatusResult(name, None, error, self.evidence.since(mark))
        return ImageStatusResult(name, image, None, self.evidence.since(mark))

    def _list(self, name: str) -> list[ImageInfo]:
        """List the images; a name as a filter is the CRI's."""
        if name:
            raise CapabilityError("cri", NO_CRI)
        with self._recorded("images"):
            return self._service.images()

    # Between cases

    def _clean_store(self) -> None:
        """Remove all images, if there can be any."""
        if self._pulled:
            self._service.remove_all()
        self._pulled = False

    def end(self) -> None:
        """Let its world end, without waiting until it has."""
        self.world.end()

    def close(self) -> None:
        """End its world, and the service and its store with that."""
        self._stack.close()
