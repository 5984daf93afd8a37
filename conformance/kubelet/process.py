"""A real kubelet on CRI-O's node, without an API server: it runs static pods, and says what becomes of them.

Source: kubernetes/kubernetes pkg/kubelet, the kubelet's configuration (kubelet.config.k8s.io/v1beta1), static pods.
"""

import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Evidence, attempts
from conformance.kubelet.container import Container
from conformance.kubelet.cri_proxy import CRIProxy
from conformance.kubelet.events import VERBOSITY, events_of, final_error
from conformance.kubelet.kubelet_config import PORT, ROOT, kubelet_config
from conformance.kubelet.messages import Event
from conformance.kubelet.static_pods import CONTAINER, PodState, manifest, state_of
from conformance.kubelet.sysctl_masks import mask_sysctls
from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.node import NodeError
from conformance.releases.kubelet_binary import KubeletBinary
from conformance.runtime import pod_images
from conformance.runtime.crio import Crio
from conformance.runtime.runtime import RuntimeFailedError

READY_SECONDS = 30.0
STATE_SECONDS = 30.0
LOOK_SECONDS = 0.05
NODE = "node"


class KubeletProcess:
    """A kubelet that asks a running CRI-O, through a CRI proxy, so that its calls are evidence like any others.

    Raises ``RuntimeFailedError`` when it cannot be started, and ``NodeError``.
    """

    def __init__(self, binary: KubeletBinary, crio: Crio) -> None:
        self.release = binary.release
        self.crio = crio
        self._folder = crio.node.folder / "kubelet"
        self.manifests = self._folder / "manifests"
        self.manifests.mkdir(parents=True, exist_ok=True)  # it is there when another one could not be started
        with ExitStack() as stack:
            socket = self._folder / "cri.sock"
            stack.enter_context(CRIProxy(socket, crio.socket, crio.evidence.calls.append))
            mask_sysctls(crio.node, self._folder / "sysctl")
            with (crio.node.etc / "hosts").open("a") as hosts:
                hosts.write(f"127.0.0.1 {NODE}\n")
            for hierarchy in _hierarchies(crio.node.cgroups):
                (hierarchy / crio.cgroup_parent.strip("/")).mkdir(exist_ok=True)
            configuration = kubelet_config(self.manifests, socket, crio.cgroup_parent, binary.release)
            (self._folder / "config.json").write_text(json.dumps(configuration))
            command = [
                str(binary.path),
                f"--config={self._folder / 'config.json'}",
                f"--root-dir={ROOT}",  # where it mounts things: not in the folder that the node must remove
                f"--cert-dir={ROOT}/pki",
                f"--hostname-override={NODE}",
                f"--v={VERBOSITY}",
            ]
            environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self._folder)}
            self._process = crio.node.spawn(command, environment, "kubelet.log")
            stack.callback(self._process.close)
            stack.callback(self._process.stop, READY_SECONDS)
            stack.callback(self._process.signal, signal.SIGCONT)  # held, it would not hear that it is to end
            if not self.wait(lambda: self.pods() is not None, READY_SECONDS):
                message = f"kubelet {self.release} was not ready after {READY_SECONDS:.0f} s: {final_error(self._log)}"
                raise RuntimeFailedError(message)
            self._stack = stack.pop_all()

    def run(
        self, *volumes: ImageVolume, image: str = pod_images.TOOLS, policy: PullPolicy | None = None
    ) -> "StaticPod":
        """Let it run a pod whose container has these volumes; ``policy`` is the pull policy of the container."""
        pod_images.offer(self.crio.internet)
        return StaticPod(self, manifest(f"pod-{uuid.uuid4().hex[:8]}", image, volumes, policy))

    def pods(self) -> dict[str, PodState] | None:
        """Give the state of every pod, by name, as its read-only port reports it; none while it does not answer."""
        try:
            connection = HTTPConnection("127.0.0.1", PORT)
            connection.sock = self.crio.node.connect("127.0.0.1", PORT)
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
        """Let it run pods for a while; afterwards they are taken away, and it is held until it is at work again."""
        self._process.signal(signal.SIGCONT)
        try:
            yield self
            self.clear()
        finally:
            self._process.signal(signal.SIGSTOP)

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
    """Give the root of every hierarchy of control groups: the only one (version 2), or each (version 1)."""
    if (cgroups / "cgroup.controllers").exists():
        return [cgroups]
    return [each for each in cgroups.iterdir() if (each / "cgroup.procs").exists()]


