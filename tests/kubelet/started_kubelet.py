"""A kubelet that only pretends: its script, how a test installs one, and the volume whose name says its states."""

from collections.abc import Callable
from pathlib import Path

from conformance.kubelet import ImageVolume
from conformance.releases.kubelet_binary import KubeletBinary

FAKE = Path(__file__).with_name("fake_kubelet.py").read_text()
APP = "quay.io/team/app"
Install = Callable[[str], KubeletBinary]


def volume(states: str) -> ImageVolume:
    return ImageVolume(states, "/m")
