"""Pods, containers and image volumes, asked for as a kubelet does."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from conformance.cri import CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Evidence
from conformance.model.reason import Reason
from conformance.runtime import tools
from conformance.runtime.pull import Found, Pull
from conformance.runtime.runtime import Runtime

EXEC_SECONDS = 10
NAMESPACES = api.NamespaceOption(network=api.NODE, pid=api.CONTAINER)
"""The host's network, as there is no network plugin; a PID namespace per container, as a kubelet asks by default."""


@dataclass(frozen=True)
class Output:
    """What a program in a container printed, and its exit status."""

    status: int
    stdout: str
    stderr: str


class Container:
    """A running container of a pod."""

    def __init__(self, runtime: Runtime, container_id: str) -> None:
        self._runtime = runtime
        self.id = container_id

    def run(self, *argv: str) -> Output:
        """Run a program in it and wait for that; raises ``CRIError`` when it cannot be started."""
        request = api.ExecSyncRequest(container_id=self.id, cmd=argv, timeout=EXEC_SECONDS)
        response = self._runtime.client.exec_sync(request)
        return Output(response.exit_code, response.stdout.decode(), response.stderr.decode())

    def read(self, path: str) -> str:
        """Give a file's content; raises ``FileNotFoundError`` with what ``cat`` said."""
        output = self.run("/bin/cat", path)
        if output.status:
            raise FileNotFoundError(output.stderr.strip())
        return output.stdout

    def can_write(self, path: str) -> bool:
        """Tell whether a file of that name can be made in it."""
        return self.run("/bin/touch", path).status == 0

    def mounted_images(self) -> dict[str, str]:
        """Give the image volumes that ContainerStatus tells: container path and image."""
        request = api.ContainerStatusRequest(container_id=self.id)
        mounts = self._runtime.client.container_status(request).status.mounts
        return {mount.container_path: mount.image.image for mount in mounts if mount.image.image}

    def stop(self) -> None:
        """Stop it at once."""
        self._runtime.client.stop_container(api.StopContainerRequest(container_id=self.id, timeout=0))


@dataclass(frozen=True)
class Start:
    """The outcome of CreateContainer and StartContainer: the running container or what went wrong."""

    container: Container | None
    error: CRIError | None
    evidence: Evidence

    @property
    def asked(self) -> list[str]:
        """The registry hosts that were asked meanwhile; starting a container should ask none."""
        return self.evidence.asked


@dataclass(frozen=True)
class Walk:
    """A kubelet's way to a container with an image volume, as far as it came.

    ``status`` is ImageStatus of the volume's image, ``pull`` PullImage where that was called for, ``container`` the
    running container, ``error`` what stopped the way; ``evidence`` is what was recorded meanwhile.
    """

    image: str
    status: Found
    pull: Pull | None
    container: Container | None
    error: CRIError | None
    evidence: Evidence

    @property
    def asked(self) -> list[str]:
        """The registry hosts that the pull asked, in order."""
        return self.pull.asked if self.pull else []

    @property
    def reasons(self) -> Mapping[str, Reason]:
        """Why each registry named in the error that stopped the way did not serve."""
        return self.error.reasons if self.error else {}

    def read(self, path: str) -> str:
        """Read a file inside the container; an assertion fails when there is none."""
        assert self.container is not None, f"no container was started: {self.error}"  # noqa: S101 (a case's statement)
        return self.container.read(path)


class Pod:
    """A pod sandbox on the host's network. Containers in it run the tool image until they are told to stop.

    Needs the capability ``containers``; raises ``CRIError`` when it cannot be started.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._client = runtime.client
        tools.offer(runtime.internet)
        name = f"pod-{uuid.uuid4().hex[:8]}"
        self.config = api.PodSandboxConfig(
            metadata=api.PodSandboxMetadata(name=name, namespace="conformance", uid=name),
            log_directory=f"/var/log/pods/{name}",
            linux=api.LinuxPodSandboxConfig(
                cgroup_parent=f"{runtime.cgroup_parent}/{name}",
                security_context=api.LinuxSandboxSecurityContext(namespace_options=NAMESPACES),
            ),
        )
        self.id = self._client.run_pod_sandbox(api.RunPodSandboxRequest(config=self.config)).pod_sandbox_id
        if runtime.status(tools.TOOLS).image is None:
            self._client.pull_image(api.PullImageRequest(image=api.ImageSpec(image=tools.TOOLS)))

    def mount_image(self, image: str, at: str) -> Walk:
        """Do what a kubelet does for a container with ``image`` as a volume (pull policy IfNotPresent).

        Source: Kubernetes 1.33 and later, ``pkg/kubelet/images/image_manager.go`` (ImageStatus, then PullImage) and
        ``kuberuntime_container.go`` (the mount carries what the pull returned, and the name as the user wrote it).
        """
        mark = self._runtime.evidence.mark()
        status = self._runtime.status(image)
        if status.error:
            return Walk(image, status, None, None, status.error, self._runtime.evidence.since(mark))
        pull = None if status.image else self._runtime.pull(image)
        if pull and pull.error:
            return Walk(image, status, pull, None, pull.error, self._runtime.evidence.since(mark))
        reference = pull.image_ref if pull else status.image.id if status.image else image
        started = self.start(image_mount(reference, at, user_specified=image))
        return Walk(image, status, pull, started.container, started.error, self._runtime.evidence.since(mark))

    def start(self, *mounts: api.Mount) -> Start:
        """Create and start a container with these mounts; a failure is an outcome, not an exception."""
        mark = self._runtime.evidence.mark()
        try:
            container = self._start(mounts)
        except CRIError as error:
            return Start(None, error, self._runtime.evidence.since(mark))
        return Start(container, None, self._runtime.evidence.since(mark))

    def _start(self, mounts: Sequence[api.Mount]) -> Container:
        """Create and start a container with these mounts; raises ``CRIError``."""
        name = f"container-{uuid.uuid4().hex[:8]}"
        config = api.ContainerConfig(
            metadata=api.ContainerMetadata(name=name),
            image=api.ImageSpec(image=tools.TOOLS, user_specified_image=tools.TOOLS),
            mounts=mounts,
            log_path=f"{name}.log",
            linux=api.LinuxContainerConfig(
                security_context=api.LinuxContainerSecurityContext(namespace_options=NAMESPACES)
            ),
        )
        request = api.CreateContainerRequest(pod_sandbox_id=self.id, config=config, sandbox_config=self.config)
        container = Container(self._runtime, self._client.create_container(request).container_id)
        if self._runtime.shadow:
            self._runtime.shadow.mount([mount.image.image for mount in mounts if mount.image.image], container.id)
        self._client.start_container(api.StartContainerRequest(container_id=container.id))
        return container

    def close(self) -> None:
        """Stop and remove the pod with all its containers, at once."""
        for each in self._client.list_containers(
            api.ListContainersRequest(filter=api.ContainerFilter(pod_sandbox_id=self.id))
        ).containers:
            Container(self._runtime, each.id).stop()
        self._client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=self.id))
        self._client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=self.id))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def image_mount(
    image: str, at: str, *, user_specified: str = "", sub_path: str = "", readonly: bool = True
) -> api.Mount:
    """Give the CRI mount of an image volume at the container path ``at``."""
    spec = api.ImageSpec(image=image, user_specified_image=user_specified or image)
    return api.Mount(container_path=at, image=spec, image_sub_path=sub_path, readonly=readonly)