class StaticPod:
    """A pod that a kubelet runs because a file says so."""

    def __init__(self, kubelet: KubeletProcess, document: dict[str, Any]) -> None:
        self._kubelet = kubelet
        self._evidence = kubelet.crio.evidence
        self._mark = self._evidence.cursor()
        wanted: str = document["metadata"]["name"]
        self.name = f"{wanted}-{NODE}"
        hidden = kubelet.manifests / f".{wanted}.json"  # a kubelet skips these
        hidden.write_text(json.dumps(document))
        self.file: Path = hidden.rename(kubelet.manifests / f"{wanted}.json")

    @property
    def state(self) -> PodState:
        """The state that the kubelet reports now; an empty one where it does not know the pod, or does not answer."""
        return (self._kubelet.pods() or {}).get(self.name, PodState())

    def waiting(self, *reasons: str) -> PodState:
        """Wait until the container waits for one of these reasons, and give its state; an assertion fails otherwise."""
        state = self._until(lambda state: state.reason in reasons)
        assert state.reason in reasons, f"after {STATE_SECONDS:.0f} s: {state}"  # noqa: S101 (a case's statement)
        return state

    def running(self) -> Container:
        """Wait until the container runs, and give it; an assertion fails otherwise."""
        state = self._until(lambda state: bool(state.container_id))
        assert state.container_id, f"after {STATE_SECONDS:.0f} s: {state}"  # noqa: S101 (a case's statement)
        return Container(self._kubelet.crio, state.container_id)

    def pulls_again(self, seconds: float) -> bool:
        """Tell whether another pull succeeds within so many seconds."""
        before = self._pulls()
        return self._kubelet.wait(lambda: self._pulls() > before, seconds)

    def _pulls(self) -> int:
        """Count the pulls that succeeded since it was given to the kubelet."""
        return sum(call.rpc == "PullImage" and call.error is None for call in self.evidence.calls)

    @property
    def events(self) -> list[Event]:
        """The pod's events so far, each once, in order."""
        return self._kubelet.events(self.name)

    @property
    def evidence(self) -> Evidence:
        """What was recorded since it was given to the kubelet."""
        return self._evidence.since(self._mark)

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked for the image of its first volume, when that was pulled first."""
        pulls = (call for call in self.evidence.calls if call.rpc == "PullImage")
        pull = next((each for each in pulls if not pod_images.is_infra_image(each.request.image.image)), None)  # type: ignore[attr-defined]
        if pull is None:
            return []
        until = pull.at + pull.duration
        return [each.host for each in attempts(x for x in self.evidence.exchanges if pull.at <= x.at <= until)]

    def _until(self, holds: Callable[[PodState], bool]) -> PodState:
        """Wait for a state, and record what a user reads then; give the last one that was seen."""
        state = PodState()

        def seen() -> bool:
            nonlocal state
            state = self.state
            return holds(state)

        self._kubelet.wait(seen, STATE_SECONDS)
        self._evidence.record_message(*(f"event {event.reason}: {event.message}" for event in self.events))
        what = f"waits: {state.reason}: {state.message}" if state.reason else "does not run"
        self._evidence.record_message(f"the container {CONTAINER} {'runs' if state.container_id else what}")
        return state


def shared_kubelet(crio: Crio, binary: KubeletBinary) -> KubeletProcess:
    """Give the kubelet of a CRI-O, started at the first use; it ends before that CRI-O does."""
    return crio.attach(binary, KubeletProcess)
