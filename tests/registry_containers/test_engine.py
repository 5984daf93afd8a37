"""What is said where there is no Docker engine to be had, or none that helps."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.registry_containers.engine import RegistryContainerError, engine
from conformance.registry_containers.registry_image import ensure_image, fixtures_folder
from conformance.registry_containers.sweep import main
from tests.registry_containers.fake_engine import fake_engine

RUN = ("--pyargs", "conformance.suite", "--runtime", "simulator", "-k", "search_order", "-p", "no:cacheprovider")
VERSION = (200, json.dumps({"ApiVersion": "1.41", "MinAPIVersion": "1.24", "Version": "20.10"}).encode())
ERROR = (500, b'{"message": "the disk is full"}')
ASKED = "--registries containers needs a Docker engine on this machine"


@pytest.fixture
def path(own_tmpdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = own_tmpdir / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    return path


def said() -> str:
    with pytest.raises(RegistryContainerError) as caught, engine():
        pass
    return str(caught.value)


def test_no_socket(path: Path) -> None:
    assert said() == f"{ASKED}, and there is none at {path}: start one, or let DOCKER_HOST name another"


def test_a_socket_that_one_may_not_open(path: Path) -> None:
    script = """
import os
if os.getuid() == 0:
    from conformance.registry_containers import engine  # root's own Python may be no other user's
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
from conformance.registry_containers.engine import engine, RegistryContainerError
try:
    with engine(): pass
except RegistryContainerError as error:
    print(error)
"""
    with fake_engine(path, {"/version": VERSION}):
        path.chmod(0o000)
        path.parent.chmod(0o755)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    user = "nobody" if os.getuid() == 0 else ""
    assert done.stdout.startswith(f"{ASKED}, and {user}"), done.stderr
    assert done.stdout.endswith(f"may not use the one at {path}: it takes root, or the group docker\n")


def test_nobody_answers(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert said() == f"{ASKED}, and nobody answers at {path}: start it, or let DOCKER_HOST name another"


def test_an_engine_that_answers_with_errors(path: Path) -> None:
    with fake_engine(path, {"": ERROR}):
        words = said()
    assert words.startswith(f"{ASKED}, and the one at {path} answers with an error: ")
    assert "500" in words or "the disk is full" in words


def test_an_engine_that_answers_with_errors_later(path: Path) -> None:
    with (
        fake_engine(path, {"/version": VERSION, "": ERROR}),
        pytest.raises(RegistryContainerError) as caught,
        engine() as client,
    ):
        client.images.get("any")
    assert str(caught.value) == f"{ASKED}, and the one at {path} answers with an error: the disk is full"


def test_a_base_that_cannot_be_had(path: Path) -> None:
    refused = json.dumps({"errorDetail": {"message": "pull access denied"}, "error": "pull access denied"}).encode()
    answers = {"/version": VERSION, "/build": (200, refused)}
    with fake_engine(path, answers), pytest.raises(RegistryContainerError) as caught, engine() as client:
        ensure_image(client, "registry.example.com/nothing:1")
    assert str(caught.value) == (
        "the image of the registry cannot be built from registry.example.com/nothing:1: pull access denied; name"
        " another base, an image that has the program on PATH as registry, with --registry-base or"
        " CRIO_CONFORMANCE_REGISTRY_BASE"
    )


def test_an_engine_that_may_be_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://docker.example.com:2375")
    assert said() == (
        f"{ASKED}, and tcp://docker.example.com:2375 may be another: let DOCKER_HOST name a socket, as"
        " unix:///var/run/docker.sock does"
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_says_so_in_one_sentence_and_ends_like_other_unusable_ones(
    path: Path, pytester: pytest.Pytester, workers: str
) -> None:
    done = pytester.runpytest_subprocess(*RUN, "-n", workers, "--registries", "containers")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    told = [line for line in done.errlines if line]
    assert told == [f"ERROR: {ASKED}, and there is none at {path}: start one, or let DOCKER_HOST name another"]


def test_collecting_asks_for_no_engine(path: Path, pytester: pytest.Pytester) -> None:
    del path
    done = pytester.runpytest_subprocess(*RUN, "--registries", "containers", "--collect-only", "-q")
    assert done.ret == 0


def test_a_sweep_without_an_engine_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 1
    assert capsys.readouterr() == (
        "",
        f"{ASKED}, and there is none at {path}: start one, or let DOCKER_HOST name another\n",
    )


def test_every_run_without_containers_does_without_docker() -> None:
    modules = "conformance.plugin.lifecycle, conformance.targets.run, conformance.registry_hosts, sys"
    script = f"import {modules}; print('docker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


def test_the_image_has_a_configuration_for_each_way() -> None:
    assert {each.name for each in fixtures_folder().iterdir()} == {
        "Dockerfile",
        "htpasswd.yml",
        "open.yml",
        "token.yml",
    }
