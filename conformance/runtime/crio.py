"""A running CRI-O on a node, as cases see it."""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import grpc

from conformance.cri import Call, Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Collector, Evidence, Log, LogLine
from conformance.evidence.log import NOT_RELOADED, RELOADED
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries_conf import load_registries
from conformance.model.release import Release
from conformance.node import Node, Process, ServiceError, World
from conformance.node.cgroup_version import CGROUPS
from conformance.registry_hosts import Internet
from conformance.releases.installation import Installation
from conformance.runtime import cni
from conformance.runtime.bundle_faults import oci_runtime_with_fault
from conformance.runtime.configuration import Configuration, NotReloadedError
from conformance.runtime.container_needs import why_no_containers
from conformance.runtime.coverage_counters import GOCOVERDIR, bring_out_counters, coverage_folder
from conformance.runtime.crio_settings import CrioPlaces, write_crio_conf
from conformance.runtime.hybrid_cgroups import hide_unified_cgroups
from conformance.runtime.model_monitor import ModelMonitor, model_settings
from conformance.runtime.node_files import storage_driver, write_node_files
from conformance.runtime.oom import oci_runtime_without_oom_score
from conformance.runtime.runtime import Runtime, RuntimeFailedError

C = TypeVar("C", bound=AbstractContextManager[Any])

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
ENDING_SECONDS = 2.0
RELOAD_SECONDS = 20.0
GLANCE_MILLISECONDS = 2
LOOK_SECONDS = 0.01
STACKS = "crio-goroutine-stacks-*.log"
LOG = "crio.log"
GARBAGE = {"GOGC": "400"}
"""How much CRI-O's heap may grow, in percent, until garbage is collected (Go's runtime): a twelfth of its time less."""


