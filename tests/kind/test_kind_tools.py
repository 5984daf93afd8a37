"""Which kind, and which engine; and what is said where there is none."""

import pytest

from conformance.kind.kind_tools import KindError, find_kind, find_kind_tools
from tests.kind.conftest import Machine


def test_kind_is_on_path_or_else_in_the_cache_folder(machine: Machine) -> None:
    on_path = machine.tools.kind
    assert find_kind() == on_path
    cached = machine.folder.parent / "cache/crio-conformance/kind/bin/kind"
    cached.parent.mkdir(parents=True)
    on_path.rename(cached)
    assert find_kind() == cached
    cached.chmod(0o644)
    with pytest.raises(KindError, match=f"kind is not on PATH: install it .* or put it into {cached.parent}$"):
        find_kind()


def test_the_engine_is_the_one_that_answers(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_kind_tools() == machine.tools
    assert machine.tools.environment["KIND_EXPERIMENTAL_PROVIDER"] == "docker"
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    with pytest.raises(KindError, match=r"no engine answers .* \(podman not on PATH\): start one"):
        find_kind_tools()
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "lxc")
    with pytest.raises(KindError, match="KIND_EXPERIMENTAL_PROVIDER is 'lxc': let it name docker or podman"):
        find_kind_tools()


def test_an_engine_that_does_not_answer_says_why(machine: Machine) -> None:
    machine.write("version", "echo nobody listens >&2\nexit 1\n")
    podman = machine.tools.kind.with_name("podman")
    podman.write_text("#!/bin/sh\nexit 3\n")
    podman.chmod(0o755)
    told = r"`docker version` fails: nobody listens; `podman version` fails: exit status 3"
    with pytest.raises(KindError, match=told):
        find_kind_tools()
    podman.write_text("#!/bin/sh\nexit 0\n")
    found = find_kind_tools()
    assert (found.engine, found.passed_over) == ("podman", "`docker version` fails: nobody listens")


def test_a_program_that_is_gone_is_one_sentence(machine: Machine) -> None:
    machine.tools.kind.unlink()
    with pytest.raises(KindError, match=r"`/.*kind get nodes` does not end: .*No such file"):
        machine.tools.ask_kind("get", "nodes")
