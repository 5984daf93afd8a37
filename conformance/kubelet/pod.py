"""Pods and their containers, asked for as a kubelet does."""

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Self

from conformance.cri import CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Evidence
from conformance.kubelet.container import Container
from conformance.kubelet.messages import WaitingState
from conformance.kubelet.pod_sync import PodSync, PodSyncer
from conformance.kubelet.volume import ImageVolume, PullPolicy
from conformance.model.reason import Reason
from conformance.model.release import Release
from conformance.registry_hosts import Login
from conformance.runtime import pod_images
from conformance.runtime.runtime import Runtime

NETWORKS = {"host": api.NODE, "bridge": api.POD}

SLEEP = ("/bin/sleep", "infinity")


@dataclass(frozen=True)
class ContainerStart:
    """The outcome of CreateContainer and StartContainer: the running container or what went wrong.

    ``waiting`` is the state that a kubelet reports then.
    """

    container: Container | None
    error: CRIError | None
    waiting: WaitingState | None
    evidence: Evidence

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked meanwhile; starting a container should ask none."""
        return self.evidence.asked

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the error cannot serve; empty where the container was started."""
        return self.error.reasons if self.error else {}

    @property
    def mounted(self) -> dict[str, str]:
        """The image volumes that ContainerStatus reports, container path and image; empty without a container."""
        return self.container.mounted_images() if self.container else {}

    @property
    def running(self) -> Container:
        """The container; an assertion fails when there is none."""
        assert self.container is not None, f"no container was started: {self.error}"  # noqa: S101 (a case's statement)
        return self.container

    @property
    def failure(self) -> CRIError:
        """The error of CreateContainer or StartContainer; an assertion fails when the container was started."""
        assert self.error is not None, "the container was started"  # noqa: S101 (a case's statement)
        return self.error


