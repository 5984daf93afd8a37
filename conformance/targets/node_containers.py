"""Containers that run systemd and CRI-O, as kind's nodes do: one for each worker, taken over while it works."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.model.profile import profile
from conformance.model.registries import InvalidRegistriesConfError
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.model.release import Release
from conformance.node.cgroup_version import CGROUPS
from conformance.node.engine_container import EngineContainer, find_container
from conformance.node.find_on_node import find_on_node
from conformance.node.node import PROGRAMS, NodeError
from conformance.node_config import crio_conf
from conformance.node_config.crio_conf import DEFAULT_PATHS, files_in_order
from conformance.node_config.node_config import NodeConfigError
from conformance.releases.installation import Installation, RuntimeNotFoundError
from conformance.releases.kubelet_binary import TAKES_IMAGE_VOLUMES, VERSION, KubeletBinary, NodesKubelet
from conformance.releases.program_version import ask_version
from conformance.targets.choice import CrioTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.node.takeover import Takeover
    from conformance.runtime.configuration import Configuration
    from conformance.runtime.runtime import Runtime

UNIT = "crio.service"
FORM = "write container:NAME, several with commas between them"
LIBEXEC = "/usr/libexec/crio"
"""Where upstream's bundle and packages put the programs beside CRI-O (cri-o/packaging)."""


class ContainerTarget(CrioTarget):
    """The CRI-O of node containers; every worker has one of them for itself, as long as its run lasts."""

    is_in_world = False
    is_root = True
    at_once = 1

    def __init__(self, containers: Sequence[EngineContainer], installation: Installation) -> None:
        super().__init__(installation)
        self.containers = containers
        self._takeover: Takeover | None = None

    @property
    def place(self) -> str:
        """Say on which containers it runs."""
        names = ", ".join(each.name for each in self.containers)
        return (
            f"{self.installation.crio} on {'the node containers' if len(self.containers) > 1 else 'the node'} {names}"
            f"{_passed_over(self.containers)}"
        )

    @property
    def _cgroups(self) -> Path:
        return self._container.files / CGROUPS.relative_to("/")

    @property
    def _container(self) -> EngineContainer:
        """The one for this worker."""
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        return self.containers[int(worker) % len(self.containers)]

    @cached_property
    def own_kubelet(self) -> KubeletBinary | None:
        """The kubelet that the nodes have themselves; none where they have none that takes image volumes."""
        try:
            path = _program(self._container, self.installation.crio, "kubelet")
        except NodeError:
            return None
        match = VERSION.match(ask_version(path, self._container.enter).stdout)
        if match is None or Release(match[1]).base < TAKES_IMAGE_VOLUMES:
            return None
        return NodesKubelet(path, Release(match[1]))

    @cached_property
    def _runtime_settings(self) -> dict[str, Any]:
        return read_runtime_settings(self._container)

    def start(self, configuration: Configuration, visible: Iterable[Path] = ()) -> Runtime:
        """Start the node's CRI-O with that configuration; the node is taken over before the first."""
        from conformance.node.takeover import Takeover
        from conformance.runtime.crio import Crio

        if configuration.short_names_of_node:
            configuration = with_short_names(configuration, self._container, self.release)
        if self._takeover is None:
            self._takeover = Takeover(self._container)
        node = self._takeover.make_node(visible, self._runtime_settings)
        return Crio(node, self.installation, configuration)

    def close(self) -> None:
        """Give the node back; raises ``NodeError`` where its CRI-O does not start again."""
        if self._takeover is not None:
            self._takeover.close()


def run_anew_with_rights(runtime: str) -> int | None:
    """Where this process may not enter the containers that ``--runtime`` names, run its command anew with that right.

    Gives the exit status of that, none where there is no need, or no name. Raises ``RuntimeNotFoundError`` where an
    engine does not lend the right.
    """
    from conformance.node.helper_container import run_this_with_rights

    name = runtime.partition(":")[2].split(",")[0]
    try:
        return run_this_with_rights(name) if name else None
    except NodeError as error:
        msg = f"--runtime {runtime}: {error}"
        raise RuntimeNotFoundError(msg) from None


