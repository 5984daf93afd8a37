"""Registries in containers, on the Docker engine of this machine; skipped where there is none."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.images.builder import Blob, Format, Index, image, index, layer
from conformance.registry_client.push_client import RegistryAccess
from conformance.registry_containers.engine import RegistryContainerError, engine
from conformance.registry_containers.owner import PLACE, PROCESS, owner_labels
from conformance.registry_containers.registry_container import RegistryContainer, RegistryOfTheRun
from conformance.registry_hosts import Internet, RegistryHost, loopback
from conformance.registry_hosts.origin import OfferRefusedError, OriginError
from conformance.registry_hosts.origins import use_memory_origins, use_registry_origins
from conformance.registry_hosts.registry_origin import RegistryOrigin
from tests.registry_containers.fake_engine import base, registry

START_SECONDS = 5.0
PATIENCE = 60.0
CASE = """
def test_it(runtime, quay_io):
    quay_io.offer("team/app")
    assert runtime.pull("quay.io/team/app").image_hosts == (quay_io,)
    assert type(quay_io.origin).__name__ == "RegistryOrigin"
"""
STUCK = """
import time

def test_it(runtime):
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def run_registry() -> Iterator[RegistryOfTheRun]:
    try:
        made = RegistryOfTheRun(base())
    except RegistryContainerError as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture
def internet(run_registry: RegistryOfTheRun) -> Iterator[Internet]:
    use_registry_origins(run_registry.access, "main")
    try:
        with Internet(loopback) as made:
            yield made
    finally:
        use_memory_origins()


@pytest.fixture
def quay_io(internet: Internet) -> RegistryHost:
    return internet.host("quay.io")


def containers(place: str, process: str = "") -> list[str]:
    wanted = [f"{PLACE}={place}", *([f"{PROCESS}={process}"] if process else [])]
    with engine() as client:
        return [
            str(each.name) for each in client.containers.list(all=True, filters={"label": wanted}, ignore_removed=True)
        ]


def status(url: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)
    connection.request("GET", "/v2/")
    answer = connection.getresponse()
    connection.close()
    return answer.status


def test_it_starts_at_once_on_loopback_and_is_gone_after(run_registry: RegistryOfTheRun) -> None:
    del run_registry  # the image is there
    before = time.monotonic()
    with registry("open") as made:
        assert time.monotonic() - before < START_SECONDS
        assert status(made.url) == 200
        with engine() as client:
            (published,) = client.api.port(made.name, 5000) or []
        assert published["HostIp"] == "127.0.0.1"
        assert made.url == f"http://127.0.0.1:{published['HostPort']}"
        assert made.version[0].isdigit()
    assert made.name not in containers(owner_labels()[PLACE])


def test_only_its_run_may_ask_it(run_registry: RegistryOfTheRun) -> None:
    assert status(run_registry.url) == 401
    with engine() as client:
        told = repr(client.containers.get(run_registry.name).attrs)
    assert run_registry.access.password not in told + repr(run_registry.access) + run_registry.title


