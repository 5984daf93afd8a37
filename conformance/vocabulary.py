"""The words of cases: what users' own test files, and the suite, import, as ``from conformance import …``.

These names stay where rooms move. In come fixtures (``runtime``, ``docker_io``, …), which need no import; here is what
arranges content and configuration, what asking gives, and what types a case by.
"""

from conformance.cri import CallError, CRIError
from conformance.evidence import Attempt, Evidence
from conformance.images.artifacts import Artifact, Files, artifact
from conformance.images.builder import (
    Blob,
    Content,
    Device,
    Directory,
    File,
    Format,
    Hardlink,
    Image,
    Index,
    Layer,
    Symlink,
    image,
    index,
    layer,
    opaque,
    raw_layer,
    whiteout,
)
from conformance.images.raw import RawManifest, amended, raw_manifest
from conformance.kubelet import (
    Container,
    ContainerStart,
    EnsuredImage,
    ExecResult,
    ImageVolume,
    Pod,
    PodSync,
    WaitingState,
    image_mount,
)
from conformance.kubelet.cluster import Cluster
from conformance.kubelet.messages import Event
from conformance.kubelet.pod_document import PodState
from conformance.kubelet.pod_teller import PodTeller
from conformance.kubelet.process import KubeletProcess
from conformance.kubelet.static_pods import StaticPod
from conformance.kubelet.volume import PullPolicy
from conformance.kubelet.watched_pod import WatchedPod
from conformance.model.answers import Login
from conformance.model.platform import Platform
from conformance.model.policy import SignaturePolicy
from conformance.model.reason import Reason
from conformance.model.registries import Mirror, Registry
from conformance.model.release import Release
from conformance.registry_hosts import Exchange, Internet, NameLookup, RegistryHost, RequestKind
from conformance.runtime.configuration import Configuration
from conformance.runtime.node_inspector import NodeInspector, NodeResources
from conformance.runtime.pull import ImageInfo, ImageStatusResult, Pull
from conformance.runtime.runtime import Runtime
from conformance.scenario.contents import ContentKind, build_content

__all__ = [
    "Artifact",
    "Attempt",
    "Blob",
    "CRIError",
    "CallError",
    "Cluster",
    "Configuration",
    "Container",
    "ContainerStart",
    "Content",
    "ContentKind",
    "Device",
    "Directory",
    "EnsuredImage",
    "Event",
    "Evidence",
    "Exchange",
    "ExecResult",
    "File",
    "Files",
    "Format",
    "Hardlink",
    "Image",
    "ImageInfo",
    "ImageStatusResult",
    "ImageVolume",
    "Index",
    "Internet",
    "KubeletProcess",
    "Layer",
    "Login",
    "Mirror",
    "NameLookup",
    "NodeInspector",
    "NodeResources",
    "Platform",
    "Pod",
    "PodState",
    "PodSync",
    "PodTeller",
    "Pull",
    "PullPolicy",
    "RawManifest",
    "Reason",
    "Registry",
    "RegistryHost",
    "Release",
    "RequestKind",
    "Runtime",
    "SignaturePolicy",
    "StaticPod",
    "Symlink",
    "WaitingState",
    "WatchedPod",
    "amended",
    "artifact",
    "build_content",
    "image",
    "image_mount",
    "index",
    "layer",
    "opaque",
    "raw_layer",
    "raw_manifest",
    "whiteout",
]
