"""containerd, for contrast: another CRI runtime, in a world of its own, for the cases that any must pass."""

import os
import time
from contextlib import ExitStack, closing
from pathlib import Path

import tomli_w

from conformance.cri import Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Collector, Log
from conformance.model.release import Release
from conformance.node import World
from conformance.registry_hosts import Internet
from conformance.releases.installation import CONTAINERD
from conformance.runtime.configuration import Configuration
from conformance.runtime.node_files import write_node_files
from conformance.runtime.runtime import Runtime, RuntimeFailedError

READY_SECONDS = 30.0
LOOK_SECONDS = 0.05


class Containerd(Runtime):
    """A containerd that runs in a world of its own, with an internet around it.

    Raises ``RuntimeFailedError`` when it cannot be started, and ``WorldError`` when no world can be made.
    """

    program = CONTAINERD

    def __init__(self, binary: Path, release: Release, configuration: Configuration) -> None:
        self.release = release
        self.configuration = configuration
        with ExitStack() as stack:
            self.world = stack.enter_context(World(visible=[binary.parent, binary.resolve().parent]))
            self.internet = stack.enter_context(Internet(self.world.bind))
            socket = self.world.folder / "containerd.sock"
            config = self.world.folder / "containerd.toml"
            text = tomli_w.dumps(_settings(socket, root=self.world.root))
            config.write_text(text, encoding="utf-8")
            path = os.pathsep.join([str(binary.parent), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
            env = write_node_files(self.world, self.internet) | {"PATH": path}
            self.process = self.world.spawn([str(binary), "--config", str(config)], env, "containerd.log")
            stack.callback(self.process.close)
            log = stack.enter_context(closing(Log(self.process.log)))
            self.evidence = Collector(self.internet.recorder, log)
            self.client = stack.enter_context(Client(str(socket), self.evidence.calls.append))
            self.cleanup_client = stack.enter_context(Client(str(socket), lambda _: None, timeout=READY_SECONDS))
            self._await_ready(socket)
            self._stack = stack.pop_all()

    def _await_ready(self, socket: Path) -> None:
        """Wait until its CRI service answers, which it does a while after it listens."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if socket.exists():
                try:
                    self.cleanup_client.version(api.VersionRequest())
                except CRIError:
                    pass
                else:
                    return
            if self.process.wait(LOOK_SECONDS):
                msg = f"containerd {self.release} ended while it started: {self.evidence.log.tail(1)}"
                raise RuntimeFailedError(msg)
        msg = f"containerd {self.release} was not ready after {READY_SECONDS:.0f} s: {self.evidence.log.tail(1)}"
        raise RuntimeFailedError(msg)

    @property
    def capabilities(self) -> frozenset[str]:
        """What this runtime lets a case do (docs/glossary.md)."""
        return frozenset({"live", "cri", "registries", "hermetic", "logs"})

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self.process.running

    def end(self) -> None:
        """Let its world end, without waiting until it has."""
        self.world.end()

    def close(self) -> None:
        """End its world, and it with that."""
        self._stack.close()


def _settings(socket: Path, *, root: bool) -> dict[str, object]:
    """Give its configuration (containerd-config.toml(5), version 2): all its folders are the world's own."""
    cri = {"sandbox_image": "registry.k8s.io/pause:3.10", "containerd": {} if root else {"snapshotter": "native"}}
    return {
        "version": 2,
        "root": "/var/lib/containerd",
        "state": "/run/containerd",
        "grpc": {"address": str(socket)},
        "debug": {"level": "debug"},
        "plugins": {"io.containerd.grpc.v1.cri": cri},
    }
