"""One run of the suite in one process: the runtime that was asked for, and those that are running."""

from __future__ import annotations

import contextlib
import os
import signal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conformance import deviations
from conformance.model.profile import known_lines
from conformance.releases.installation import CRIO, FORMS, OCI_RUNTIME_FORMS, RuntimeNotFoundError
from conformance.targets.choice import CrioTarget, SimulatorTarget, choose_target, is_of_containers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.releases.control_plane_programs import ControlPlanePrograms
    from conformance.releases.kubelet_binary import KubeletBinary
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime
    from conformance.targets.cluster_target import ClusterToJoin
    from conformance.targets.pool import Pool
    from conformance.targets.target import Target


CLUSTER_IN_WORLD = "world"
"""The ``--cluster`` that is started beside each CRI-O, in its world."""


RUNS_AT_ONCE = "CRIO_CONFORMANCE_RUNS_AT_ONCE"
"""The variable that says how many runs share what this machine allows (inotify instances), by default one."""


class RunError(Exception):
    """The run cannot be done as asked for: one sentence that says why and what to do."""


class RequiredCapabilityError(RunError):
    """The runtime lacks a capability that the run requires."""


class Run:
    """The runtime that ``--runtime`` names, and a pool of running ones, which is there when it is first asked for.

    ``target`` is what the run is about, ``kubelet`` the kubelet for cases that need a real one, ``cluster`` the control
    plane of a cluster around each CRI-O, if one is wanted, ``mutant`` names the fault that the simulator has, or that
    containers of a CRI-O have, ``model`` says what becomes of a difference from the model (``--model``),
    ``oci_runtime`` which OCI runtime a CRI-O is to have, and ``allow_reload`` lets one that already runs be reloaded.
    Raises ``RunError`` when something was named that cannot be had.
    """

    def __init__(
        self,
        runtime: str | None,
        *,
        mutant: str | None = None,
        kubelet: str | None = None,
        cluster: str | None = None,
        cluster_registry: str | None = None,
        model: str | None = None,
        oci_runtime: str | None = None,
        allow_reload: bool = False,
    ) -> None:
        self.deviations = deviations.load_deviations()
        for option, value in (("runtime", runtime), ("mutant", mutant), ("kubelet", kubelet), ("cluster", cluster)):
            if value == "":
                forms = f"{FORMS}, or leave it out" if option == "runtime" else "give it a value, or leave it out"
                msg = f"--{option} is empty, as an unset variable is: {forms}"
                raise RunError(msg)
        try:
            self.target = _chosen(runtime, oci_runtime or "", cluster, cluster_registry)
        except RuntimeNotFoundError as error:
            raise RunError(str(error)) from None
        if oci_runtime == "" or (oci_runtime and not isinstance(self.target, CrioTarget)):
            why = "is empty, as an unset variable is" if oci_runtime == "" else f"is for CRI-O, not {self.target.title}"
            msg = f"--oci-runtime {why}: {OCI_RUNTIME_FORMS}, or leave it out"
            raise RunError(msg)
        if allow_reload:
            self._allow_reload()
        if mutant:
            _put_fault(mutant, self.target)
        self.kubelet = self._kubelet(kubelet)
        self.cluster = self._cluster(cluster)
        self.model = model or ("strict" if self.target.release.line in known_lines() else "report")
        runs = int(os.environ.get(RUNS_AT_ONCE, "1"))
        self.workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) * runs

    def _allow_reload(self) -> None:
        """Let somebody's CRI-O be reloaded, for which there is nothing else to allow."""
        from conformance.targets.attached import AttachedTarget

        if not isinstance(self.target, AttachedTarget) or self.target.program != CRIO:
            msg = f"--allow-reload is for a CRI-O that already runs (unix:///…), not {self.target.title}: leave it out"
            raise RunError(msg)
        self.target.allow_reload()

    def _kubelet(self, wanted: str | None) -> KubeletBinary | None:
        """Find a kubelet; only a live CRI-O that we start has a use for one."""
        if wanted is None and not isinstance(self.target, CrioTarget):
            return None
        if wanted is None and isinstance(self.target, CrioTarget) and self.target.own_kubelet is not None:
            return self.target.own_kubelet
        from conformance.releases.kubelet_binary import find_kubelet

        try:
            return find_kubelet(wanted, self.target.release)
        except RuntimeNotFoundError as error:
            raise RunError(str(error)) from None

    def _cluster(self, wanted: str | None) -> ControlPlanePrograms | ClusterToJoin | None:
        """Find what a cluster around each CRI-O is made of, or which one its node joins.

        Only a live CRI-O that we start can have one.
        """
        if wanted is None or not (wanted == CLUSTER_IN_WORLD or isinstance(self.target, CrioTarget)):
            return None
        if not isinstance(self.target, CrioTarget):
            raise RunError(
                f"--cluster {wanted} is made around a CRI-O, not {self.target.title}: add --runtime with one"
            )
        if wanted == CLUSTER_IN_WORLD and not self.target.is_in_world:
            raise RunError(f"--cluster {wanted} is made in a world, and a node container is none: name its kubeconfig")
        if self.kubelet is None:
            raise RunError(f"--cluster {wanted} needs a kubelet, and there is none in the cache folder: add --kubelet")
        if wanted != CLUSTER_IN_WORLD:
            return self._cluster_to_join(Path(wanted))
        from conformance.releases.control_plane_programs import find_control_plane

        try:
            return find_control_plane(self.kubelet.release)
        except RuntimeNotFoundError as error:
            raise RunError(f"--cluster {wanted}: {error}") from None

    def _cluster_to_join(self, kubeconfig: Path) -> ClusterToJoin:
        """Make sure that a cluster answers, and would take a node."""
        from conformance.targets.cluster_target import ClusterToJoin, check_joinable

        try:
            check_joinable(kubeconfig)
        except RuntimeNotFoundError as error:
            raise RunError(str(error)) from None
        return ClusterToJoin(kubeconfig)

    @cached_property
    def pool(self) -> Pool:
        """The runtimes that run, by configuration; none at first."""
        from conformance.targets.pool import LIMIT, Pool, allow_open_files, crios_at_once

        allow_open_files()
        live = isinstance(self.target, CrioTarget)
        return Pool(self._start, self.target.at_once or (crios_at_once(self.workers) if live else LIMIT))

    def _start(self, configuration: Configuration) -> Runtime:
        programs = [each for each in (self.kubelet, self.cluster) if each is not None]
        return self.target.start(configuration, [folder for each in programs for folder in each.folders])

    def close(self) -> None:
        """End the runtimes that run, if any was ever started, and give back what they ran on.

        Raises ``RunError`` where that cannot be given back as it was.
        """
        from conformance.node import NodeError

        pool: Pool | None = vars(self).pop("pool", None)
        if pool is None:
            return
        try:
            pool.close()
        finally:
            try:
                self.target.close()
            except NodeError as error:
                raise RunError(str(error)) from None

    def require(self, required: Iterable[str]) -> None:
        """Refuse a run that lacks ``live``, which is known before anything is started.

        Raises ``RequiredCapabilityError``.
        """
        if "live" in required and self.target.rehearsal:
            raise RequiredCapabilityError(f"--require live: {self.target.rehearsal}")

    def begin(self, required: Iterable[str]) -> None:
        """Clear up after killed runs, and start the first runtime: what fails here is no case's fault.

        Raises ``RunError`` when it cannot be started, ``RequiredCapabilityError`` when it lacks a capability in
        ``required``.
        """
        from conformance.node import NodeError, sweep_worlds
        from conformance.runtime.configuration import Configuration
        from conformance.runtime.runtime import RuntimeFailedError
        from conformance.targets.pool import TooFewFilesError, TooFewInstancesError

        self.require(required)
        try:
            sweep_worlds()
            first = self.pool.get(Configuration())
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise RunError(f"{where}{error.strerror or error}") from None
        except (NodeError, RuntimeFailedError, TooFewFilesError, TooFewInstancesError) as error:
            raise RunError(str(error)) from None
        for capability in required:
            why = self.why_lacking(capability, first)
            if why:
                raise RequiredCapabilityError(f"--require {capability}: {self.target.title} lacks it here: {why}")

    def why_lacking(self, capability: str, runtime: Runtime) -> str:
        """Say why a runtime of this run lacks a capability; nothing where it has it."""
        beside = capability in {"kubelet", "cluster"} and capability not in runtime.capabilities
        if beside and (why := runtime.why_lacking("configurable")):  # nothing is started beside what is somebody's
            return why
        if capability == "kubelet":
            return self._why_lacking_kubelet(runtime)
        if capability == "cluster" and self.cluster is None and capability not in runtime.capabilities:
            return f"none was asked for (--cluster {CLUSTER_IN_WORLD})"
        return runtime.why_lacking("containers" if capability == "cluster" else capability)

    def _why_lacking_kubelet(self, runtime: Runtime) -> str:
        """Say why there is no kubelet of ours beside a runtime: it is started with one of ours alone."""
        if self.kubelet is None:
            from conformance.releases.kubelet_binary import NONE_AT_HAND

            return NONE_AT_HAND
        return runtime.why_lacking("containers") or runtime.why_lacking("configurable")


