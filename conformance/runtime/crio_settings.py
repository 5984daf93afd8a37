"""The file crio.conf(5) of a run: what a case wishes, and where programs and files are on its node."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from conformance.releases.installation import Installation
from conformance.runtime import cni
from conformance.runtime.configuration import Configuration

NO_PLUGINS = "/etc/cni/bin"
"""Where CRI-O looks for CNI plugins of which no pod has need; it makes the folder, by default ``/opt/cni/bin``."""

LOG_LEVEL = "debug"


@dataclass(frozen=True, kw_only=True)
class CrioPlaces:
    """Where things are on a node, as CRI-O is told.

    ``socket`` is where it listens, ``programs`` are those that it starts, ``plugins`` is the folder of CNI plugins
    (none: pods have no network of their own), ``storage_driver`` one of containers/storage.
    """

    socket: Path
    programs: Installation
    storage_driver: str
    plugins: Path | None = None


def write_crio_conf(
    etc: Path, configuration: Configuration, places: CrioPlaces, runtime_settings: Mapping[str, Any]
) -> None:
    """Write it, and a network for pods, below ``etc``; ``runtime_settings`` are the node's own, which yield to ours."""
    network: dict[str, Any] = {"plugin_dirs": [NO_PLUGINS]}
    if configuration.network and places.plugins:
        network = cni.write_cni_config(etc, places.plugins)
    table = {
        "storage_driver": places.storage_driver,
        "api": {"listen": str(places.socket)},
        "image": configuration.image_settings,
        "runtime": _merged(runtime_settings, _runtime(places.programs)),
        "network": network,
        "nri": {"enable_nri": False},
    }
    folder = etc / "crio"
    folder.mkdir(exist_ok=True)
    (folder / "crio.conf").write_text(tomli_w.dumps({"crio": table}), encoding="utf-8")


def _runtime(programs: Installation) -> dict[str, Any]:
    """Give the table ``crio.runtime``: control groups of the run's own, and one OCI runtime."""
    name = programs.oci_runtime.name
    return {
        "log_level": LOG_LEVEL,
        "pinns_path": str(programs.pinns),
        "conmon": str(programs.conmon),
        "conmon_cgroup": "pod",
        "cgroup_manager": "cgroupfs",
        "default_runtime": name,
        "runtimes": {
            name: {
                "runtime_path": str(programs.oci_runtime),
                "runtime_root": f"/run/{name}",
                "monitor_path": str(programs.conmon),
                "monitor_cgroup": "pod",
            }
        },
        "hooks_dir": [],
        "apparmor_profile": "",
        "irqbalance_config_restore_file": "disable",
        "disable_hostport_mapping": True,
    }


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table over another, tables in them as well."""
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            merged[key] = _merged(below[key], above[key])
    return merged