def test_an_origin_gives_what_was_pushed(internet: Internet, quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app", platforms=["linux/amd64", "linux/arm64"], tags=["latest", "1.0"])
    origin, do = quay_io.origin, internet._run
    assert isinstance(origin, RegistryOrigin)
    for reference in ("latest", "1.0", made.digest):
        assert do(origin.manifest("team/app", reference)) == made.manifest
    for blob in made.blobs():
        found = do(origin.blob("team/app", blob.digest))
        assert found is not None
        assert found.data == blob.data
    assert do(origin.tags("team/app")) == ["1.0", "latest"]
    assert do(origin.manifest("team/app", "2.0")) is None
    assert do(origin.blob("team/app", Blob("", b"none").digest)) is None


def test_the_registry_resolves_tags(internet: Internet, quay_io: RegistryHost) -> None:
    first, second = quay_io.offer("team/app"), quay_io.offer("team/app", files={"new": "file"})
    quay_io.origin.repository("team/app").tags.clear()
    assert internet._run(quay_io.origin.manifest("team/app", "latest")) == second.manifest
    assert internet._run(quay_io.origin.manifest("team/app", first.digest)) == first.manifest


def test_what_another_host_offers_or_a_case_before_did_is_not_there(internet: Internet, quay_io: RegistryHost) -> None:
    made = quay_io.offer("team/app")
    other = internet.host("ghcr.io")
    other.offer("team/app", tags=["other"])
    assert internet._run(other.origin.manifest("team/app", "latest")) is None
    internet.clear()
    quay_io.require_login("team/app")
    assert internet._run(quay_io.origin.manifest("team/app", "latest")) is None
    assert internet._run(quay_io.origin.tags("team/app")) == []
    quay_io.offer("team/app", tags=["new"])
    assert internet._run(quay_io.origin.manifest("team/app", "latest")) is None
    assert internet._run(quay_io.origin.manifest("team/app", made.digest)) == made.manifest


def test_what_the_registry_does_not_take_is_said(quay_io: RegistryHost) -> None:
    child = image([layer({"a": "b"})])
    whole = index([child])
    with pytest.raises(OfferRefusedError, match=r"^the registry in the container does not take .*: MANIFEST_"):
        quay_io.store("team/app", Index(whole.manifest, ()))  # it refers to a manifest that is not there
    with pytest.raises(OfferRefusedError, match=r"MANIFEST_INVALID"):
        quay_io.store("team/app", Index(Blob(Format.OCI.manifest_type, b"no JSON"), ()))
    assert "team/app" not in quay_io.origin.repositories


def test_a_registry_that_has_gone_is_a_failure() -> None:
    with registry("open") as gone:
        access = RegistryAccess(gone.url, "nobody", "nothing")
        use_registry_origins(access, "main")
        try:
            internet = Internet(loopback)
        finally:
            use_memory_origins()
    with internet, pytest.raises(OriginError, match=r"^the registry in the container: POST .* was not answered"):
        internet.host("quay.io").offer("team/app")


def test_what_a_killed_process_left_is_removed_by_the_next_one(run_registry: RegistryOfTheRun) -> None:
    script = (
        "import os, signal, sys; from conformance.registry_containers.registry_container import RegistryContainer;"
        f" made = RegistryContainer('open', {{}}, {base()!r}); print(made.name, flush=True);"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=PATIENCE)
    left = done.stdout.strip()
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    place = owner_labels()[PLACE]
    assert left in containers(place)
    with registry("open") as next_one:
        assert left not in containers(place)
        assert {next_one.name, run_registry.name} <= set(containers(place))  # what is in use stays


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_says_which_registry_and_leaves_nothing(
    run_registry: RegistryOfTheRun, pytester: pytest.Pytester, workers: str
) -> None:
    pytester.makepyfile(CASE)
    arguments = ("-n", workers, "--runtime", "simulator", "--registries", "containers", "--registry-base", base())
    done = pytester.runpytest_subprocess(*arguments)
    done.assert_outcomes(passed=1)
    told = f"registries: CNCF distribution {run_registry.version} in the container "
    (name,) = [line.removeprefix(told).partition(",")[0] for line in done.outlines if line.startswith(told)]
    assert name.startswith("crio-conformance-")
    assert name not in containers(owner_labels()[PLACE])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_nothing_once_swept(
    run_registry: RegistryOfTheRun, pytester: pytest.Pytester, end: signal.Signals
) -> None:
    pytester.makepyfile(STUCK)
    arguments = ("--runtime", "simulator", "--registries", "containers", "--registry-base", base(), "-s", "-q")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    assert any("started" in line for line in process.stdout)
    started = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    mine = f"{process.pid}/{started}"
    assert len(containers(owner_labels()[PLACE], mine)) == 1
    os.kill(process.pid, end)
    process.stdout.read()
    process.wait(PATIENCE)
    process.stdout.close()
    if end == signal.SIGKILL:
        sweep = [sys.executable, "-m", "conformance.registry_containers.sweep"]
        done = subprocess.run(sweep, capture_output=True, text=True, check=True, timeout=PATIENCE)
        assert "removed crio-conformance-" in done.stdout
    assert containers(owner_labels()[PLACE], mine) == []
    assert isinstance(run_registry, RegistryContainer)
