"""The pods of a run on somebody's node: marked as the run's, with logs and control groups in places of their own."""

import shutil
from collections.abc import Callable
from pathlib import Path

from conformance.cri import Client
from conformance.cri.v1 import api_pb2 as api
from conformance.node.init import PATIENCE, remove_cgroups
from conformance.node.maker import this_maker

LABEL = "crio-conformance.word"
"""The label of a pod that says which run made it."""

KUBELETS = "kubernetes.io/config.source"
"""The annotation that every pod of a kubelet has (Kubernetes pkg/kubelet/config/config.go, ``merge``). Labels tell
nothing: CRI-O gives ``io.kubernetes.pod.uid`` to any pod."""

LOGS = "/run/crio-conformance-"
SYSTEMD = "systemd"


class RedirectedPods:
    """Where the pods of the run ``word`` have what a pod needs; ``manager`` is CRI-O's cgroup manager."""

    def __init__(self, word: str, manager: str) -> None:
        self._word = word
        self._manager = manager
        self._cgroups = f"crio-conformance-{word.rpartition('-')[2]}-{this_maker()}"

    def place(self, config: api.PodSandboxConfig) -> None:
        """Mark a pod, and put its logs and its control group where they are found again."""
        name = config.metadata.name
        config.labels[LABEL] = self._word
        config.log_directory = f"{LOGS}{self._word}/{name}"
        config.linux.cgroup_parent = f"{self._word}.slice" if self._manager == SYSTEMD else f"/{self._cgroups}/{name}"

    def clear(self, client: Client) -> None:
        """Remove the pods that there are."""
        remove_pods(client, lambda word: word == self._word)

    def close(self, client: Client, root: Path) -> None:
        """Remove the pods with all that they had on the node whose root folder that is."""
        self.clear(client)
        remove_logs(root, lambda word: word == self._word)
        remove_cgroups(self._cgroups, PATIENCE)


def has_kubelet(client: Client) -> bool:
    """Tell whether a kubelet has pods on this runtime: it kills, within seconds, any that it does not know."""
    sandboxes = client.list_pod_sandbox(api.ListPodSandboxRequest()).items
    return any(KUBELETS in each.annotations and LABEL not in each.labels for each in sandboxes)


def remove_pods(client: Client, is_meant: Callable[[str], bool]) -> None:
    """Remove the pods of runs whose word is meant; what runs in them is not asked to end, which may take long."""
    for sandbox in client.list_pod_sandbox(api.ListPodSandboxRequest()).items:
        if LABEL not in sandbox.labels or not is_meant(sandbox.labels[LABEL]):
            continue
        wanted = api.ListContainersRequest(filter=api.ContainerFilter(pod_sandbox_id=sandbox.id))
        for container in client.list_containers(wanted).containers:
            client.stop_container(api.StopContainerRequest(container_id=container.id, timeout=0))
        client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=sandbox.id))
        client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=sandbox.id))


def remove_logs(root: Path, is_meant: Callable[[str], bool]) -> None:
    """Remove the logs of the pods of runs whose word is meant."""
    above = root / LOGS.lstrip("/")
    for folder in above.parent.glob(f"{above.name}*"):
        if is_meant(folder.name.removeprefix(above.name)) and not folder.is_symlink():
            shutil.rmtree(folder)
