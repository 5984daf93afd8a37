"""A running CRI-O in a world of its own, as cases see it."""

import os
import select
import signal
import socket
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
from conformance.evidence import Collector, Evidence, Log
from conformance.model.registries_conf import load_registries
from conformance.model.release import Release
from conformance.node import Process, World
from conformance.registry_hosts import Internet
from conformance.releases.installation import Installation
from conformance.runtime import cni
from conformance.runtime.bundle_faults import oci_runtime_with_fault
from conformance.runtime.configuration import Configuration
from conformance.runtime.container_needs import why_no_containers
from conformance.runtime.coverage_counters import GOCOVERDIR, bring_out_counters, coverage_folder
from conformance.runtime.hybrid_cgroups import hide_unified_cgroups
from conformance.runtime.model_monitor import ModelMonitor, model_settings
from conformance.runtime.oom import oci_runtime_without_oom_score
from conformance.runtime.runtime import Runtime, RuntimeFailedError
from conformance.runtime.world_files import storage_driver, write_world_files

C = TypeVar("C", bound=AbstractContextManager[Any])

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
ENDING_SECONDS = 2.0
LOOK_SECONDS = 0.01
STACKS = "crio-goroutine-stacks-*.log"
DATAGRAM_BYTES = 4096
GARBAGE = {"GOGC": "400"}
"""How much CRI-O's heap may grow, in percent, until garbage is collected (Go's runtime): a twelfth of its time less."""


class Crio(Runtime):
    """A CRI-O in a world of its own, with an internet around it.

    ``visible`` are folders that what is attached to it must see, ``fault`` is a fault in what the OCI runtime is given
    (``bundle_faults``), which cases have to find without the model. Where ``GOCOVERDIR`` wants coverage, it is ended so
    that its counters are written. Raises ``RuntimeFailedError`` when it cannot be started, and ``WorldError`` when no
    world can be made.
    """

    def __init__(
        self, installation: Installation, configuration: Configuration, visible: Iterable[Path] = (), fault: str = ""
    ) -> None:
        self.installation = installation
        self.configuration = configuration
        self._companions: dict[object, Any] = {}
        self._coverage = coverage_folder()
        with ExitStack() as stack:
            self.world = stack.enter_context(World(visible=[*installation.folders, *visible]))
            self.internet = stack.enter_context(Internet(self.world.bind))
            self.socket = self.world.folder / "crio.sock"
            self._env = GARBAGE | write_world_files(self.world, self.internet) | self._coverage_inside()
            self.configuration.write(
                self.world.etc,
                self.world.folder / "home",
                self.socket,
                replace(installation, oci_runtime=self._oci_runtime_inside(fault)),
                storage_driver=storage_driver(root=self.world.root),
                log_level="debug",
            )
            self.oci_runtime = installation.oci_runtime_version.partition(" ")[0]
            hide_unified_cgroups(self.world, self.oci_runtime)
            self._notify = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            self._notify.bind(str(self.world.folder / "notify.sock"))
            self.process = self._start()
            stack.callback(self._close_process)
            self.log = stack.enter_context(closing(Log(self.process.log)))
            self._await_ready()
            self.evidence = Collector(self.internet.recorder, self.log)
            socket_path, is_running = str(self.socket), lambda: self.running
            self.client = stack.enter_context(Client(socket_path, self._record, is_running=is_running))
            self.cleanup_client = stack.enter_context(
                Client(socket_path, lambda _: None, timeout=READY_SECONDS, is_running=is_running)
            )
            self.release = self._ask_release()
            self.cgroup_parent = self.world.cgroup_parent
            home = self.world.folder / "home"
            settings = model_settings(self.release, configuration, load_registries, root=self.world.folder, home=home)
            self.model_monitor = None if fault else ModelMonitor(settings, self.internet)
            self._stack = stack.pop_all()

    def _oci_runtime_inside(self, fault: str) -> Path:
        """Give the OCI runtime that CRI-O is to use, a path inside the world."""
        usable = oci_runtime_without_oom_score(self.installation.oci_runtime, self.world.etc)
        return oci_runtime_with_fault(fault, usable, self.world.etc) if fault else usable

    def _coverage_inside(self) -> dict[str, str]:
        """Say where CRI-O writes its coverage: in its world's folder, since nothing else can be written to there."""
        if self._coverage is None:
            return {}
        folder = self.world.folder / "coverage"
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
        return why_no_containers(root=self.world.root, oci_runtime=self.installation.oci_runtime_version)

    @cached_property
    def _without_bridge(self) -> str:
        """Why pods cannot have a network of their own, nothing where they can."""
        return self._without_containers or cni.why_unusable(cni.find_plugins(self.installation.crio.parent))

    def _start(self) -> Process:
        """Start the process, which reports through systemd's notification protocol that it is about to serve."""
        path = os.pathsep.join([*map(str, self.installation.folders), os.environ.get("PATH", os.defpath)])
        env = self._env | {"PATH": path, "NOTIFY_SOCKET": str(self.world.folder / "notify.sock")}
        return self.world.spawn([str(self.installation.crio)], env, "crio.log")

    def _await_ready(self) -> None:
        """Wait until CRI-O says it is ready, or gives up (sd_notify(3): READY=1, or ERRNO= and then its end)."""
        poll = select.poll()
        poll.register(self._notify, select.POLLIN)
        poll.register(self.process.pidfd, select.POLLIN)
        until = time.monotonic() + READY_SECONDS
        release = self.installation.release
        while (left := until - time.monotonic()) > 0:
            events = dict(poll.poll(left * 1000))
            if self._notify.fileno() in events:
                if b"READY=1" in self._notify.recv(DATAGRAM_BYTES).split(b"\n"):
                    return
            elif events:
                status = self.process.status()
                msg = f"CRI-O {release} ended while it started (exit status {status}): {self._last_words()}"
                raise RuntimeFailedError(msg)
        msg = f"CRI-O {release} was not ready after {READY_SECONDS:.0f} s: {self._last_words()}"
        raise RuntimeFailedError(msg)

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
        """Stop the process and start it anew in the same world; containers run on. Raises ``RuntimeFailedError``."""
        self.process.stop(STOP_SECONDS)
        self.process.close()
        self.process = self._start()
        self._await_ready()

    def attach(self, key: object, make: Callable[[Any, "Crio"], C]) -> C:
        """Give what ``make(key, self)`` made at the first use of that key; it is closed before this CRI-O ends."""
        if key not in self._companions:
            self._companions[key] = self._stack.enter_context(make(key, self))
        companion: C = self._companions[key]
        return companion

    def end(self) -> None:
        """Let its world end, without waiting until it has; CRI-O alone where its coverage is to be written."""
        if self._coverage is not None:
            self.process.signal(signal.SIGTERM)
            return
        self.world.end()

    def close(self) -> None:
        """End its world, and it with that: nothing in there needs to be put in order first."""
        self._stack.close()
