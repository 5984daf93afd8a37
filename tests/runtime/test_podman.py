"""Podman as a runtime: asked through its service, and the service says what the command says."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conformance.cri.v1 import api_pb2 as api
from conformance.evidence.recording import CaseTold, record_case
from conformance.model.reason import Reason
from conformance.releases.installation import RuntimeNotFoundError
from conformance.report.story import story
from conformance.runtime.configuration import Configuration
from conformance.runtime.node_files import storage_driver
from conformance.runtime.podman import Podman
from conformance.runtime.runtime import CapabilityError, RuntimeFailedError
from conformance.targets.choice import choose_target
from conformance.targets.contrast import PodmanTarget, find_podman
from tests.node.world_traces import mentioning

NAME = "rhuss/caikit-flan-t5-small"
needs_podman = pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not on PATH")


@pytest.fixture
def podman(namespaces: None, own_tmpdir: Path) -> Iterator[Podman]:
    del namespaces
    with choose_target("podman").start(Configuration()) as running:
        assert isinstance(running, Podman)
        yield running
    assert mentioning(f"{own_tmpdir}/crio-conformance") == []


@needs_podman
def test_the_error_explains_every_registry_in_the_words_of_the_command(podman: Podman) -> None:
    podman.internet.host("docker.io").offer(NAME, platforms=["linux/s390x"])
    podman.internet.host("quay.io").require_login(NAME)
    pull = podman.pull(NAME)
    assert pull.reasons == {"docker.io": Reason.NO_MATCHING_PLATFORM, "quay.io": Reason.UNAUTHORIZED}
    assert pull.asked == ["docker.io", "quay.io"]
    world = podman.world
    driver = f"--storage-driver={storage_driver(root=world.root)}"
    home = {
        "HOME": f"{world.folder}/home",
        "SSL_CERT_FILE": f"{world.folder}/authority.pem",
        "PATH": os.environ["PATH"],
    }
    command = world.spawn([str(shutil.which("podman")), driver, "pull", NAME], home, "errors", "output")
    assert command.wait(60)
    assert command.status() == 125
    command.close()
    said = (world.folder / "errors").read_text().partition("Error: ")[2]
    assert pull.error is not None
    assert pull.error.message.strip() == said.strip()


@needs_podman
def test_what_is_asked_is_told_as_commands(podman: Podman) -> None:
    mark = podman.evidence.cursor()
    podman.internet.host("quay.io").offer(NAME)
    pull = podman.pull(f"quay.io/{NAME}")
    assert (pull.succeeded, pull.image_hosts) == (True, ("quay.io",))
    assert podman.status(NAME).image == pull.image
    assert podman.status("rhuss/none").image is None
    assert [image.id for image in podman.images()] == [pull.image_ref]
    record = record_case(CaseTold("", ""), podman.evidence.since(mark), mark.at, {}, podman.secrets)
    told = [line.rpartition(" (")[0] for line in story(record).splitlines() if " ms)" in line]
    assert told == [
        f"podman pull quay.io/{NAME}",
        f"podman image exists {NAME}",
        "podman image exists rhuss/none",
        "podman images",
    ]
    podman.reset()
    assert podman.images() == []


@needs_podman
def test_a_login_is_for_its_server_and_stays_untold(podman: Podman) -> None:
    mark = podman.evidence.cursor()
    quay_io = podman.internet.host("quay.io")
    quay_io.offer(NAME)
    login = quay_io.require_login(NAME)
    pull = podman.pull(NAME, login)
    assert pull.credentials == {"docker.io": (), "quay.io": ("robot",)}
    evidence = podman.evidence.since(mark)
    record = record_case(CaseTold("", ""), evidence, mark.at, {}, podman.secrets)
    assert login.password not in msgspec.json.encode(record).decode()
    assert not any(login.password in line.message for line in evidence.lines)


@needs_podman
def test_what_only_the_cri_has_is_lacking(podman: Podman) -> None:
    with pytest.raises(CapabilityError, match=r"^needs the capability cri: Podman has no CRI$"):
        podman.client.version(api.VersionRequest())
    with pytest.raises(CapabilityError):
        podman.remove(NAME)
    with pytest.raises(CapabilityError):
        podman.listed(NAME)
    refused = podman.pull("rhuss/App").error
    assert refused is not None
    with pytest.raises(CapabilityError):
        assert refused.code
    assert podman.why_lacking("pods") == "Podman has no CRI"
    assert podman.why_lacking("hermetic") == ""


def test_an_option_of_cri_o_alone_is_lacking() -> None:
    target = PodmanTarget(Path("/nowhere/podman"), choose_target("simulator").release)
    with pytest.raises(CapabilityError, match="signature_policy"):
        target.start(Configuration(signature_policy="/etc/other.json"))


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_what_cannot_be_had_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeNotFoundError, match=r"^--runtime podman: podman is not on PATH: install"):
        choose_target("podman")
    with pytest.raises(RuntimeNotFoundError, match=r"podman is no Podman \(to --version it says 'docker 20'\)"):
        find_podman(str(program(tmp_path / "podman", "echo docker 20")))


@pytest.mark.usefixtures("namespaces", "own_tmpdir")
def test_one_that_does_not_start_is_quoted(tmp_path: Path) -> None:
    script = 'if [ "$1" = --version ]; then echo podman version 4.3.1; exit; fi; echo no storage here >&2; exit 125'
    target = find_podman(str(program(tmp_path / "podman", script)))
    assert target.header == f"Podman 4.3.1 ({tmp_path}/podman), for contrast: it has no CRI"
    with pytest.raises(RuntimeFailedError, match=r"^Podman 4\.3\.1 could not be started: no storage here$"):
        target.start(Configuration())
