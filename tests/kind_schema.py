"""kind's configuration and what it does with the patches in there, as far as ``kind-config.yaml`` needs it.

Sources: kubernetes-sigs/kind v0.32.0, pkg/apis/config/v1alpha4/types.go (fields and their values),
pkg/internal/apis/config/encoding/load.go (unknown fields are refused) and validate.go,
pkg/cluster/internal/kubeadm/config.go (what kubeadm is told before the patches),
pkg/internal/patch/ (patches are merged as RFC 7386 has it).
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import yaml

API_VERSION = "kind.x-k8s.io/v1alpha4"
CONTAINERD = "unix:///run/containerd/containerd.sock"

Fields = dict[str, Any]
"""What a table may hold: a type, the values that are allowed, or such fields again, in a list for a list of them."""

_PATCH: Fields = {"group": str, "version": str, "kind": str, "patch": str}
_MOUNT: Fields = {
    "containerPath": str,
    "hostPath": str,
    "readOnly": bool,
    "selinuxRelabel": bool,
    "propagation": {"None", "HostToContainer", "Bidirectional"},
}
_PORT: Fields = {
    "containerPort": int,
    "hostPort": int,
    "listenAddress": str,
    "protocol": {"TCP", "UDP", "SCTP"},
}
_NODE: Fields = {
    "role": {"control-plane", "worker"},
    "image": str,
    "labels": {"*": str},
    "extraMounts": [_MOUNT],
    "extraPortMappings": [_PORT],
    "kubeadmConfigPatches": [str],
    "kubeadmConfigPatchesJSON6902": [_PATCH],
}
CLUSTER: Fields = {
    "kind": {"Cluster"},
    "apiVersion": {API_VERSION},
    "name": str,
    "nodes": [_NODE],
    "networking": {
        "ipFamily": {"ipv4", "ipv6", "dual"},
        "apiServerPort": int,
        "apiServerAddress": str,
        "podSubnet": str,
        "serviceSubnet": str,
        "disableDefaultCNI": bool,
        "kubeProxyMode": {"iptables", "ipvs", "nftables", "none"},
        "dnsSearch": [str],
    },
    "featureGates": {"*": bool},
    "runtimeConfig": {"*": str},
    "kubeadmConfigPatches": [str],
    "kubeadmConfigPatchesJSON6902": [_PATCH],
    "containerdConfigPatches": [str],
    "containerdConfigPatchesJSON6902": [str],
}


def faults(value: object, allowed: Any = CLUSTER, where: str = "the cluster") -> list[str]:
    """Say what kind would refuse, a sentence each."""
    match allowed:
        case type():
            return [] if type(value) is allowed else [f"{where}: {value!r} is no {allowed.__name__}"]
        case set():
            return [] if value in allowed else [f"{where}: {value!r} is none of {sorted(allowed)}"]
        case list():
            if not isinstance(value, list):
                return [f"{where}: {value!r} is no list"]
            return [fault for n, each in enumerate(value) for fault in faults(each, allowed[0], f"{where}[{n}]")]
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no table"]
    found = []
    for name, each in value.items():
        known = allowed.get(name, allowed.get("*"))
        found += faults(each, known, f"{where}.{name}") if known else [f"{where}: no field is called {name}"]
    return found


def kubeadm_documents(version: str) -> list[dict[str, Any]]:
    """Give what kind tells kubeadm of a one-node cluster, as far as patches of ours could touch it.

    ``version`` is that of kubeadm's API: ``v1beta3``, or ``v1beta4`` from Kubernetes 1.36 on.
    """
    arguments: dict[str, str] = {"node-ip": "172.18.0.2", "node-labels": ""}
    listed = [{"name": name, "value": value} for name, value in arguments.items()]
    node = {"criSocket": CONTAINERD, "kubeletExtraArgs": listed if version == "v1beta4" else arguments}
    kubeadm = {"apiVersion": f"kubeadm.k8s.io/{version}"}
    return [
        {**kubeadm, "kind": "ClusterConfiguration", "clusterName": "kind"},
        {**kubeadm, "kind": "InitConfiguration", "nodeRegistration": node, "skipPhases": ["preflight"]},
        {**kubeadm, "kind": "JoinConfiguration", "nodeRegistration": deepcopy(node), "skipPhases": ["preflight"]},
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupDriver": "systemd",
            "cgroupRoot": "/kubelet",
            "failSwapOn": False,
        },
    ]


def patched(documents: Iterable[dict[str, Any]], patches: Iterable[str]) -> list[dict[str, Any]]:
    """Merge the patches into the documents of their kind and, where they name one, their apiVersion.

    Raises ``ValueError`` for a patch that matches no document: kind says nothing then, and does nothing.
    """
    result = list(documents)
    for patch in (each for text in patches for each in yaml.safe_load_all(text)):
        matching = [
            number
            for number, each in enumerate(result)
            if each["kind"] == patch["kind"] and patch.get("apiVersion", each["apiVersion"]) == each["apiVersion"]
        ]
        if not matching:
            msg = f"a patch of {patch['kind']} matches nothing"
            raise ValueError(msg)
        for number in matching:
            result[number] = merged(result[number], patch)
    return result


def merged(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
