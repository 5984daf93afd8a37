"""What cases see of a runtime, whatever it is: asking it for images, and what the model says about that.

Every call of a case is predicted first, and differences become evidence of the case.
"""

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self

from conformance.cri import CallError, Client, CRIError
from conformance.cri.v1 import api_pb2 as api
from conformance.evidence import Collector, Evidence
from conformance.evidence.case_records import PredictionRecord
from conformance.evidence.secrets import Secrets, secrets_in_auth_file
from conformance.model.release import Release
from conformance.model.volumes import Mount
from conformance.registry_hosts import Internet, Login, RegistryHost
from conformance.releases.installation import CRIO
from conformance.runtime import pod_images
from conformance.runtime.configuration import Configuration
from conformance.runtime.model_monitor import (
    ModelMonitor,
    compare_error,
    compare_list,
    compare_pull,
    compare_status,
    is_beyond_the_model,
    told_list,
    told_pull,
    told_status,
)
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull

ID_BEGINNING = 12


class CapabilityError(Exception):
    """A case asked a runtime for what that does not have: ``capability``, and why not."""

    def __init__(self, capability: str, why: str) -> None:
        super().__init__(f"needs the capability {capability}: {why}")


class RuntimeFailedError(Exception):
    """A runtime could not be started: one sentence that says why."""


