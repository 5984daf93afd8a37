"""A real kubelet on CRI-O's node: without an API server it runs static pods, and says what becomes of them.

Source: kubernetes/kubernetes pkg/kubelet, the kubelet's configuration (kubelet.config.k8s.io/v1beta1), static pods.
"""

import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from conformance.cri.v1 import api_pb2 as api
from conformance.kubelet.cri_proxy import CRIProxy
from conformance.kubelet.events import VERBOSITY, events_of, final_error
from conformance.kubelet.kubelet_config import ALONE, IN_CLUSTER, kubelet_config
from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import PodState, manifest, state_of
from conformance.kubelet.pod_teller import PodTeller
from conformance.kubelet.static_pods import NODE, StaticPod
from conformance.kubelet.sysctl_masks import mask_sysctls
from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.model.answers import Login
from conformance.node import NodeError, Process
from conformance.releases.kubelet_binary import KubeletBinary
from conformance.runtime import pod_images
from conformance.runtime.crio import Crio
from conformance.runtime.runtime import CapabilityError, RuntimeFailedError

READY_SECONDS = 30.0
LOOK_SECONDS = 0.05
GC_VERBOSITY = 4
GC_ENDED = "Image garbage collection "
"""What the kubelet logs when it has collected images, with or without success (``StartGarbageCollection``)."""


@dataclass(frozen=True)
class Membership:
    """How a kubelet belongs to a cluster: by a ``kubeconfig`` (its text), as the node ``node``.

    ``registers`` tells whether it makes that node itself.
    """

    kubeconfig: str
    node: str
    registers: bool