class Pod:
    """A pod sandbox. Containers in it run the tool image until they are stopped.

    ``network`` is the host's or, where CRI-O is configured so, a bridge with an address of the pod's own; ``kubelet``
    the Kubernetes release whose pod sync it makes, by default that of the CRI-O's line. Needs the capability ``pods``:
    where ``containers`` is absent, a container is created and not started. Raises ``CRIError`` when it cannot be had.
    """

    def __init__(
        self, runtime: Runtime, *, kubelet: Release | None = None, network: Literal["host", "bridge"] = "host"
    ) -> None:
        self._runtime = runtime
        self._client = runtime.client
        offered = pod_images.offer(runtime.internet, runs="containers" in runtime.capabilities)
        name = f"pod-{uuid.uuid4().hex[:8]}"
        # a PID namespace per container, as a kubelet asks by default
        self._namespaces = api.NamespaceOption(network=NETWORKS[network], pid=api.CONTAINER)
        self.config = api.PodSandboxConfig(
            metadata=api.PodSandboxMetadata(name=name, namespace="conformance", uid=name),
            log_directory=f"/var/log/pods/{name}",
            linux=api.LinuxPodSandboxConfig(
                cgroup_parent=f"{runtime.cgroup_parent}/{name}",
                security_context=api.LinuxSandboxSecurityContext(namespace_options=self._namespaces),
            ),
        )
        self._syncer = PodSyncer(runtime, self.config, kubelet or runtime.release)
        self.id = self._client.run_pod_sandbox(api.RunPodSandboxRequest(config=self.config)).pod_sandbox_id
        if runtime.status(pod_images.TOOLS).image is None:
            self._client.pull_image(api.PullImageRequest(image=api.ImageSpec(image=pod_images.TOOLS)))
        if runtime.model_monitor:
            runtime.model_monitor.infra_layers.update(layer.blob.digest for layer in offered.layers)

    # A kubelet's pod sync

    def mount_image(
        self,
        image: str,
        at: str,
        *,
        policy: PullPolicy = "IfNotPresent",
        sub_path: str = "",
        login: Login | None = None,
    ) -> PodSync:
        """Do what a kubelet does for a container with ``image`` as its only volume."""
        return self.mount(ImageVolume(image, at, policy, sub_path), login=login)

    def mount(
        self,
        *volumes: ImageVolume,
        image: str = pod_images.TOOLS,
        policy: PullPolicy = "IfNotPresent",
        login: Login | None = None,
    ) -> PodSync:
        """Do what a kubelet does for a container of ``image`` with these volumes; ``policy`` is the container's."""
        evidence = self._runtime.evidence
        mark = evidence.cursor()
        ensured = self._syncer.ensure_all(volumes, login)
        if failed := [each for each in ensured if each.waiting]:  # the last is reported (toKubeContainerImageVolumes)
            evidence.record_message(*_lines(failed[-1].waiting))
            return PodSync(ensured, None, None, failed[-1].error, failed[-1].waiting, evidence.since(mark))
        root = self._syncer.ensure(image, policy, login)
        if root.waiting:
            evidence.record_message(*_lines(root.waiting))
            return PodSync(ensured, root, None, root.error, root.waiting, evidence.since(mark))
        self._runtime.status(image)  # for the user that it runs as (generateContainerConfig, getImageUser)
        mounts = [volume.mount(each.reference) for volume, each in zip(volumes, ensured, strict=True)]
        start = self.start(*mounts, image=root.reference, user_specified=image)
        return PodSync(ensured, root, start.container, start.error, start.waiting, evidence.since(mark))

    # The calls themselves

    def start(
        self,
        *mounts: api.Mount,
        image: str = pod_images.TOOLS,
        user_specified: str = "",
        user: int = 0,
        command: Sequence[str] = SLEEP,
    ) -> ContainerStart:
        """Create and start a container with these mounts, as a user (a UID); a failure is an outcome."""
        evidence, kubelet = self._runtime.evidence, self._syncer.kubelet
        mark = evidence.cursor()
        waiting = kubelet.create_failed
        try:
            container = self._create(
                mounts, api.ImageSpec(image=image, user_specified_image=user_specified or image), user, command
            )
            waiting = kubelet.start_failed
            if "containers" in self._runtime.capabilities:
                self._client.start_container(api.StartContainerRequest(container_id=container.id))
        except CRIError as error:
            evidence.record_message(*_lines(waiting(error)))
            return ContainerStart(None, error, waiting(error), evidence.since(mark))
        return ContainerStart(container, None, None, evidence.since(mark))

    def start_at_once(self, count: int, *mounts: api.Mount) -> list[ContainerStart]:
        """Create and start so many containers with these mounts, all at the same time."""
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(lambda _: self.start(*mounts), range(count)))

    def start_and_remove(self, count: int, *mounts: api.Mount) -> None:
        """Start so many containers with these mounts, and stop and remove them, all at the same time."""

        def live(_: int) -> None:
            container = self.start(*mounts).running
            container.stop()
            container.remove()

        with ThreadPoolExecutor(count) as threads:
            list(threads.map(live, range(count)))

    def _create(
        self, mounts: tuple[api.Mount, ...], image: api.ImageSpec, user: int, command: Sequence[str]
    ) -> Container:
        name = f"container-{uuid.uuid4().hex[:8]}"
        context = api.LinuxContainerSecurityContext(namespace_options=self._namespaces)
        if user:
            context.run_as_user.value = user
        config = api.ContainerConfig(
            metadata=api.ContainerMetadata(name=name),
            image=image,
            command=command,
            mounts=mounts,
            log_path=f"{name}.log",
            linux=api.LinuxContainerConfig(security_context=context),
        )
        request = api.CreateContainerRequest(pod_sandbox_id=self.id, config=config, sandbox_config=self.config)
        return Container(self._runtime, self._runtime.create(request))

    @property
    def address(self) -> str:
        """The address that PodSandboxStatus reports, empty on the host's network; raises ``CRIError``."""
        request = api.PodSandboxStatusRequest(pod_sandbox_id=self.id)
        return self._client.pod_sandbox_status(request).status.network.ip

    def containers(self) -> list[Container]:
        """Give the containers that the runtime says this pod has."""
        wanted = api.ListContainersRequest(filter=api.ContainerFilter(pod_sandbox_id=self.id))
        return [Container(self._runtime, each.id) for each in self._client.list_containers(wanted).containers]

    def close(self) -> None:
        """Stop and remove the pod with all its containers, at once; a runtime that ended has none."""
        if not self._runtime.running:
            return
        containers = self.containers()
        with ThreadPoolExecutor(max(1, len(containers))) as threads:
            list(threads.map(Container.stop, containers))
        self._client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=self.id))
        self._client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=self.id))
        if self._runtime.model_monitor:
            for each in containers:
                self._runtime.model_monitor.removed(each.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lines(waiting: WaitingState | None) -> list[str]:
    """Put what a kubelet reports into lines; the runtime's text, which is in most of them, stands in the first."""
    if waiting is None:
        return []
    states = [waiting, *([waiting.during_back_off] if waiting.during_back_off else [])]
    lines = [
        line
        for state in states
        for line in (
            *(f"event {event.reason}: {event.message}" for event in state.events),
            f"the container waits: {state.reason}: {state.message}",
        )
    ]
    first = next(at for at, line in enumerate(lines) if waiting.message in line)
    return [*lines[: first + 1], *(line.replace(waiting.message, "…") for line in lines[first + 1 :])]
