"""The RuntimeService of the CRI, as far as it can be had without starting anything: pods and containers as records.

Source: CRI-O server/version.go, server/runtime_status.go, server/sandbox_*.go, server/container_*.go.
"""

import json
from contextlib import suppress

import grpc

from conformance.cri.v1 import api_pb2 as api
from conformance.model.image_service import ImageService
from conformance.model.release import Release
from conformance.model.volumes import CreateContainerError, VolumeRules, mount_depth
from conformance.simulator.log_file import LogFile
from conformance.simulator.mount_status import mount_status
from conformance.simulator.records import ContainerRecord, PodRecord, PodRecords, UnknownIDError, labelled
from conformance.simulator.rpc import ServicerError

VERSION_PARTS = 3


class RuntimeServicer:
    """Answers the runtime RPCs that keep records; the others are not there."""

    def __init__(
        self,
        service: ImageService,
        pods: PodRecords,
        release: Release,
        log: LogFile,
        volumes: type[VolumeRules] = VolumeRules,
    ) -> None:
        self.pods = pods
        self.release = release
        self.log = log
        self.volumes = volumes(service)

    # The runtime

    def version(self, request: api.VersionRequest) -> api.VersionResponse:
        """Report the name ``cri-o`` and the release, of a release line its first."""
        del request
        text = str(self.release)
        version = text if len(self.release.release) >= VERSION_PARTS else f"{self.release.line}.0"
        return api.VersionResponse(
            version="0.1.0", runtime_name="cri-o", runtime_version=version, runtime_api_version="v1"
        )

    def status(self, request: api.StatusRequest) -> api.StatusResponse:
        """Report that runtime and network are ready, always, and on request the sandbox image."""
        ready = [api.RuntimeCondition(type=each, status=True) for each in ("RuntimeReady", "NetworkReady")]
        info = {"config": json.dumps({"sandboxImage": "registry.k8s.io/pause"})} if request.verbose else {}
        return api.StatusResponse(status=api.RuntimeStatus(conditions=ready), info=info)

    def runtime_config(self, request: api.RuntimeConfigRequest) -> api.RuntimeConfigResponse:
        """Report the cgroup driver of an ordinary node, systemd."""
        del request
        return api.RuntimeConfigResponse(linux=api.LinuxRuntimeConfiguration(cgroup_driver=api.SYSTEMD))

    # Pods

    def run_pod_sandbox(self, request: api.RunPodSandboxRequest) -> api.RunPodSandboxResponse:
        """Put a pod on record, ready at once; raises ``ServicerError`` for one without a name or namespace."""
        if not request.HasField("config"):
            raise ServicerError("setting sandbox config: config is nil")
        metadata = request.config.metadata
        self.log.write("info", f"Running pod sandbox: {metadata.namespace}/{metadata.name}/POD")
        if not metadata.name:
            raise ServicerError("setting sandbox config: name is empty")
        if not metadata.namespace:
            raise ServicerError("setting pod sandbox name and id: cannot generate pod name without namespace")
        pod = PodRecord(request.config, request.runtime_handler)
        self.pods.pods[pod.id] = pod
        self.log.write(
            "info", f"Ran pod sandbox {pod.id} with infra container: {metadata.namespace}/{metadata.name}/POD"
        )
        return api.RunPodSandboxResponse(pod_sandbox_id=pod.id)

    def stop_pod_sandbox(self, request: api.StopPodSandboxRequest) -> api.StopPodSandboxResponse:
        """Stop a pod and its containers; one that is not there is no error."""
        self.log.write("info", f"Stopping pod sandbox: {request.pod_sandbox_id}")
        try:
            pod = self.pods.pod(request.pod_sandbox_id)
        except UnknownIDError as error:
            said = f"Could not get sandbox {request.pod_sandbox_id}, it's probably been stopped already: {error}"
            self.log.write("warning", said)
            return api.StopPodSandboxResponse()
        for container in self.pods.containers_of(pod):
            self.pods.stop(container)
        pod.state = api.SANDBOX_NOTREADY
        return api.StopPodSandboxResponse()

    def remove_pod_sandbox(self, request: api.RemovePodSandboxRequest) -> api.RemovePodSandboxResponse:
        """Take a pod and its containers away; one that is not there is no error."""
        self.log.write("info", f"Removing pod sandbox: {request.pod_sandbox_id}")
        try:
            self.pods.remove(self.pods.pod(request.pod_sandbox_id))
        except UnknownIDError as error:
            said = f"Could not get sandbox {request.pod_sandbox_id}, it's probably been removed already: {error}"
            self.log.write("warning", said)
        return api.RemovePodSandboxResponse()

    def pod_sandbox_status(self, request: api.PodSandboxStatusRequest) -> api.PodSandboxStatusResponse:
        """Report a pod as it was asked for, with its state; it has no addresses."""
        pod = self._pod(request.pod_sandbox_id)
        status = api.PodSandboxStatus(
            id=pod.id,
            metadata=pod.config.metadata,
            state=pod.state,
            created_at=pod.created_at,
            labels=pod.labels,
            annotations=pod.config.annotations,
            runtime_handler=pod.runtime_handler,
        )
        status.network.SetInParent()
        status.linux.namespaces.options.CopyFrom(pod.config.linux.security_context.namespace_options)
        return api.PodSandboxStatusResponse(status=status)

    def list_pod_sandbox(self, request: api.ListPodSandboxRequest) -> api.ListPodSandboxResponse:
        """List the pods that the filter lets through."""
        wanted = request.filter
        found = [
            api.PodSandbox(
                id=pod.id,
                metadata=pod.config.metadata,
                state=pod.state,
                created_at=pod.created_at,
                labels=pod.labels,
                annotations=pod.config.annotations,
                runtime_handler=pod.runtime_handler,
            )
            for pod in self.pods.pods.values()
            if pod.id.startswith(wanted.id)
            and (not wanted.HasField("state") or wanted.state.state == pod.state)
            and labelled(pod.labels, wanted.label_selector)
        ]
        return api.ListPodSandboxResponse(items=found)

    def _pod(self, id_: str) -> PodRecord:
        """Give a pod; raises ``ServicerError`` with the code NOT_FOUND."""
        try:
            return self.pods.pod(id_)
        except UnknownIDError as error:
            raise ServicerError(f'could not find pod "{id_}": {error}', grpc.StatusCode.NOT_FOUND) from None

    # Containers

    def create_container(self, request: api.CreateContainerRequest) -> api.CreateContainerResponse:
        """Put a container on record, if its image and those that it mounts are in the store."""
        self._check(request)
        pod = self._sandbox(request.pod_sandbox_id)
        if pod.state != api.SANDBOX_READY:
            raise ServicerError(f"CreateContainer failed as the sandbox was stopped: {pod.id}")
        config = request.config
        try:
            volumes = self.volumes.for_namespace(pod.config.metadata.namespace)
            image = volumes.image(config.image.image, config.image.user_specified_image)
        except CreateContainerError as refused:
            raise ServicerError(str(refused)) from None
        listed = image.listed()
        ordered = sorted(config.mounts, key=lambda mount: mount_depth(mount.container_path))
        mounts = [shown for mount in ordered for shown in mount_status(volumes, mount)]
        name = next(iter(listed.tags), "")
        container = ContainerRecord(pod, config, image.id, name, next(iter(listed.digests), image.id), mounts)
        self.pods.containers[container.id] = container
        self.log.write("info", f"Created container {container.id}: {config.metadata.name}")
        return api.CreateContainerResponse(container_id=container.id)

    def _check(self, request: api.CreateContainerRequest) -> None:
        """Refuse a request that lacks what it must have."""
        for there, what in (
            (request.HasField("config"), "config is nil"),
            (request.config.HasField("image"), "config image is nil"),
            (request.HasField("sandbox_config"), "sandbox config is nil"),
            (request.sandbox_config.HasField("metadata"), "sandbox config metadata is nil"),
            (request.config.HasField("metadata"), "setting container config: metadata is nil"),
            (request.config.metadata.name, "setting container config: name is empty"),
        ):
            if not there:
                raise ServicerError(what)

    def _sandbox(self, id_: str) -> PodRecord:
        """Give the pod that a container is for, or refuse."""
        if not id_:
            raise ServicerError("PodSandboxId should not be empty")
        try:
            return self.pods.pod(id_)
        except UnknownIDError as error:
            raise ServicerError(f"specified sandbox not found: {id_}: {error}") from None

    def stop_container(self, request: api.StopContainerRequest) -> api.StopContainerResponse:
        """Have a container end; one that is not there is no error."""
        self.log.write("info", f"Stopping container: {request.container_id} (timeout: {request.timeout}s)")
        with suppress(UnknownIDError):
            self.pods.stop(self.pods.container(request.container_id))
        return api.StopContainerResponse()

    def remove_container(self, request: api.RemoveContainerRequest) -> api.RemoveContainerResponse:
        """Take a container away; one that is not there is no error."""
        self.log.write("info", f"Removing container: {request.container_id}")
        with suppress(UnknownIDError):
            del self.pods.containers[self.pods.container(request.container_id).id]
        return api.RemoveContainerResponse()

    def container_status(self, request: api.ContainerStatusRequest) -> api.ContainerStatusResponse:
        """Report a container's state, its image, and its mounts as CRI-O reports them."""
        try:
            container = self.pods.container(request.container_id)
        except UnknownIDError as error:
            text = f'could not find container "{request.container_id}": {error}'
            raise ServicerError(text, grpc.StatusCode.NOT_FOUND) from None
        status = api.ContainerStatus(
            id=container.id,
            metadata=container.config.metadata,
            state=container.state,
            created_at=container.created_at,
            finished_at=container.finished_at,
            image=api.ImageSpec(image=container.image_name),
            image_ref=container.image_ref,
            image_id=container.image_id,
            labels=container.config.labels,
            annotations=container.config.annotations,
            mounts=container.mounts,
        )
        return api.ContainerStatusResponse(status=status)

    def list_containers(self, request: api.ListContainersRequest) -> api.ListContainersResponse:
        """List the containers that the filter lets through."""
        wanted = request.filter
        found = [
            _listed(container)
            for container in self.pods.containers.values()
            if container.id.startswith(wanted.id)
            and container.pod.id.startswith(wanted.pod_sandbox_id)
            and (not wanted.HasField("state") or wanted.state.state == container.state)
            and labelled(container.config.labels, wanted.label_selector)
        ]
        return api.ListContainersResponse(containers=found)


def _listed(container: ContainerRecord) -> api.Container:
    """Give a container as a list has it."""
    return api.Container(
        id=container.id,
        pod_sandbox_id=container.pod.id,
        metadata=container.config.metadata,
        image=api.ImageSpec(image=container.image_name),
        image_ref=container.image_ref,
        image_id=container.image_id,
        state=container.state,
        created_at=container.created_at,
        labels=container.config.labels,
        annotations=container.config.annotations,
    )
