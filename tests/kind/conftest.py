"""A machine with a kind and an engine that are scripts: what they are asked is on record, and clusters are lines."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.kind import kind_cluster
from conformance.kind.kind_tools import KindTools

NODES = ("c-control-plane", "c-worker", "c-worker2")
KIND = """#!/bin/sh
echo "kind $*" >>"$FAKE/log"
case "$1 $2" in
"get clusters") cat "$FAKE/clusters" ;;
"get nodes") cat "$FAKE/nodes" ;;
"get kubeconfig") echo theirs ;;
"create cluster")
    echo c >>"$FAKE/clusters"
    echo kind >>"$FAKE/networks"
    . "$FAKE/creation" ;;
"delete cluster") : >"$FAKE/clusters" ;;
esac
"""
ENGINE = """#!/bin/sh
echo "docker $*" >>"$FAKE/log"
case "$1 $2" in
"version "*) . "$FAKE/version" ;;
"image ls") grep -x "$4" "$FAKE/images" || true ;;
"load --input") cat "$3" >>"$FAKE/images" ;;
"build --tag") . "$FAKE/build" ;;
"network ls") cat "$FAKE/networks" ;;
"network rm") : >"$FAKE/networks" ;;
"inspect --type") cat "$FAKE/gateways" ;;
"logs "*) echo systemd says hello ;;
"exec c-worker") . "$FAKE/worker" ;;
"exec --interactive") cat >>"$FAKE/files" ;;
esac
"""
FILES = {"log": "", "clusters": "", "networks": "bridge\n", "images": "", "version": "", "creation": "", "build": ""}


@dataclass
class Machine:
    """``folder`` holds what the scripts read and write; ``tools`` are they."""

    folder: Path
    tools: KindTools

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def log(self, *, but_for: str = " get ") -> list[str]:
        return [line for line in (self.folder / "log").read_text().splitlines() if but_for not in line]

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text().split()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Such a machine, in PATH and environment; nobody made a cluster on it, and a new one's nodes are ready."""
    folder, programs = tmp_path / "fake", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    for name, script in (("kind", KIND), ("docker", ENGINE)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    for name in ("sh", "cat", "grep", "sleep"):
        (programs / name).symlink_to(shutil.which(name) or name)
    made = Machine(folder, KindTools(programs / "kind", "docker"))
    worker = "echo crio: it is dark\n"
    for name, text in {**FILES, "worker": worker, "gateways": "127.0.0.1 \n", "nodes": "\n".join(NODES)}.items():
        made.write(name, text)
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KIND_EXPERIMENTAL_PROVIDER", raising=False)
    monkeypatch.setattr(kind_cluster, "ready_nodes", lambda _: dict.fromkeys(NODES, "cri-o://1.36.3"))
    return made
