"""A runtime that already runs: what answers on a socket."""

import json
import socket as sockets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.images.builder import image, label_images, layer
from conformance.model.release import Release
from conformance.node.maker import this_maker
from conformance.releases.installation import RuntimeNotFoundError
from conformance.runtime.attached import LABEL, AttachedRuntime
from conformance.runtime.configuration import Configuration
from conformance.runtime.runtime import RuntimeFailedError
from conformance.targets.attached import AttachedTarget
from conformance.targets.choice import choose_target
from conformance.targets.run import Run as TargetRun
from tests.simulator.served_simulator import Run, simulated


@pytest.fixture(params=["1.34.11", "1.36.3"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """A CRI-O that somebody uses, and that reaches this machine's loopback: hosts in 127.0.0.0/8 are open to 1.34."""
    found: list[Run] = []

    def resolve(server: str, port: int) -> tuple[str, int] | None:
        return (server, port) if server == "127.0.0.1" else found[0].internet.bound_address(server, port)

    with simulated(request.param, resolve=resolve) as running:
        found.append(running)
        yield running


def attached(run: Run) -> AttachedTarget:
    target = choose_target(f"unix://{run.socket}")
    assert isinstance(target, AttachedTarget)
    return target


@pytest.mark.parametrize("run", ["1.34.11"], indirect=True)
def test_only_images_of_ours_are_seen_and_removed(run: Run) -> None:
    run.internet.host("quay.io").offer("theirs")
    run.pull("quay.io/theirs")
    theirs = run.images()
    target = attached(run)
    assert (target.program, target.release) == ("CRI-O", Release("1.34.11"))
    assert target.unmarked_reason.startswith("needs the capability hermetic: ")
    with target.start(Configuration()) as running:
        assert isinstance(running, AttachedRuntime)
        assert running.why_lacking("hermetic") == "this CRI-O is somebody's, and is left as it is"
        for beside in ("kubelet", "cluster"):
            assert TargetRun(f"unix://{run.socket}").why_lacking(beside, running) == running.why_lacking("hermetic")
        running.registry.offer("team/app")
        name = f"{running.registry}/team/app"
        assert running.registry.startswith("127.0.0.1:")
        assert running.pull(name).succeeded
        assert [image.tags for image in running.images()] == [(f"{name}:latest",)]
        running.reset()
        assert run.images() == theirs
        running.registry.offer("team/app")
        assert running.pull(name).succeeded
    assert run.images() == theirs != []


@pytest.mark.parametrize("run", ["1.36.3"], indirect=True)
def test_one_that_cannot_reach_our_registry_says_what_to_do(run: Run) -> None:
    with pytest.raises(
        RuntimeFailedError, match=r"^CRI-O cannot pull from .* server gave HTTP response to HTTPS client.*"
    ):
        attached(run).start(Configuration())
    assert run.images() == []


def test_a_socket_where_nobody_answers_is_told(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    with pytest.raises(
        RuntimeNotFoundError, match=r"nobody can be asked there \(No such file or directory\): write the path"
    ):
        choose_target(f"unix://{socket}")
    with sockets.socket(sockets.AF_UNIX) as bound:
        bound.bind(str(socket))
        with pytest.raises(RuntimeNotFoundError, match=r"nobody can be asked there \(Connection refused\)"):
            choose_target(f"unix://{socket}")


# On a machine that others use as well


@pytest.fixture
def labelled() -> Iterator[None]:
    """Images as the plugin has them made for such a run: with a label that names this process."""
    label_images({LABEL: this_maker()})
    yield
    label_images({})


def test_content_of_a_run_is_that_run_s_alone(labelled: None) -> None:
    del labelled
    ours = image([layer({"a": "b"})], config={"Labels": {"theirs": "too"}})
    label_images({})
    assert ours.config.digest != image([layer({"a": "b"})], config={"Labels": {"theirs": "too"}}).config.digest
    assert json.loads(ours.config.data)["config"]["Labels"] == {"theirs": "too", LABEL: this_maker()}


@pytest.mark.parametrize("run", ["1.34.11"], indirect=True)
def test_what_a_killed_run_left_is_removed_by_the_next(run: Run, labelled: None) -> None:
    """An image of a run that goes on stays, and so does one that somebody else has from this machine's loopback."""
    del labelled
    with subprocess.Popen(["true"]) as ended:
        namespace, _, started = this_maker().split("-")
    with attached(run).start(Configuration()) as earlier:
        for name, maker in {
            "killed": f"{namespace}-{ended.pid}-{started}",
            "running": this_maker(),
            "elsewhere": "1-1-1",
            "theirs": "",
        }.items():
            label_images({LABEL: maker} if maker else {})
            earlier.registry.offer(name)
            assert earlier.pull(f"{earlier.registry}/{name}").succeeded
        label_images({})
        with attached(run).start(Configuration()):
            left = sorted(each.repo_tags[0].partition("/")[2] for each in run.images())
    assert left == ["elsewhere:latest", "running:latest", "theirs:latest"]