class Crio(Runtime):
    """A CRI-O on a node of its own, with an internet around it; the node is given back when it is closed.

    ``installation`` are its programs as the node has them, ``fault`` is a fault in what the OCI runtime is given
    (``bundle_faults``), which cases have to find without the model. Where ``GOCOVERDIR`` wants coverage, it is ended so
    that its counters are written. Raises ``RuntimeFailedError`` when it cannot be started, and ``NodeError``.
    """

    def __init__(self, node: Node, installation: Installation, configuration: Configuration, fault: str = "") -> None:
        self.node = node
        self.installation = installation
        self.configuration = configuration
        self._companions: dict[object, Any] = {}
        with ExitStack() as stack:
            stack.enter_context(node)
            self._coverage = coverage_folder()
            self.internet = stack.enter_context(Internet(node.bind))
            self.socket = node.folder / "crio.sock"
            self._env = GARBAGE | write_node_files(node, self.internet) | self._coverage_inside()
            self._configure(fault)
            self.log = stack.enter_context(closing(Log(node.folder / LOG)))
            self.process = self._start()
            stack.callback(self._close_process)
            self.evidence = Collector(self.internet.recorder, self.log)
            socket_path, is_running = str(self.socket), lambda: self.running
            self.client = stack.enter_context(Client(socket_path, self._record, is_running=is_running))
            self.cleanup_client = stack.enter_context(
                Client(socket_path, lambda _: None, timeout=READY_SECONDS, is_running=is_running)
            )
            self.release = self._ask_release()
            self.cgroup_parent = node.cgroup_parent
            self.model_monitor = None if fault else ModelMonitor(self._model_settings(configuration), self.internet)
            self._stack = stack.pop_all()

    def _model_settings(self, configuration: Configuration) -> ModelSettings:
        """Put what is written on its node into the model's terms."""
        root, home = self.node.folder, self.node.folder / "home"
        return model_settings(self.release, configuration, load_registries, root=root, home=home)

    def _configure(self, fault: str) -> None:
        """Write its configuration where it looks for it, and make the node fit for its OCI runtime."""
        node, programs = self.node, self.installation
        self.configuration.write(node.etc, node.folder / "home")
        oci_runtime = oci_runtime_without_oom_score(programs.oci_runtime, node.etc, node.pid)
        if fault:
            oci_runtime = oci_runtime_with_fault(fault, oci_runtime, node.etc)
        places = CrioPlaces(
            socket=self.socket,
            programs=replace(programs, oci_runtime=oci_runtime),
            storage_driver=storage_driver(root=node.root),
            plugins=self._plugins,
        )
        write_crio_conf(node.etc, self.configuration, places, node.runtime_settings)
        self.oci_runtime = programs.oci_runtime_version.partition(" ")[0]
        hide_unified_cgroups(node, self.oci_runtime)

    def _coverage_inside(self) -> dict[str, str]:
        """Say where CRI-O writes its coverage: in its node's folder, since nothing else can be written to there."""
        if self._coverage is None:
            return {}
        folder = self.node.folder / "coverage"
        folder.mkdir()
        return {GOCOVERDIR: str(folder)}

    # Life

    @property
    def capabilities(self) -> frozenset[str]:
        """What this runtime lets a case do (docs/glossary.md); those about containers take root."""
        containers = set() if self._without_containers else {"pods", "containers"}
        bridge = set() if self._without_bridge else {"bridge"}
        return frozenset({"live", "cri", "registries", "hermetic", "configurable", "logs"} | containers | bridge)

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        if capability in self.capabilities:
            return ""
        return self._without_bridge if capability == "bridge" else self._without_containers

    @cached_property
    def _without_containers(self) -> str:
        """Why there are no containers here, nothing where there are."""
        mounts = Path("/proc", str(self.node.pid), "mounts")
        return why_no_containers(root=self.node.root, oci_runtime=self.installation.oci_runtime_version, mounts=mounts)

    @cached_property
    def _without_bridge(self) -> str:
        """Why pods cannot have a network of their own, nothing where they can."""
        return self._without_containers or cni.why_unusable(self._plugins, self.node.enter)

    @cached_property
    def _plugins(self) -> Path | None:
        """The folder of the CNI plugins on the node, none where it has none."""
        return cni.find_plugins(self.installation.crio.parent, self.node.files)

    def _start(self) -> Process:
        """Start the process, and wait until it serves; raises ``RuntimeFailedError``."""
        path = os.pathsep.join([*map(str, self.installation.folders), os.environ.get("PATH", os.defpath)])
        command = [str(self.installation.crio)]
        try:
            return self.node.start_service(command, self._env | {"PATH": path}, LOG, READY_SECONDS)
        except ServiceError as error:
            msg = f"CRI-O {self.installation.release} {error}: {self._last_words()}"
            raise RuntimeFailedError(msg) from None

    def _ask_release(self) -> Release:
        """Let CRI-O itself say which release it is: its first answer."""
        try:
            return Release(self.cleanup_client.version(api.VersionRequest()).runtime_version)
        except (CRIError, ValueError) as error:
            msg = f"CRI-O {self.installation.release} started, but does not say which release it is: {error}"
            raise RuntimeFailedError(msg) from None

    def _last_words(self) -> str:
        """Give what the log ends with: its errors where it has any."""
        lines = self.log.since(0)
        grave = [line.message for line in lines if line.level in ("fatal", "error", "panic", "")]
        return " ".join("; ".join(grave[-3:] or [self.log.tail(1) or "its log is empty"]).split())

    @property
    def cgroups(self) -> Path:
        """Where the control groups are that it sees, as a folder out here."""
        return Path("/proc", str(self.process.outer_pid), "root", CGROUPS.relative_to("/"))

    @property
    def running(self) -> bool:
        """Whether CRI-O has not ended by itself."""
        return self.process.running

    def has_ended(self, evidence: Evidence) -> bool:
        """Tell whether it has ended by itself; its socket closes a moment before its process is gone."""
        last = evidence.calls[-1].error if evidence.calls else None
        return self.process.wait(ENDING_SECONDS if last is not None and last.is_end_of_runtime else 0)

    def _record(self, call: Call) -> None:
        """Put a call on record; of one that was not answered in time, what CRI-O was doing as well."""
        self.evidence.calls.append(call)
        if call.error is not None and call.error.code is grpc.StatusCode.DEADLINE_EXCEEDED:
            self.evidence.goroutines += self._goroutines()

    def _goroutines(self) -> list[str]:
        """Let CRI-O write what every goroutine does (SIGUSR1; CRI-O cmd/crio/main.go, ``writeCrioGoroutineStacks``)."""
        folder = Path("/proc", str(self.process.outer_pid), "root", "tmp")
        before = set(folder.glob(STACKS))
        self.process.signal(signal.SIGUSR1)
        until = time.monotonic() + ENDING_SECONDS
        while time.monotonic() < until and not self.process.wait(LOOK_SECONDS):
            stacks = [path.read_text(errors="replace") for path in sorted(set(folder.glob(STACKS)) - before)]
            if any(stacks):  # written at once, a moment after the file was made
                return stacks
        return []

    def _close_process(self) -> None:
        """Close the process that is there at the end: a restart makes another."""
        if self._coverage is not None:
            self.process.stop(STOP_SECONDS)
            bring_out_counters(Path(self._env[GOCOVERDIR]), self._coverage)
        self.process.close()

    def restart(self) -> None:
        """Stop the process and start it anew on the same node; containers run on. Raises ``RuntimeFailedError``."""
        self.process.stop(STOP_SECONDS)
        ended, self.process = self.process, self._start()
        ended.close()

    def reload(self, configuration: Configuration) -> None:
        """Write another configuration and have it read that (SIGHUP)."""
        self.dirty = True
        self.configuration.remove_registries(self.node.etc)
        configuration.write(self.node.etc, self.node.folder / "home")
        self.configuration = configuration
        mark = self.log.position()
        self.process.signal(signal.SIGHUP)
        told = self.await_line(mark, RELOADED, NOT_RELOADED)
        if told.message.startswith(NOT_RELOADED):
            raise NotReloadedError(told.message)
        if self.model_monitor:
            self.model_monitor.reconfigure(self._model_settings(configuration))

    def await_line(self, mark: int, *beginnings: str, seconds: float = RELOAD_SECONDS) -> LogLine:
        """Wait for a line of its log after a position that begins so; raises ``RuntimeFailedError``."""
        poll = select.poll()
        poll.register(self.process.pidfd, select.POLLIN)
        until = time.monotonic() + seconds
        while True:
            if found := [line for line in self.log.since(mark) if line.message.startswith(beginnings)]:
                return found[0]
            if poll.poll(GLANCE_MILLISECONDS) or time.monotonic() > until:
                why = f"did not log {beginnings[0]!r} within {seconds:.0f} s: {self._last_words()}"
                raise RuntimeFailedError(f"CRI-O {self.release} {why}")

    def attach(self, key: object, make: Callable[[Any, "Crio"], C]) -> C:
        """Give what ``make(key, self)`` made at the first use of that key; it is closed before this CRI-O ends."""
        if key not in self._companions:
            self._companions[key] = self._stack.enter_context(make(key, self))
        companion: C = self._companions[key]
        return companion

    def end(self) -> None:
        """Let all on its node end, without waiting until it has; CRI-O alone where its coverage is to be written."""
        if self._coverage is not None:
            self.process.signal(signal.SIGTERM)
            return
        self.node.end()

    def close(self) -> None:
        """Give its node back, and end it with that: nothing in there needs to be put in order first."""
        self._stack.close()


def start_in_world(
    installation: Installation, configuration: Configuration, visible: Iterable[Path] = (), fault: str = ""
) -> Crio:
    """Start a CRI-O in a new world, in which the folders ``visible`` can be seen as well as its own.

    Raises ``RuntimeFailedError`` when it cannot be started, and ``WorldError`` when no world can be made.
    """
    return Crio(World(visible=[*installation.folders, *visible]), installation, configuration, fault)
