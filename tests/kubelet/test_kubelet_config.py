import json
from pathlib import Path

import pytest

from conformance.kubelet.kubelet_config import ALONE, kubelet_config
from conformance.model.release import Release


def made(release: str) -> dict[str, object]:
    return kubelet_config(Path("/w/manifests"), Path("/w/cri.sock"), "/crio-conformance-x", Release(release))


@pytest.mark.parametrize(
    ("release", "gates"),
    [
        ("1.33.13", {"ImageVolume": True}),
        ("1.35.6", {"ImageVolume": True}),
        ("1.36.0-rc.1", {}),
        ("1.36.2", {}),
        ("1.37.0", {}),
    ],
)
def test_image_volumes_need_their_feature_gate_until_they_are_always_on(release: str, gates: dict[str, bool]) -> None:
    assert made(release)["featureGates"] == gates


def test_everything_that_it_uses_is_the_worlds_own() -> None:
    read = json.loads(json.dumps(made("1.36.2")))
    assert (read["staticPodPath"], read["containerRuntimeEndpoint"], read["cgroupRoot"], read["readOnlyPort"]) == (
        "/w/manifests",
        "unix:///w/cri.sock",
        "/crio-conformance-x",
        ALONE.read_only_port,
    )
    for folder in (read["podLogsDir"], read["volumePluginDir"]):
        assert folder.startswith("/var/"), "which a world covers"
