"""Pods of a run on somebody's node, beside those of others."""

from unittest.mock import create_autospec

import pytest

from conformance.cri import Client
from conformance.cri.v1 import api_pb2 as api
from conformance.runtime.redirected_pods import KUBELETS, LABEL, has_kubelet


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ([], False),
        ([{}, {"app": "theirs"}], False),
        ([{LABEL: "conformance-5f3a", KUBELETS: "1"}], False),
        ([{}, {KUBELETS: "1"}], True),
    ],
    ids=["no-pods", "theirs-by-hand", "a-runs", "a-kubelets"],
)
def test_a_kubelet_is_known_by_its_pods(labels: list[dict[str, str]], found: bool) -> None:
    client = create_autospec(Client)
    items = [api.PodSandbox(labels=each) for each in labels]
    client.list_pod_sandbox.return_value = api.ListPodSandboxResponse(items=items)
    assert has_kubelet(client) is found
