"""Pods of a run on somebody's node, beside those of others."""

from unittest.mock import create_autospec

import pytest

from conformance.cri import Client
from conformance.cri.v1 import api_pb2 as api
from conformance.runtime.redirected_pods import KUBELETS, LABEL, has_kubelet

CRIOS = {"io.kubernetes.pod.uid": "1", "io.kubernetes.container.name": "POD"}
"""Labels that CRI-O gives to any pod, whoever makes it."""


@pytest.mark.parametrize(
    ("pods", "found"),
    [
        ([], False),
        ([api.PodSandbox(), api.PodSandbox(labels=CRIOS)], False),
        ([api.PodSandbox(labels={LABEL: "conformance-5f3a"}, annotations={KUBELETS: "api"})], False),
        ([api.PodSandbox(), api.PodSandbox(labels=CRIOS, annotations={KUBELETS: "file"})], True),
    ],
    ids=["no-pods", "theirs-by-hand", "a-runs", "a-kubelets"],
)
def test_a_kubelet_is_known_by_its_pods(pods: list[api.PodSandbox], found: bool) -> None:
    client = create_autospec(Client)
    client.list_pod_sandbox.return_value = api.ListPodSandboxResponse(items=pods)
    assert has_kubelet(client) is found