def _chosen(runtime: str | None, oci_runtime: str, cluster: str | None, registry: str | None) -> Target:
    """Find what the run is about: somebody's cluster, or what ``--runtime`` names.

    Raises ``RunError``, and ``RuntimeNotFoundError`` where that cannot be had.
    """
    joined = cluster is not None and is_of_containers(runtime or "")
    if joined or cluster in {None, CLUSTER_IN_WORLD}:
        if registry is not None:
            remedy = (
                "leave it out: node containers have all registries" if joined else "add --cluster with a kubeconfig"
            )
            raise RunError(f"--cluster-registry is for somebody's cluster: {remedy}")
        return choose_target(runtime or "auto", oci_runtime)
    if runtime is not None:
        raise RunError(
            f"--cluster {cluster} is about the CRI-O of that cluster's node: leave --runtime out, or let it name node"
            " containers of that cluster (container:NAME)"
        )
    from conformance.targets.cluster_target import find_cluster

    return find_cluster(Path(str(cluster)), registry or "")


def _put_fault(name: str, target: Target) -> None:
    """Let a simulator have a fault, or the containers of a CRI-O; raises ``RunError`` where it has no such one."""
    from conformance.runtime.bundle_faults import FAULTS
    from conformance.simulator.mutants import UnknownMutantError, mutant

    if name in FAULTS:
        if not isinstance(target, CrioTarget) or not target.is_in_world:
            msg = f"--mutant {name} is a fault of containers: add --runtime with a CRI-O that runs in a world"
            raise RunError(msg)
        target.fault = name
        return
    try:
        fault = mutant(name)
    except UnknownMutantError as error:
        msg = f"--mutant {name}: {error}; and for a CRI-O's containers {', '.join(FAULTS)}"
        raise RunError(msg) from None
    if not isinstance(target, SimulatorTarget):
        msg = f"--mutant {name} is a fault of the simulator: add --runtime simulator"
        raise RunError(msg)
    target.mutant = fault


def end_as_with_ctrl_c() -> None:
    """Let SIGTERM end this process as Ctrl-C does: cleared up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def end_children() -> None:
    """Ask this process's children to end: pytest-xdist lets its workers go on for five seconds (proc(5), children)."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)
