"""Which container a name is, and what is said where there is none that can be entered."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.node import NodeError
from conformance.node import engine_container as module
from conformance.node.engine_container import EngineContainer, find_container

Engine = Callable[[str, str], None]
NOT_THERE = "echo 'Error: No such container: node' >&2; exit 1"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Gives an engine's program that is a script, alone on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def install(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return install


def refusal() -> str:
    with pytest.raises(NodeError) as caught:
        find_container("node")
    return str(caught.value)


def test_without_an_engine_one_is_wanted(engine: Engine) -> None:
    del engine
    assert refusal() == "to find the container node, docker or podman must be on PATH: install one"


def test_every_engine_is_asked(engine: Engine) -> None:
    engine("docker", "echo Cannot connect >&2; exit 1")
    engine("podman", NOT_THERE)
    assert refusal() == (
        "there is no container node here: docker says Cannot connect; podman says Error: No such container: node"
    )


def test_where_no_engine_answers_that_comes_first(engine: Engine) -> None:
    engine("docker", "echo Cannot connect >&2; exit 1")
    assert refusal() == "no engine answers that could know the container node (docker says Cannot connect): start it"


def test_an_engine_that_does_not_answer_is_told_of(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_checked", lambda container: container)
    engine("docker", "echo Cannot connect >&2; exit 1")
    engine("podman", "echo 0123456789 42 node sha256:0")
    assert find_container("node").passed_over == "docker says Cannot connect"
    engine("docker", NOT_THERE)
    assert find_container("node").passed_over == ""


def test_one_that_does_not_run_is_to_be_started(engine: Engine) -> None:
    engine("docker", "echo 0123 0 /node sha256:4567")
    assert refusal() == "the container node does not run: start it (docker start node)"


def test_one_on_another_machine_cannot_be_entered(engine: Engine) -> None:
    """A number of a process there may be one of another process here."""
    engine("docker", f"echo 0123456789 {os.getpid()} /node sha256:4567")
    assert refusal() == (
        "the container node runs on another machine than this process, or is hidden from it: run on the machine of its"
        " engine (docker), outside of containers"
    )


def test_one_that_runs_here_is_found_by_the_engine_that_knows_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine("docker", NOT_THERE)
    engine("podman", "echo 0123456789 42 node 4567")
    monkeypatch.setattr(module, "_checked", lambda container: container)
    assert find_container("node") == EngineContainer("node", "0123456789", 42, "podman", "4567")


def test_only_root_can_enter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "may_enter_nodes", lambda: False)
    assert refusal().startswith("the container node can be entered by root only, on the machine where its engine runs")
