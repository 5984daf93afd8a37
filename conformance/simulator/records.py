"""Pods and containers as records: which there are, and which images they mount.

Source: CRI-O internal/lib/container_server.go, internal/lib/sandbox, containers/storage pkg/truncindex.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from conformance.cri.v1 import api_pb2 as api

R = TypeVar("R", "PodRecord", "ContainerRecord")


class UnknownIDError(Exception):
    """No record has that ID; the message is the one that CRI-O gives."""


def _new_id() -> str:
    return secrets.token_hex(32)


@dataclass
class PodRecord:
    """A pod sandbox as it was asked for."""

    config: api.PodSandboxConfig
    runtime_handler: str = ""
    id: str = field(default_factory=_new_id)
    created_at: int = field(default_factory=time.time_ns)
    state: api.PodSandboxState.ValueType = api.SANDBOX_READY

    @property
    def labels(self) -> dict[str, str]:
        """The labels that it was given, and those that CRI-O adds."""
        metadata = self.config.metadata
        return {
            **self.config.labels,
            "io.kubernetes.container.name": "POD",
            "io.kubernetes.pod.name": metadata.name,
            "io.kubernetes.pod.namespace": metadata.namespace,
            "io.kubernetes.pod.uid": metadata.uid,
        }


@dataclass
class ContainerRecord:
    """A container as it was asked for; ``mounts`` are what its status shows, image volumes with the image's ID."""

    pod: PodRecord
    config: api.ContainerConfig
    image_id: str
    image_name: str
    image_ref: str
    mounts: list[api.Mount]
    id: str = field(default_factory=_new_id)
    created_at: int = field(default_factory=time.time_ns)
    state: api.ContainerState.ValueType = api.CONTAINER_CREATED
    finished_at: int = 0


class PodRecords:
    """All pods and containers, by ID, in the order in which they were made."""

    def __init__(self) -> None:
        self.pods: dict[str, PodRecord] = {}
        self.containers: dict[str, ContainerRecord] = {}

    def clear(self) -> None:
        """Take all pods and containers away, whatever their state."""
        self.pods.clear()
        self.containers.clear()

    def pod(self, id_: str) -> PodRecord:
        """Give a pod by its ID or the beginning of it; raises ``UnknownIDError``."""
        return _identified(self.pods, id_, "PodSandbox")

    def container(self, id_: str) -> ContainerRecord:
        """Give a container by its ID or the beginning of it; raises ``UnknownIDError``."""
        return _identified(self.containers, id_, "container")

    def mounting(self, image_id: str) -> str:
        """Give the ID of the newest container that mounts an image as a volume, or nothing."""
        for container in reversed(self.containers.values()):
            if any(mount.image.image == image_id for mount in container.mounts):
                return container.id
        return ""

    def running(self, image_id: str) -> str:
        """Give the ID of the newest container whose own image it is, or nothing."""
        return next((each.id for each in reversed(self.containers.values()) if each.image_id == image_id), "")

    def containers_of(self, pod: PodRecord) -> list[ContainerRecord]:
        """Give the containers of a pod, ended ones too, in the order in which they were made."""
        return [each for each in self.containers.values() if each.pod is pod]

    def stop(self, container: ContainerRecord) -> None:
        """Have a container end now; one that has ended already keeps its time."""
        if container.state != api.CONTAINER_EXITED:
            container.state, container.finished_at = api.CONTAINER_EXITED, time.time_ns()

    def remove(self, pod: PodRecord) -> None:
        """Take a pod and its containers away, whatever their state."""
        for container in self.containers_of(pod):
            del self.containers[container.id]
        del self.pods[pod.id]


def _identified(records: Mapping[str, R], id_: str, what: str) -> R:
    """Give the record of an ID, or of the only one that begins so."""
    if id_ in records:
        return records[id_]
    matching = [each for each in records if id_ and each.startswith(id_)]
    if len(matching) == 1:
        return records[matching[0]]
    why = "multiple IDs found with provided prefix: " + id_ if matching else "ID does not exist"
    msg = f"{what} with ID starting with {id_} not found: {why}"
    raise UnknownIDError(msg)


def labelled(labels: Mapping[str, str], selector: Mapping[str, str]) -> bool:
    """Tell whether labels have every name of a selector, with its value."""
    return all(labels.get(name) == value for name, value in selector.items())