class Runtime(ABC):
    """A running CRI runtime with an internet around it.

    ``program`` is whose ``release`` it says it is, ``cgroup_parent`` the control group for containers (empty where
    there are none), ``oci_runtime`` what its OCI runtime calls itself (``runc``), ``model_monitor`` the model beside
    it, none where the two need not agree, ``dirty`` whether it has something that no call removes.
    """

    configuration: Configuration
    internet: Internet
    evidence: Collector
    client: Client
    cleanup_client: Client  # makes calls that are nobody's evidence
    program: str = CRIO
    release: Release
    cgroup_parent: str = ""
    oci_runtime: str = ""
    model_monitor: ModelMonitor | None = None
    dirty: bool = False

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[str]:
        """What this runtime lets a case do (docs/glossary.md)."""

    def why_lacking(self, capability: str) -> str:
        """Say why it lacks a capability; nothing where it has it."""
        return "" if capability in self.capabilities else f"{self.program} cannot offer it"

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it has not ended by itself."""

    def has_ended(self, evidence: Evidence) -> bool:
        """Tell whether it has ended by itself, in a case of which that is the evidence so far."""
        del evidence
        return not self.running

    @abstractmethod
    def end(self) -> None:
        """Let it end, without waiting until it has."""

    @abstractmethod
    def close(self) -> None:
        """End it, and remove all that it needed on this machine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reload(self, configuration: Configuration) -> None:
        """Write another configuration and have it read that; the runtime is nobody else's then.

        Raises ``NotReloadedError`` where it keeps the old one, and ``CapabilityError``.
        """
        del configuration
        raise CapabilityError("configurable", f"{self.program} cannot be reloaded here")

    def restart(self) -> None:
        """Stop it and start it anew on the same node; raises ``RuntimeFailedError`` and ``CapabilityError``."""
        raise CapabilityError("configurable", f"{self.program} cannot be restarted here")

    @property
    def registry(self) -> RegistryHost:
        """A registry host that it can pull from by its full name, whatever runtime it is."""
        return self.internet.host("registry.example")

    @property
    def secrets(self) -> Secrets:
        """What must not be shown of the present case: what it was sent, what opens a repository, what files hold."""
        repositories = (each for host in self.internet.hosts.values() for each in host.origin.repositories.values())
        passwords = (password for each in repositories for password in each.logins.values())
        files = (each for _, text in self.configuration.auth_files for each in secrets_in_auth_file(text))
        return Secrets({*self.evidence.secrets, *passwords, *files})

    # What cases ask

    def pull(
        self,
        name: str,
        login: Login | None = None,
        *,
        sandbox: api.PodSandboxConfig | None = None,
        unpacks: bool = True,
    ) -> Pull:
        """Pull an image by the name a user would write, for a pod if need be; a failure is an outcome, no exception.

        What cannot be unpacked is not predicted: the model does not look into layers.
        """
        is_predictable = self.model_monitor is not None and unpacks and not pod_images.is_infra_image(name)
        namespace = sandbox.metadata.namespace if sandbox else ""
        predicted = self.model_monitor.pull(name, login, namespace) if self.model_monitor and is_predictable else None
        if predicted:
            self.evidence.predictions.append(told_pull(name, predicted))
        pull = self._pull(name, login, sandbox)
        if predicted:
            self._note(f"PullImage {name}", compare_pull(predicted, pull))
        return pull

    def _pull(self, name: str, login: Login | None, sandbox: api.PodSandboxConfig | None) -> Pull:
        mark = self.evidence.cursor()
        auth = None
        if login:
            self.evidence.secrets.add(login.password)
            auth = api.AuthConfig(username=login.user, password=login.password, server_address=login.server)
        image = api.ImageSpec(image=name, user_specified_image=name)
        request = api.PullImageRequest(image=image, auth=auth, sandbox_config=sandbox)
        try:
            image_ref = self.client.pull_image(request).image_ref
        except CRIError as error:
            return Pull(name, "", None, error, self.evidence.since(mark))
        evidence = self.evidence.since(mark)
        return Pull(name, image_ref, self.status(image_ref).image, None, evidence)

    def status(self, name: str) -> ImageStatusResult:
        """Look an image up in the store by name or ID (ImageStatus); a failure is an outcome, no exception."""
        predicted = (
            self.model_monitor.status(name) if self.model_monitor and not pod_images.is_infra_image(name) else None
        )
        if predicted:
            self.evidence.predictions.append(told_status(name, predicted))
        found = self._status(name)
        if predicted:
            self._note(f"ImageStatus {name}", compare_status(predicted, found))
        return found

    def _status(self, name: str) -> ImageStatusResult:
        mark = self.evidence.cursor()
        try:
            response = self.client.image_status(api.ImageStatusRequest(image=api.ImageSpec(image=name)))
        except CRIError as error:
            return ImageStatusResult(name, None, error, self.evidence.since(mark))
        image = ImageInfo.of(response.image) if response.HasField("image") else None
        return ImageStatusResult(name, image, None, self.evidence.since(mark))

    def images(self) -> list[ImageInfo]:
        """List the images in the store, those that pods need left out; raises ``CallError``."""
        return self._listed("", "ListImages")

    def listed(self, name: str) -> list[ImageInfo]:
        """List the images in the store with a name as the filter; raises ``CallError``."""
        return self._listed(name, f"ListImages {name}")

    def _listed(self, name: str, call: str) -> list[ImageInfo]:
        """List, and compare that with its prediction."""
        predicted = self.model_monitor.images(name) if self.model_monitor else None
        images, failure = [], None
        try:
            images = self._list(name)
        except CallError as error:
            failure = error
        images = [image for image in images if self._is_case_image(image)]
        if predicted is not None:
            self.evidence.predictions.append(told_list(call, predicted))
            self._note(call, compare_list(predicted, images, failure))
        if failure:
            raise failure
        return images

    def _list(self, name: str) -> list[ImageInfo]:
        wanted = api.ImageFilter(image=api.ImageSpec(image=name)) if name else None
        return list(map(ImageInfo.of, self.client.list_images(api.ListImagesRequest(filter=wanted)).images))

    def image_folders(self) -> list[str]:
        """Name the folders that hold images (ImageFsInfo)."""
        found = self.client.image_fs_info(api.ImageFsInfoRequest())
        return [each.fs_id.mountpoint for each in found.image_filesystems]

    def remove(self, name: str) -> None:
        """Remove an image by ID, or one of its names; raises ``CallError`` where the runtime refuses."""
        predicted = self.model_monitor.remove(name) if self.model_monitor else None
        error = None
        try:
            self._remove(self.client, name)
        except CallError as failure:
            error = failure
        if predicted is not None:
            self.evidence.predictions.append(PredictionRecord(call=f"RemoveImage {name}", error=predicted))
            self._note(f"RemoveImage {name}", compare_error(predicted, error))
        if error:
            raise error

    def _remove(self, client: Client, name: str) -> None:
        client.remove_image(api.RemoveImageRequest(image=api.ImageSpec(image=name)))

    def create(self, request: api.CreateContainerRequest) -> str:
        """Create a container and give its ID; raises ``CRIError``.

        What depends on an image's content is not predicted, nor what the OCI runtime says, nor what is about that which
        pods bring themselves.
        """
        mounts = [
            Mount(
                each.container_path,
                each.image.image,
                each.host_path,
                each.image_sub_path,
                each.image.user_specified_image,
            )
            for each in request.config.mounts
        ]
        namespace = request.sandbox_config.metadata.namespace
        image = request.config.image
        name = "" if pod_images.is_infra_image(image.user_specified_image or image.image) else image.image
        wanted = image.user_specified_image
        predicted = self.model_monitor.create(name, wanted, mounts, namespace) if self.model_monitor else None
        error, container = None, ""
        try:
            container = self.client.create_container(request).container_id
        except CRIError as failure:
            error = failure
        if predicted is not None and not predicted.unsure and not is_beyond_the_model(predicted.error, error):
            call = f"CreateContainer {image.image}"
            self.evidence.predictions.append(PredictionRecord(call=call, error=predicted.error))
            self._note(call, compare_error(predicted.error, error))
        if error:
            raise error
        if self.model_monitor and predicted:
            self.model_monitor.created(container, predicted)
        return container

    def _note(self, call: str, differences: list[str]) -> None:
        """Record where a call went otherwise than the model had said."""
        self.evidence.differences += [f"{call}, {each}" for each in differences]

    # Between cases

    def reset(self) -> None:
        """Take away what a case left: pods, images, and what the registry hosts offer."""
        try:
            if self.running:
                self._clean_store()
        finally:
            self.internet.clear()
            if self.model_monitor:
                self.model_monitor.reset()

    def _clean_store(self) -> None:
        """Remove pods and images; what runs in a pod that a case left is not asked to end, which may take long."""
        for container in self.cleanup_client.list_containers(api.ListContainersRequest()).containers:
            self.cleanup_client.stop_container(api.StopContainerRequest(container_id=container.id, timeout=0))
        for sandbox in self.cleanup_client.list_pod_sandbox(api.ListPodSandboxRequest()).items:
            self.cleanup_client.stop_pod_sandbox(api.StopPodSandboxRequest(pod_sandbox_id=sandbox.id))
            self.cleanup_client.remove_pod_sandbox(api.RemovePodSandboxRequest(pod_sandbox_id=sandbox.id))
        left = self._case_images()
        for image in left:
            self._remove(self.cleanup_client, image.id)
        left = left and self._case_images()
        for artifact in left:  # none is removed by its whole ID
            for name in (*artifact.tags, *artifact.digests, artifact.id[:ID_BEGINNING]):
                with suppress(CRIError):
                    self._remove(self.cleanup_client, name)
        self.dirty = bool(left and self._case_images())

    def _case_images(self) -> list[ImageInfo]:
        """List what a case may have left in the store."""
        found = map(ImageInfo.of, self.cleanup_client.list_images(api.ListImagesRequest()).images)
        return [image for image in found if self._is_case_image(image)]

    def _is_case_image(self, image: ImageInfo) -> bool:
        """Tell whether an image is a case's, and not there for pods to run on."""
        return not any(map(pod_images.is_infra_image, (*image.tags, *image.digests)))