class KubeletProcess(PodTeller):
    """A kubelet that asks a running CRI-O, through a CRI proxy, so that its calls are evidence like any others.

    With a membership it is the node of a cluster, whose pods it runs as well. Raises ``RuntimeFailedError`` when it
    cannot be started, and ``NodeError``.
    """

    def __init__(self, binary: KubeletBinary, crio: Crio, membership: Membership | None = None) -> None:
        self.release = binary.release
        self.runtime = self.crio = crio
        self._binary = binary
        self._membership = membership
        self._node = membership.node if membership else NODE
        self._place = IN_CLUSTER if membership else ALONE
        self._folder = crio.node.folder / self._place.folder
        self.manifests = self._folder / "manifests"
        self.manifests.mkdir(parents=True, exist_ok=True)  # it is there when another one could not be started
        if membership:
            self._kubeconfig.touch(0o600)
            self._kubeconfig.write_text(membership.kubeconfig)
        with ExitStack() as stack:
            self._socket = self._folder / "cri.sock"
            self._proxy = stack.enter_context(CRIProxy(self._socket, crio.socket, crio.evidence.calls.append))
            mask_sysctls(crio.node, self._folder / "sysctl")
            with (crio.node.etc / "hosts").open("a") as hosts:
                hosts.write(f"127.0.0.1 {self._node}\n")
            for hierarchy in _hierarchies(crio.cgroups):
                (hierarchy / crio.cgroup_parent.strip("/")).mkdir(exist_ok=True)
            self._process = self._start()
            stack.callback(self._end)
            self._await_ready()
            self._stack = stack.pop_all()

    @property
    def _kubeconfig(self) -> Path:
        return self._folder / "kubeconfig"

    def _start(self, verbosity: int = VERBOSITY, **settings: Any) -> Process:
        """Start the process, with settings besides its usual ones."""
        place, crio = self._place, self.crio
        usual = kubelet_config(self.manifests, self._socket, crio.cgroup_parent, self.release, place)
        if self._membership:
            usual["registerNode"] = self._membership.registers
        (self._folder / "config.json").write_text(json.dumps(usual | settings))
        command = [
            str(self._binary.path),
            f"--config={self._folder / 'config.json'}",
            f"--root-dir={place.root}",  # where it mounts things: not in the folder that the world must remove
            f"--cert-dir={place.root}/pki",
            f"--hostname-override={self._node}",
            f"--v={verbosity}",
            *([f"--kubeconfig={self._kubeconfig}"] if self._membership else []),
        ]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self._folder)}
        return crio.node.spawn(command, environment, f"{place.folder}.log")

    def _await_ready(self) -> None:
        if not self.wait(lambda: self.pods() is not None, READY_SECONDS):
            message = f"kubelet {self.release} was not ready after {READY_SECONDS:.0f} s: {final_error(self._log)}"
            raise RuntimeFailedError(message)

    def _end(self) -> None:
        """End the process; one that is held would not hear that it is to end."""
        self._process.signal(signal.SIGCONT)
        self._process.stop(READY_SECONDS)
        self._process.close()

    def _restart(self, verbosity: int = VERBOSITY, **settings: Any) -> None:
        """End it and start it anew, with settings besides its usual ones; its pods run on."""
        self._end()
        self._process = self._start(verbosity, **settings)
        self._await_ready()

    def collect_images(self) -> None:
        """Let it collect the images that nothing uses: it does so when it starts, and in between every five minutes.

        Raises ``RuntimeFailedError`` when that does not come to an end.
        """
        before = len(self._log)
        self._restart(GC_VERBOSITY, imageMinimumGCAge="1ns", imageMaximumGCAge="2ns")
        if not self.wait(lambda: GC_ENDED in self._log[before:], READY_SECONDS):
            message = f"kubelet {self.release} had not collected images after {READY_SECONDS:.0f} s"
            raise RuntimeFailedError(f"{message}: {final_error(self._log)}")
        self._restart()

    def run(
        self,
        *volumes: ImageVolume,
        image: str = "",
        policy: PullPolicy | None = None,
        secret: Login | None = None,
    ) -> StaticPod:
        """Let it run a static pod whose container has these volumes; ``policy`` is the pull policy of the container."""
        if secret is not None:
            raise CapabilityError("cluster", "a static pod can have no secrets")
        pod_images.offer(self.crio.internet)
        return StaticPod(self, manifest(f"pod-{uuid.uuid4().hex[:8]}", image or pod_images.TOOLS, volumes, policy))

    def pods(self) -> dict[str, PodState] | None:
        """Give the state of every pod, by name, as its read-only port reports it; none while it does not answer."""
        try:
            connection = HTTPConnection("127.0.0.1", self._place.read_only_port)
            connection.sock = self.crio.node.connect("127.0.0.1", self._place.read_only_port)
            connection.sock.settimeout(READY_SECONDS)
            with connection.sock:
                connection.request("GET", "/pods")
                answer = json.loads(connection.getresponse().read())
        except (HTTPException, NodeError, OSError, ValueError):
            return None
        return {pod["metadata"]["name"]: state_of(pod) for pod in answer.get("items") or ()}

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Look again and again until something is the case; tell whether it was in time.

        Raises ``RuntimeFailedError`` when the kubelet ends meanwhile.
        """
        last = time.monotonic() + seconds
        while not until():
            if time.monotonic() > last:
                return False
            if self._process.wait(LOOK_SECONDS):
                raise RuntimeFailedError(f"kubelet {self.release} ended: {final_error(self._log)}")
        return True

    @property
    def _log(self) -> str:
        return self._process.log.read_text(errors="replace")

    def events(self, name: str) -> list[Event]:
        """Give the events of a pod, each once, in order: what ``kubectl describe pod`` shows in a cluster."""
        return events_of(name, self._log)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep it from doing anything meanwhile: it would stop every pod that is not one of its own."""
        self._process.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.signal(signal.SIGCONT)

    @contextmanager
    def at_work(self) -> Iterator[Self]:
        """Let it run pods for a while; afterwards they are taken away, and it is held until it is at work again.

        CRI-O has then done what it was last asked for: two who remove one container at once get in each other's way.
        """
        self._process.signal(signal.SIGCONT)
        try:
            yield self
            self.clear()
        finally:
            self._process.signal(signal.SIGSTOP)
            self._proxy.settle(READY_SECONDS)

    def clear(self) -> None:
        """Take all pods away, and wait until CRI-O has stopped them; raises ``RuntimeFailedError`` when they stay."""
        for each in self.manifests.iterdir():
            each.unlink()
        cleanup_client = self.crio.cleanup_client
        for container in cleanup_client.list_containers(api.ListContainersRequest()).containers:
            cleanup_client.stop_container(api.StopContainerRequest(container_id=container.id, timeout=0))
        state = api.PodSandboxStateValue(state=api.SANDBOX_READY)
        ready = api.ListPodSandboxRequest(filter=api.PodSandboxFilter(state=state))
        if not self.wait(lambda: not self.pods() and not cleanup_client.list_pod_sandbox(ready).items, READY_SECONDS):
            raise RuntimeFailedError(
                f"kubelet {self.release} still has pods {READY_SECONDS:.0f} s after they were taken away"
            )

    def close(self) -> None:
        """End it, its CRI proxy, and whatever it runs."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _hierarchies(cgroups: Path) -> list[Path]:
    """Give the root of each hierarchy of control groups in sight: the only one (version 2), or several (version 1).

    What is hidden from a node (``runtime/hybrid_cgroups.py``) could not be removed there.
    """
    if (cgroups / "cgroup.controllers").exists():
        return [cgroups]
    return [each for each in cgroups.iterdir() if (each / "cgroup.procs").exists()]


def shared_kubelet(crio: Crio, binary: KubeletBinary) -> KubeletProcess:
    """Give the kubelet of a CRI-O, started at the first use; it ends before that CRI-O does."""
    return crio.attach(binary, KubeletProcess)