def find_node_containers(names: str, oci_runtime: str = "") -> ContainerTarget:
    """Find containers by their names, with commas between them; raises ``RuntimeNotFoundError``.

    All must have the same release of CRI-O, which is asked without taking any over.
    """
    if not all(names.split(",")) or len(set(names.split(","))) < len(names.split(",")):
        msg = f"--runtime container:{names} names no container, or one twice: {FORM}"
        raise RuntimeNotFoundError(msg)
    try:
        containers = [find_container(name) for name in names.split(",")]
        installations = [_installation(each, oci_runtime) for each in containers]
    except NodeError as error:
        msg = f"--runtime container:{names}: {error}"
        raise RuntimeNotFoundError(msg) from None
    releases = {str(each.release): container.name for each, container in zip(installations, containers, strict=True)}
    if len(releases) > 1:
        there = ", ".join(f"{release} on {name}" for release, name in releases.items())
        msg = f"--runtime container:{names}: a run is about one release, and there is CRI-O {there}: name fewer"
        raise RuntimeNotFoundError(msg)
    return ContainerTarget(containers, installations[0])


def read_runtime_settings(container: EngineContainer) -> dict[str, Any]:
    """Read what a node has in the table ``crio.runtime`` of crio.conf(5); raises ``NodeError``.

    A table of a later file takes the place of the earlier one's keys, OCI runtimes by their names.
    """
    settings: dict[str, Any] = {}
    for path in files_in_order(container.files / each.relative_to("/") for each in DEFAULT_PATHS):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")).get("crio", {}).get("runtime", {})
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            msg = f"{path.relative_to(container.files)} on {container.name} cannot be read: {error}"
            raise NodeError(msg) from None
        runtimes = {**settings.get("runtimes", {}), **table.get("runtimes", {})}
        settings |= table | ({"runtimes": runtimes} if runtimes else {})
    return settings


def _passed_over(containers: Sequence[EngineContainer]) -> str:
    """Say which engine was passed over that is here and does not answer."""
    said = {each.passed_over: None for each in containers if each.passed_over}
    return f" ({'; '.join(said)}: another engine has it)" if said else ""


def with_short_names(configuration: Configuration, container: EngineContainer, release: Release) -> Configuration:
    """Give a configuration the search list and the short-name mode of a node's own files; raises ``NodeError``."""
    of_release = profile(release)
    files = [each for path in DEFAULT_PATHS if (each := container.files / path.relative_to("/")).exists()]
    try:
        mode = crio_conf.read(of_release, files).short_name_mode if files else ""
        paths = RegistriesConfPaths.found(None, None, Path("/root"), container.files)
        search = load_registries(paths, container.files, of_release).search
    except (InvalidRegistriesConfError, NodeConfigError) as error:
        raise NodeError(f"{container.name}: {'; '.join(str(error).splitlines())}") from None
    return replace(configuration, search_registries=search, short_name_mode=mode)


def _installation(container: EngineContainer, oci_runtime: str) -> Installation:
    """Find CRI-O and the programs that its node gives it; raises ``NodeError``."""
    settings = read_runtime_settings(container)
    crio = _crio(container)
    match = re.match(r"crio version (\S+)", ask_version(crio, container.enter).stdout)
    if match is None:
        msg = f"{crio} on {container.name} does not say which release it is: install CRI-O there"
        raise NodeError(msg)
    name = oci_runtime or settings.get("default_runtime", "")
    runtime = settings.get("runtimes", {}).get(name, {})
    names = (name,) if name else ("crun", "runc")
    return Installation(
        crio=crio,
        pinns=_program(container, crio, "pinns", named=settings.get("pinns_path", "")),
        conmon=_program(container, crio, "conmon", named=runtime.get("monitor_path") or settings.get("conmon", "")),
        oci_runtime=_program(container, crio, *names, named=runtime.get("runtime_path", "")),
        release=Release(match[1]),
        enter=container.enter,
    )


def _crio(container: EngineContainer) -> Path:
    """Find CRI-O: what the unit runs, or else what is on PATH there; raises ``NodeError``."""
    pid = container.run("systemctl", "show", "--property=MainPID", "--value", UNIT).stdout.strip()
    if pid.isdigit() and pid != "0":
        running = container.run("readlink", f"/proc/{pid}/exe").stdout.strip()
        if Path(running).name == "crio":
            return Path(running)
    return _program(container, Path("/usr/local/bin/crio"), "crio")


def _program(container: EngineContainer, crio: Path, *names: str, named: str = "") -> Path:
    """Find a program on a node: where its settings say, beside CRI-O, or on PATH; raises ``NodeError``."""
    folders = [str(crio.parent), *PROGRAMS.split(os.pathsep), LIBEXEC]
    for name in (named, *names):
        if name.startswith("/"):
            return Path(name)
        if name and (found := find_on_node(name, folders, container.files)):
            return found
    msg = f"{' or '.join(names)}, which CRI-O needs, is not on {container.name}: install it there"
    raise NodeError(msg)
