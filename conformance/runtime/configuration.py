"""How CRI-O is configured: a value, and the files it becomes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from conformance.runtime.installation import Installation


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a case wants CRI-O to be told; equal configurations share a running CRI-O.

    ``search_registries`` is ``unqualified-search-registries``, in order. ``short_name_mode`` is that option of
    ``crio.conf`` (1.34 and later; older releases ignore it); ``None`` leaves CRI-O's default.
    """

    search_registries: tuple[str, ...] = ("docker.io", "quay.io")
    short_name_mode: str | None = "disabled"

    def write(self, etc: Path, socket: Path, programs: Installation, *, storage_driver: str, log_level: str) -> None:
        """Write the files below ``etc`` where CRI-O looks for them by default."""
        containers = etc / "containers"
        (containers / "registries.conf.d").mkdir(parents=True, exist_ok=True)
        (containers / "registries.conf.d" / "crio.conf").write_text(
            tomli_w.dumps({"unqualified-search-registries": list(self.search_registries)})
        )
        (containers / "policy.json").write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
        crio = etc / "crio"
        crio.mkdir()
        (crio / "crio.conf").write_text(
            tomli_w.dumps({"crio": self._crio(socket, programs, storage_driver, log_level)})
        )

    def _crio(self, socket: Path, programs: Installation, storage_driver: str, log_level: str) -> dict[str, Any]:
        """Give the table ``crio`` of crio.conf(5); what is not here is CRI-O's default."""
        name = programs.oci_runtime.name
        image = {} if self.short_name_mode is None else {"short_name_mode": self.short_name_mode}
        return {
            "storage_driver": storage_driver,
            "api": {"listen": str(socket)},
            "image": image,
            "runtime": {
                "log_level": log_level,
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
            },
            "nri": {"enable_nri": False},
        }
