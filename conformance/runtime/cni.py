"""A network for pods: the CNI plugins of this machine, whether they work here, and how CRI-O is configured for them."""

import json
import os
import subprocess
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from conformance.releases.installation import BUNDLED_PLUGINS

FOLDERS = (Path("/opt/cni/bin"), Path("/usr/lib/cni"), Path("/usr/libexec/cni"))
"""Where the plugins lie: upstream's own place, Debian's and Fedora's."""

PLUGINS = ("bridge", "host-local", "loopback")
SUBNET = IPv4Network("10.88.7.0/24")
"""Where pods on the bridge have their addresses."""

CONFLIST = "cni/net.d/10-conformance.conflist"
"""A file below ``/etc``, where CRI-O looks for networks by default."""

ADDRESSES = Path("run/cni/conformance")
"""The folder below ``/`` that has a file for each address that is given to a pod (CNI plugin ``host-local``)."""

VERSION = "0.4.0"
"""Of the CNI specification: one that older plugins know, too."""

SECONDS = 10.0


def find_plugins(beside: Path | None = None, root: Path = Path("/")) -> Path | None:
    """Find the folder that has the plugins: beside a ``crio``, in the bundle that it is from, or a system's.

    A bundle has them in ``cni-plugins``, beside ``bin`` (cri-o/packaging scripts/bundle/build). ``root`` is where the
    node's root folder is seen.
    """
    folders = [beside, beside.parent / BUNDLED_PLUGINS, *FOLDERS] if beside else FOLDERS

    def has_all(folder: Path) -> bool:
        return all(os.access(root / folder.relative_to("/") / name, os.X_OK, effective_ids=True) for name in PLUGINS)

    return next(filter(has_all, folders), None)


@cache
def why_unusable(folder: Path | None, enter: tuple[str, ...] = ()) -> str:
    """Say why no pod can have a network of its own here, nothing where it can: a bridge is made and thrown away.

    ``enter`` is the beginning of a command that runs a program on the node.
    """
    if folder is None:
        places = ", ".join(map(str, FOLDERS))
        return (
            f"the CNI plugins {', '.join(PLUGINS)} are not in {places}, nor beside crio: install them (on Debian `apt"
            " install containernetworking-plugins`)"
        )
    env = {
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": "trial",
        "CNI_NETNS": "/proc/self/ns/net",
        "CNI_IFNAME": "trial0",
        "CNI_PATH": str(folder),
    }
    trial = json.dumps({"cniVersion": VERSION, "name": "trial", **_bridge(ipam={})})
    try:
        done = subprocess.run(
            [*enter, "env", *(f"{name}={value}" for name, value in env.items()), "unshare", "--net", folder / "bridge"],
            input=trial,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the CNI plugin bridge cannot be tried: {error}"
    return f"the CNI plugin bridge fails here: {_said(done.stdout) or done.stderr.strip()}" if done.returncode else ""


def write_cni_config(etc: Path, folder: Path) -> dict[str, Any]:
    """Write a network below ``etc``, a bridge without packet filter, and give the table ``crio.network`` for it."""
    ipam = {"type": "host-local", "dataDir": f"/{ADDRESSES.parent}", "ranges": [[{"subnet": str(SUBNET)}]]}
    file = etc / CONFLIST
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"cniVersion": VERSION, "name": ADDRESSES.name, "plugins": [_bridge(ipam)]}))
    return {"network_dir": str(Path("/etc", CONFLIST).parent), "plugin_dirs": [str(folder)]}


def _bridge(ipam: dict[str, Any]) -> dict[str, Any]:
    """Give the plugin's own configuration (containernetworking/plugins, ``bridge``)."""
    return {"type": "bridge", "bridge": "conformance0", "isGateway": bool(ipam), "ipMasq": False, "ipam": ipam}


def _said(stdout: str) -> str:
    """Read what a plugin says went wrong (CNI specification, "Error")."""
    try:
        error = json.loads(stdout)
    except ValueError:
        return ""
    return " ".join(str(error.get(part, "")) for part in ("msg", "details")).strip()
