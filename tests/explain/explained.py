"""Explains names under a registries.conf, and gives what was said without the folder of the test in it."""

import dataclasses
from pathlib import Path
from typing import Any

from conformance.explain import Explanation, explain
from conformance.explain.pull_trace import predict_trace
from conformance.explain.text import as_text
from conformance.node_config.reader import ExplainOptions, read_node_config

NAME = "rhuss/caikit-flan-t5-small"
BOTH = 'unqualified-search-registries = ["docker.io", "quay.io"]\n'
DIGEST = "sha256:" + "0123456789abcdef" * 4


def anywhere(value: Any, folder: str) -> Any:
    """Take a folder out of all texts in a value."""
    if type(value) is str:
        return value.replace(folder, "")
    if isinstance(value, tuple):
        return tuple(anywhere(each, folder) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: anywhere(getattr(value, each.name), folder) for each in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value


class Said:
    """What was explained, and the text without the folder of the test in it."""

    def __init__(self, explanation: Explanation, folder: Path) -> None:
        self.explanation = explanation
        self.text = as_text(anywhere(explanation, str(folder)))

    def says(self, sentence: str) -> bool:
        return sentence in " ".join(self.text.split())


class Explain:
    """Explains a name under a registries.conf, for CRI-O 1.36 and linux/amd64 unless said otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "d").mkdir()

    def __call__(
        self, name: str, conf: str = BOTH, *, release: str = "1.36", mode: str | None = None, crio_conf: str = ""
    ) -> Said:
        (self.folder / "registries.conf").write_text(conf)
        (self.folder / "crio.conf").write_text(crio_conf)
        about = read_node_config(
            ExplainOptions(
                registries_conf=str(self.folder / "registries.conf"),
                registries_conf_dir=str(self.folder / "d"),
                crio_conf=(str(self.folder / "crio.conf"),),
                release=release,
                short_name_mode=mode,
                platform="linux/amd64",
            )
        )
        return Said(explain(name, about, predict_trace(about.settings, name)), self.folder)


MIRRORS = """
[[registry]]
location = "quay.io"
[[registry.mirror]]
location = "mirror.example/quay"
insecure = true
[[registry.mirror]]
location = "digests.example/quay"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.example/quay"
pull-from-mirror = "tag-only"
"""
